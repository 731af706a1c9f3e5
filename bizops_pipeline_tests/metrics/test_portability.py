"""The SQL that the compiler writes stays in the subset that every engine answers alike."""

from dataclasses import replace
from datetime import date

import pytest

from bizops_pipeline.catalogue.dependencies import in_dependency_order
from bizops_pipeline.catalogue.library import library
from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.metrics import (
    components,
    conversion,
    explain,
    measures,
    members,
    nonadditive,
    parts,
    rollup,
    stock,
    touched,
    values,
)
from bizops_pipeline.metrics.context import Context
from bizops_pipeline.metrics.incremental import Work
from bizops_pipeline.metrics.placement import Placement
from bizops_pipeline.metrics.plan import plan
from bizops_pipeline.warehouse.portable import violations
from bizops_pipeline_tests.metrics.test_properties import KPIS

STANDARD = in_dependency_order([Kpi.model_validate(dict(definition)) for definition in library().values()])
AS_OF = date(2024, 2, 29)
PLACED = Placement("acme", "", shares_items=True)


def written() -> dict[str, str]:
    """Return every kind of statement for one KPI of each type, and each shape of values of the standard KPIs."""
    found: dict[str, str] = {"totals": rollup.totals_sql()}
    planned = plan(KPIS)
    found["touched totals"] = touched.totals_sql(planned, frozenset(one.kpi.id for one in planned.definitions[1:]))
    found["touched"] = touched.touched_sql(["(1, 'p', true)"], ["(1, date '2024-01-01')"], AS_OF, AS_OF)
    everything, some = Work(True, True), Work(False, True)
    for one in planned.measure_passes:
        found[one.id] = measures.grouped_sql(one, some, PLACED, AS_OF)
        needs = tuple((by, tuple(each.id for each in needed)) for by, needed in one.needs)
        grouped = parts.Grouped(replace(some, pass_id=one.id), found[one.id], one.columns, needs)
        found[f"{one.id} measured"] = parts.measured_sql(grouped, dict.fromkeys(grouped.measures, 1))
        found |= {f"parts by {by.id}": parts.parts_sql(PLACED.members(by)) for by, _ in needs}
    for daily, sets in planned.daily:
        found[daily.id] = measures.daily_distinct_sql(daily, sets[0], everything, PLACED, AS_OF)
    for converting, sets in planned.conversions:
        found[converting.id] = conversion.grouped_sql(converting, sorted(sets[0].base), PLACED, some, AS_OF)
    for period in planned.period_passes:
        found[period.id] = nonadditive.results_sql(period, some, PLACED, AS_OF)
    standard = plan(STANDARD)
    for standing in standard.stock_passes:
        found[standing.id] = stock.results_sql(standing, PLACED, AS_OF)
    found["members"] = members.members_sql(Context(planned, AS_OF, {}, frozenset()))
    found |= {f"explain {one.kpi.id}": explain.sql_of(one.kpi) for one in planned.definitions}
    for name, values_of in (("standard", standard), ("typed", planned)):
        whole = Context(values_of, AS_OF, {}, frozenset())
        partial = replace(whole, partial=frozenset(one.kpi.id for one in values_of.definitions))
        found |= {f"{name} {table}": query for table, query in components.parameters_sql(whole).items()}
        for kind, context in (("all", whole), ("some", partial)):
            for number, shape in enumerate(components.statements(values_of.definitions, context)):
                found[f"{name} shape {number}, {kind} periods"] = shape
    return found


WRITTEN = written()


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_statement_is_portable(name: str):
    assert violations(WRITTEN[name]) == []


def test_mart_query_is_portable():
    from datetime import datetime

    from bizops_pipeline.warehouse.run import Run

    run = Run("r", 1, AS_OF, datetime(2024, 3, 1))
    assert violations(values.CURRENT) == []
    assert violations(values.TO_DATE) == []
    assert violations(values.rows_sql(AS_OF)) == []
    assert violations(values.mart_sql(run)) == []
