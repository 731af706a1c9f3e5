"""The part of the example company that the alternatives cover too: its definitions, picked by name.

What belongs here: which definitions are part of it. Everything else of the example may grow; what is picked is read
from the example as it is, so a definition that is renamed or gone is an error here.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml

SOURCES: dict[str, tuple[str, ...]] = {
    "devops": ("changes", "commits", "deployments", "deployment_commits"),
    "erp": ("customers", "products", "orders", "order_lines"),
    "fx": (),
    "itsm": ("incidents", "outages"),
    "okr_tool": (),
    "survey": (),
    "webshop": ("sessions", "carts", "checkouts", "refunds"),
}
"""Source files with the tables of each; a source that is one table has none to pick."""

KPIS = frozenset(
    """
    net_revenue orders aov active_customers arpu conversion_rate cart_abandonment checkout_abandonment refund_rate
    repeat_purchase_rate csat it_satisfaction deployment_frequency change_failure_rate rework_rate
    lead_time_for_changes coding_time pickup_time review_time merge_to_deploy failed_deploy_recovery mttr_resolve
    mttr_resolve_median mttr_restore sla_compliance availability critical_incidents open_incidents
    """.split()
)
CUTS: dict[str, dict[str, Any]] = {
    "checkout_abandonment": {"by": [[], ["value_stream"]]},
    "open_incidents": {"grains": ["day", "week", "month"], "by": [[], ["service"]]},
}
"""Grains and members of KPIs whose standard definition has others than the alternatives compute."""

OBJECTIVES = frozenset(
    """
    easy_to_buy_2026q3 dependable_checkout_2026q3 flow_of_change_2026q3 wider_assortment_2026q3 great_christmas_2026q4
    calm_peak_2026q4
    """.split()
)
SUITES = frozenset(["order_lines", "sessions", "incidents", "deployments"])
ORGANISATION = ("teams", "value_streams", "services")
"""What a KPI can be cut by; nothing that is judged by KPIs of the whole company."""


def write_part(example: Path, folder: Path) -> None:
    """Writes the definitions of the part into a folder, from those of the example."""
    sources = {name: _load(example / "sources" / f"{name}.yaml") for name in SOURCES}
    for name, tables in SOURCES.items():
        if tables:
            sources[name]["tables"] = {table: sources[name]["tables"][table] for table in tables}
        _save(folder / "sources" / f"{name}.yaml", sources[name])
    organisation = _load(example / "catalogue" / "organisation.yaml")
    _save(folder / "catalogue" / "organisation.yaml", {name: organisation[name] for name in ORGANISATION})
    for place, key, identity, picked in (
        ("kpis", "kpis", "id", KPIS),
        ("okrs", "objectives", "id", OBJECTIVES),
        ("quality", "suites", "suite", SUITES),
    ):
        items = _picked(example / "catalogue" / place, key, identity, picked)
        found = [_of_part({**item, **CUTS.get(item[identity], {})}) for item in items]
        _save(folder / "catalogue" / place / "part.yaml", {key: found})


def _of_part(item: dict[str, Any]) -> dict[str, Any]:
    """Returns an item without the key results that a KPI outside the part feeds."""
    if "key_results" not in item:
        return item
    return {**item, "key_results": [one for one in item["key_results"] if one.get("kpi") in {None, *KPIS}]}


def _picked(folder: Path, key: str, identity: str, picked: Collection[str]) -> list[dict[str, Any]]:
    """Returns the picked items of the lists in all files of a folder."""
    items = [item for file in sorted(folder.glob("*.yaml")) for item in _load(file)[key]]
    found = [item for item in items if item[identity] in picked]
    if missing := set(picked) - {item[identity] for item in found}:
        raise LookupError(f"the example has no {key} named {', '.join(sorted(missing))}")
    return found


def _load(file: Path) -> Any:
    return yaml.safe_load(file.read_text())


def _save(file: Path, content: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
