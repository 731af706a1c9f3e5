"""One value of a KPI computed once more, from the facts and by another way than the build takes.

A KPI over others is put together from their values, each computed from the facts as well, so nothing that a
build stored is used; only a KPI over a mart is computed from that mart. Whoever explains a value shows by this that it
can be had from the rows behind it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlglot import exp

from bizops_pipeline.catalogue.dependencies import references
from bizops_pipeline.catalogue.models import CalendarReference, Company, Kpi, MetricReference
from bizops_pipeline.catalogue.models import Part as WrittenPart
from bizops_pipeline.contracts.marts.insight import KPI_ASSOCIATION
from bizops_pipeline.contracts.marts.okr import OKR_PROGRESS
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.metrics import expressions
from bizops_pipeline.metrics.availability import lacking
from bizops_pipeline.metrics.beginnings import begins_of_kpis, from_its_beginning
from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline.metrics.definitions import Days, Definition
from bizops_pipeline.metrics.explain import days_sql, score_sql, sql_of
from bizops_pipeline.metrics.reading import compile_kpi, day_column, entity_of, is_amount_per
from bizops_pipeline.metrics.to_date import summed_since
from bizops_pipeline.naming import date_literal
from bizops_pipeline.warehouse.engine import Engine

RELATIVE, ABSOLUTE = 1e-8, 1e-9
"""The build keeps nine decimals of every part, and floating point adds in any order."""

FACTS = "the facts"
MARTS = {"okr": OKR_PROGRESS.id, "association": KPI_ASSOCIATION.id}
"""What KPIs of a type are computed from, where that is a mart."""


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What was found: the value, its parts, the queries that gave it, and the KPIs it was put together from."""

    kpi_id: str
    value: float | None
    numerator: float | None
    denominator: float | None
    queries: tuple[str, ...]
    parts: tuple[Recomputed, ...] = field(default=())
    read_from: str = FACTS
    """The facts, or the mart that a KPI over a mart is computed from."""

    def agrees_with(self, stored: float | None) -> bool:
        """Tell whether a stored value is this one."""
        if stored is None or self.value is None:
            return stored is None and self.value is None
        return abs(self.value - stored) <= max(ABSOLUTE, RELATIVE * abs(stored))


def recompute(engine: Engine, company: Company, kpi_id: str, cut: Cut, as_of: date) -> Recomputed:
    """Compute a value from what the warehouse holds; `cut` names its period by first and last day."""
    last = min(cut.last or as_of, as_of)
    return _Recomputation(engine, company, as_of, begins_of_kpis(company)).of(
        company.kpi(kpi_id), replace(cut, last=last)
    )


