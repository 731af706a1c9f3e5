"""KPIs of type `okr`: how key results stand, as values in marts.kpi_value beside all other KPIs.

They are computed after marts.okr_progress, which is computed after all other KPIs; so no key result and no other KPI
can be fed by one. `metrics` leaves them alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bizops_pipeline.catalogue.models import Company, Kpi
from bizops_pipeline.contracts.table import Column, Table, day, integer, number, text
from bizops_pipeline.metrics.from_marts import store_values
from bizops_pipeline.metrics.targets import STATUS
from bizops_pipeline.model.definitions import values_query
from bizops_pipeline.naming import date_literal, literal
from bizops_pipeline.okr.status import TEMPORARY
from bizops_pipeline.okr.steps import kept, query
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

OKR = "okr"
"""Type of KPIs over key results."""

COLUMNS = (
    "kpi_id, kpi_version, scope_type, scope_id, dimensions, grain, period_start, period_end, value, numerator, "
    "denominator, n, target, warn, status, null_reason, is_complete, is_provisional, previous_value, data_as_of"
)
"""The columns of the mart that a value of these KPIs fills, but for the refresh that computed it."""

_NUMBER = integer("kpi_number", "Number of the KPI in the build.", required=True)


def _temporary(name: str, grain: str, key: Sequence[str], *columns: Column) -> Table:
    description = "KPIs over key results while they are computed."
    return Table(TEMPORARY, name, grain, (_NUMBER.name, *key), (_NUMBER, *columns), description)


DEFINED = _temporary(
    "okr_kpi",
    "one row per KPI over key results",
    (),
    text("kpi_id", "KPI."),
    integer("kpi_version", "Version of its definition."),
    text("direction", "Which direction is better."),
)
GRAIN = _temporary("okr_kpi_grain", "one row per KPI and grain", ("grain",), text("grain", "Grain."))
CUT = _temporary(
    "okr_kpi_cut",
    "one row per KPI and cut",
    ("dimensions_kind",),
    text("dimensions_kind", "company, objective or key_result."),
)
TARGET = _temporary(
    "okr_kpi_target",
    "one row per KPI and target",
    ("grain", "since"),
    text("grain", "Grain that it is for; NULL for every one."),
    day("since", "First day on which it holds."),
    number("target", "Target."),
    number("warn", "Threshold that is still tolerable."),
)


def build(engine: Engine, company: Company, run: Run) -> int:
    """Write the values of the company's KPIs over key results and return their number; call in a transaction."""
    kpis = [kpi for kpi in company.kpis if kpi.type == OKR]
    steps = {
        **{table.name: values_query(table, list(rows)) for table, rows in _definitions(kpis).items()},
        "okr_kpi_input": query("okr_kpi_input", run.as_of),
        "okr_kpi_day": _days(kpis),
        "okr_kpi_period": query("okr_kpi_period", run.as_of),
        "okr_kpi_row": _values(company, run),
    }
    with kept(engine, steps if kpis else {}):
        return store_values(engine, OKR, kpis, COLUMNS, f"select {COLUMNS} from okr_kpi_row", run)


def _values(company: Company, run: Run) -> str:
    """Return the query for the rows of the mart, by the columns that are compared."""
    as_of = date_literal(run.as_of)
    return (
        f"select kpi_id, kpi_version, 'company' as scope_type, {literal(company.settings.id)} as scope_id, "
        f"dimensions, grain, period_start, period_end, value, numerator, denominator, n, target, warn, "
        f"{STATUS} as status, null_reason, is_complete, not is_complete as is_provisional, previous_value, "
        f"least(period_end, {as_of}) as data_as_of from ({query('okr_kpi_value', run.as_of)}) as valued"
    )


def _days(kpis: Sequence[Kpi]) -> str:
    """Return the query for the value of each key result on each day, by KPI."""
    selects = (
        f"select {position} as kpi_number, key_result_id, objective_id, as_of, share, null_reason, "
        f"cast({kpi.expr} as double) / {kpi.scale!r} as value from okr_kpi_input"
        for position, kpi in enumerate(kpis, start=1)
    )
    return " union all ".join(selects)


def _definitions(kpis: Sequence[Kpi]) -> dict[Table, Iterator[Mapping[str, Any]]]:
    numbered = list(enumerate(kpis, start=1))
    return {
        DEFINED: (
            {"kpi_number": each, "kpi_id": kpi.id, "kpi_version": kpi.version, "direction": kpi.direction}
            for each, kpi in numbered
        ),
        GRAIN: ({"kpi_number": each, "grain": grain} for each, kpi in numbered for grain in kpi.grains),
        CUT: (
            {"kpi_number": each, "dimensions_kind": names[0] if names else "company"}
            for each, kpi in numbered
            for names in kpi.by
        ),
        TARGET: (
            {
                "kpi_number": each,
                "grain": target.grain,
                "since": target.from_,
                "target": target.value,
                "warn": target.warn,
            }
            for each, kpi in numbered
            for target in kpi.targets
        ),
    }
