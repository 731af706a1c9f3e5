"""How a KPI writes what it needs: `refund`, `ticket.reopened_at`, `work_item.available_at or deployment`."""

from __future__ import annotations


def alternatives(need: str) -> tuple[str, ...]:
    """Return the entities and columns of entities of which a need asks for one."""
    return tuple(each.strip() for each in need.split(" or "))
