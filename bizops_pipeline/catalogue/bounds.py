"""Between what the values of a KPI must lie, by its definition alone."""

from __future__ import annotations

from bizops_pipeline.catalogue.models import Bounds, Kpi

SHARE = Bounds(min=0, max=1)


def certain_bounds(kpi: Kpi) -> Bounds | None:
    """Return the bounds that no right value leaves: those that the KPI states, else those of a share."""
    return kpi.bounds or (SHARE if is_share(kpi) else None)


def is_share(kpi: Kpi) -> bool:
    """Tell whether a KPI is a part of a whole: a conversion, or counted rows over counted rows of one table."""
    if kpi.type == "conversion":
        return kpi.scale == 1
    parts = (kpi.numerator, kpi.denominator)
    counted = all(isinstance(part, str) and part.lstrip().lower().startswith("count(") for part in parts)
    return kpi.type == "ratio" and kpi.unit in ("percent", "ratio") and kpi.scale == 1 and counted
