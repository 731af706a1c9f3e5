"""Between what the values of a KPI must lie, by its definition alone."""

from __future__ import annotations

from bizops_pipeline.catalogue.models import Bounds, Kpi

SHARE = Bounds(min=0, max=1)


def certain_bounds(kpi: Kpi) -> Bounds | None:
    """Return the bounds that no right value leaves: those that the KPI states, else those of a share."""
    return kpi.bounds or (SHARE if is_share(kpi) else None)


def conceivable_bounds(kpi: Kpi) -> Bounds | None:
    """Return the bounds beyond which nobody would expect a value: the certain ones, and no count below zero.

    An expression over other KPIs may be anything: a difference of counts, a growth in percent.
    """
    counts = kpi.unit == "count" and kpi.type != "derived"
    return certain_bounds(kpi) or (Bounds(min=0) if counts else None)


def is_share(kpi: Kpi) -> bool:
    """Tell whether a KPI is a part of a whole: a conversion, or counted rows over counted rows of one table."""
    if kpi.type == "conversion":
        return kpi.scale == 1
    parts = (kpi.numerator, kpi.denominator)
    counted = all(isinstance(part, str) and part.lstrip().lower().startswith("count(") for part in parts)
    return kpi.type == "ratio" and kpi.unit in ("percent", "ratio") and kpi.scale == 1 and counted
