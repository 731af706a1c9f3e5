"""The marts of where everything stands: kpi_scorecard, value_domain and unit_cost."""

from __future__ import annotations

from collections.abc import Iterable

from bizops_pipeline.catalogue.models import Band, Company, Kpi
from bizops_pipeline.contracts.audit import CONSUMED
from bizops_pipeline.contracts.core import CORE_TABLES
from bizops_pipeline.contracts.core.organisation import BRIDGE_SERVICE_VALUE_STREAM, DIM_DATE
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE, METRIC_CATALOGUE
from bizops_pipeline.contracts.marts.standing import KPI_SCORECARD, UNIT_COST, VALUE_DOMAIN
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.naming import fingerprint, literal
from bizops_pipeline.queries import query_file
from bizops_pipeline.warehouse.changes import Written, check_returns_contract, ensure_all, replace_if_new, seen
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline.warehouse.versions import versions

_COSTED = ("fct_order", "fct_session", "fct_ticket", "fct_deployment", "fct_technology_cost")


def write_kpi_scorecard(engine: Engine, company: Company, run: Run) -> Written:
    """Write marts.kpi_scorecard; values, grades and the catalogue of metrics come first."""
    return _write(engine, company, run, KPI_SCORECARD, (KPI_VALUE, METRIC_CATALOGUE))


def write_value_domain(engine: Engine, company: Company, run: Run) -> Written:
    """Write marts.value_domain; values, grades and the catalogue of metrics come first."""
    return _write(engine, company, run, VALUE_DOMAIN, (KPI_VALUE, METRIC_CATALOGUE))


def write_unit_cost(engine: Engine, company: Company, run: Run) -> Written:
    """Write marts.unit_cost from the facts; without any cost its units stand alone, with the reason."""
    facts = tuple(CORE_TABLES[name] for name in _COSTED)
    return _write(engine, company, run, UNIT_COST, (DIM_DATE, BRIDGE_SERVICE_VALUE_STREAM, *facts))


def band_sql(kpis: Iterable[Kpi]) -> str:
    """Return the SQL of the band that a row with kpi_id and value is in; NULL without bands or a value."""
    cases = [
        f"when kpi_id = {literal(kpi.id)} and {_in_band(kpi, band)} then {literal(band.name)}"
        for kpi in kpis
        for band in kpi.bands
    ]
    return f"case when value is null then null {' '.join(cases)} end" if cases else "cast(null as varchar)"


def _in_band(kpi: Kpi, band: Band) -> str:
    if band.limit is None:
        return "true"
    better = "<" if kpi.direction == "down" else ">"
    return f"value {better}{'' if band.strict else '='} {band.limit!r}"


def _write(engine: Engine, company: Company, run: Run, table: Table, inputs: tuple[Table, ...]) -> Written:
    ensure_all(engine, [(each, ()) for each in (CONSUMED, table, *inputs)])
    text = query_file(__package__, table.name, run.as_of)
    text = text.replace("$company", literal(company.settings.id)).replace("$band", band_sql(company.kpis))
    columns = ", ".join(f"standing.{name}" for name in table.column_names if name != "run_id")
    query = f"select {columns}, {literal(run.id)} as run_id from ({text}) as standing"
    mark = fingerprint(text, *versions(engine, inputs).values())
    with engine.transaction():
        if run.full or seen(engine, table.id, mark) is None:
            # With the mark of an earlier write the query is known to return what the contract declares.
            check_returns_contract(engine, table, query)
        return replace_if_new(engine, table, query, mark, run)