@dataclass(frozen=True, slots=True)
class _Recomputation:
    engine: Engine
    company: Company
    as_of: date
    begins: Mapping[str, date]

    def of(self, kpi: Kpi, cut: Cut) -> Recomputed:
        cut = from_its_beginning(kpi, cut, self.begins[kpi.id])
        if lacking(self.company, kpi.id) or (cut.last and cut.since > cut.last):
            return Recomputed(kpi.id, None, None, None, ())
        if kpi.type == "ratio" and (_refers(kpi) or kpi.share_of):
            return self._ratio(kpi, cut)
        if kpi.type == "derived":
            return self._derived(kpi, cut)
        if kpi.type == "composite":
            return self._composite(kpi, cut)
        if kpi.type == "cumulative":
            return self._cumulative(kpi, cut)
        if kpi.type in MARTS:
            return replace(self._queried(kpi, sql_of(kpi, cut)), read_from=MARTS[kpi.type])
        found = self._queried(kpi, sql_of(kpi, cut))
        if found.value is None and self._is_zero_without_records(kpi):
            return replace(found, value=0.0, numerator=0.0)
        return found

    def _is_zero_without_records(self, kpi: Kpi) -> bool:
        definition = self._compiled(kpi)
        over_days = isinstance(definition.denominator, Days) and definition.counts_nothing_as_zero
        return definition.is_zero_without_records or over_days

    def _compiled(self, kpi: Kpi) -> Definition:
        others = dict.fromkeys(id for _, id in references(kpi))
        return compile_kpi(0, kpi, {id: self._compiled(self.company.kpi(id)) for id in others})

    def _queried(self, kpi: Kpi, query: str) -> Recomputed:
        shown = filled(query, self.as_of)
        rows = self.engine.dicts(shown)
        found: Mapping[str, Any] = rows[0] if rows else {}
        value, numerator, denominator = (_number(found.get(name)) for name in ("value", "numerator", "denominator"))
        return Recomputed(kpi.id, value, numerator, denominator, (shown,))

    def _ratio(self, kpi: Kpi, cut: Cut) -> Recomputed:
        """Divide the parts, each by its own query; the classes of a share have one denominator together."""
        above, numerator = self._part(kpi, kpi.numerator, cut)
        if above.value is None and is_amount_per(kpi, self.company.kpi):
            numerator = None
        below, denominator = self._part(kpi, kpi.denominator, cut.without(kpi.share_of))
        value = None if numerator is None or not denominator else numerator / denominator / kpi.scale
        queries = (*above.queries, *below.queries)
        refers = [part for part in (above, below) if part.kpi_id != kpi.id]
        return Recomputed(kpi.id, value, numerator, denominator, queries, tuple(refers))

    def _part(self, kpi: Kpi, written: WrittenPart | None, cut: Cut) -> tuple[Recomputed, float | None]:
        if isinstance(written, MetricReference):
            other = self.company.kpi(written.metric)
            found = self.of(other, cut)
            is_sum = other.type == "simple" or (other.type == "distinct" and other.over_time is None)
            return found, (found.numerator or 0.0) / other.scale if is_sum else found.value
        if isinstance(written, CalendarReference):
            found = self._queried(kpi, f"select {days_sql(*self._days_of(kpi), cut)} as value")
            return found, found.value
        alone = kpi.model_copy(update={"type": "simple", "expr": written, "scale": 1, "share_of": ()})
        found = self._queried(alone, sql_of(alone, cut))
        return found, found.numerator or 0.0

    def _days_of(self, kpi: Kpi) -> tuple[Table, str]:
        if not kpi.entity and isinstance(kpi.numerator, MetricReference):
            kpi = self.company.kpi(kpi.numerator.metric)
        entity = entity_of(kpi.entity, f"KPI {kpi.id}")
        return entity, day_column(entity, kpi.time or "", f"KPI {kpi.id}")

    def _derived(self, kpi: Kpi, cut: Cut) -> Recomputed:
        tree = expressions.parse(kpi.expr or "", f"KPI {kpi.id}")
        names = tuple(dict.fromkeys(column.name for column in tree.find_all(exp.Column)))
        parts = tuple(self.of(self.company.kpi(name), cut) for name in names)
        if all(part.value is None for part in parts):
            return Recomputed(kpi.id, None, None, None, (), parts)
        query = _over(parts, f"({expressions.render(tree)}) / {kpi.scale!r} as value")
        return replace(self._queried(kpi, query), parts=parts)

    def _composite(self, kpi: Kpi, cut: Cut) -> Recomputed:
        names = tuple(dict.fromkeys([part.metric for part in kpi.parts] + [cap.metric for cap in kpi.caps]))
        parts = tuple(self.of(self.company.kpi(name), cut) for name in names)
        worth, possible, score = score_sql(kpi)
        query = _over(parts, f"{worth} as numerator, {possible} as denominator, {score} / {kpi.scale!r} as value")
        return replace(self._queried(kpi, query), parts=parts)

    def _cumulative(self, kpi: Kpi, cut: Cut) -> Recomputed:
        other = self.company.kpi(kpi.metric or "")
        last = cut.last or self.as_of
        since = summed_since(kpi, last, self.company.settings)
        found = self.of(other, replace(cut, first=since, last=last))
        value = None if found.value is None else found.value / kpi.scale
        return Recomputed(kpi.id, value, found.numerator, found.denominator, found.queries, (found,))


def filled(query: str, as_of: date) -> str:
    """Return a query of `sql_of` with the as-of date filled in, as it can be run."""
    return re.sub(r"(?<![.\w])as_of\b", date_literal(as_of), query)


def _refers(kpi: Kpi) -> bool:
    return any(isinstance(part, MetricReference) for part in (kpi.numerator, kpi.denominator))


def _over(parts: tuple[Recomputed, ...], columns: str) -> str:
    values = ", ".join(f"cast({'null' if part.value is None else repr(part.value)} as double)" for part in parts)
    return f"select {columns}\nfrom (values ({values})) as part({', '.join(part.kpi_id for part in parts)})"


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
