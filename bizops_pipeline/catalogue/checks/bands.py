"""Bands of KPIs: every value is in exactly one of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.catalogue.validation import Located
from bizops_pipeline.errors import Problem


def bands_are_in_order(draft: Draft) -> Iterator[Problem]:
    """Bands have names of their own, limits from the best to the worst, and a last one for the rest."""
    for kpi in draft.kpis:
        bands = kpi.value.bands
        if not bands:
            continue
        if kpi.value.direction not in ("up", "down"):
            found = f"bands of a KPI with direction `{kpi.value.direction}`"
            yield kpi.problem("bands", found=found, expected="`direction: up` or `direction: down`", at="key")
            continue
        names = [band.name for band in bands]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield kpi.problem("bands", index, "name", found=f"a second band `{name}`", expected="one of each name")
        yield from _limits(kpi)


def _limits(kpi: Located[Kpi]) -> Iterator[Problem]:
    *limited, last = kpi.value.bands
    for index, band in enumerate(limited):
        if band.limit is None:
            found = f"the band `{band.name}` without a limit before the last"
            yield kpi.problem("bands", index, found=found, expected="`limit: 24`, or to be the last")
    if last.limit is not None:
        found, expected = f"a limit of the last band `{last.name}`", "none: it has all values that no other band has"
        yield kpi.problem("bands", len(limited), "limit", found=found, expected=expected, at="key")
    sign = 1 if kpi.value.direction == "down" else -1
    limits = [(index, band.limit) for index, band in enumerate(limited) if band.limit is not None]
    for (_, better), (index, worse) in pairwise(limits):
        if sign * worse <= sign * better:
            expected = f"a limit {'above' if sign > 0 else 'below'} {better:g}, that of the band before"
            yield kpi.problem("bands", index, "limit", found=f"the limit {worse:g}", expected=expected)
