"""How KPIs refer to one another."""

from __future__ import annotations

from collections.abc import Sequence

from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.catalogue.validation import Located


def in_order(kpis: Sequence[Located[Kpi]]) -> list[Located[Kpi]]:
    """Return the KPIs with every one after those it refers to."""
    return list(kpis)
