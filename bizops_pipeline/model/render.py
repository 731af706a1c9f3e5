"""From a model's file to the query that the engine runs: settings, business dates and restrictions put in."""

from __future__ import annotations

from datetime import date

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.table import Table, Type
from bizops_pipeline.model.ai_definitions import DEFINED, defined_query
from bizops_pipeline.model.declaration import SETTINGS_SCHEMA, Model, columns_mentioned, references
from bizops_pipeline.naming import STAGING, literal, quoted
from bizops_pipeline.warehouse.changes import Restriction
from bizops_pipeline.warehouse.time_zone import business_date


def render(model: Model, company: Company, as_of: date, keys_table: str | None = None) -> str:
    """Return the query for a model, with the columns that its contract calls `model_columns`.

    With `keys_table` the inputs that have the model's `rebuild_by` column are restricted to its values.
    """
    sql = model.sql
    mentioned = columns_mentioned(sql)
    inputs = {table.id: table for table in model.inputs}
    pieces = []
    position = 0
    query: str | None
    for place in references(sql):
        if place.schema == SETTINGS_SCHEMA:
            query = _settings(place.name, company, as_of, mentioned)
        else:
            table = inputs[f"{place.schema}.{place.name}"]
            query = _input(model, table, mentioned, company.settings.time_zone, keys_table)
        if query:
            alias = "" if place.has_alias else f" as {quoted(place.name)}"
            pieces += [sql[position : place.start], f"({query}){alias}"]
            position = place.end
    return "".join([*pieces, sql[position:]])


def with_business_dates(table: Table, query: str, zone: str) -> str:
    """Return a query over a model's query that adds the business dates its contract declares."""
    columns = [
        quoted(column.name)
        if column.business_date_of is None
        else f"{business_date(f'model.{quoted(column.business_date_of)}', zone)} as {quoted(column.name)}"
        for column in table.columns
    ]
    return f"select {', '.join(columns)} from ({query}) as model"


def main_date(table: Table) -> str | None:
    """Return the business date by which a table's rows are told apart in time: its first date of an event."""
    for column in table.columns:
        if column.business_date_of or column.name == "service_date":
            return column.name
    return None


def _input(model: Model, table: Table, mentioned: frozenset[str], zone: str, keys_table: str | None) -> str | None:
    """Return the query that stands for an input table, None when the table itself will do."""
    dates = [
        f"{business_date(quoted(column.name), zone)} as {quoted(name)}"
        for column in table.columns
        if table.schema == STAGING and column.type == Type.TIMESTAMP
        for name in [column.name.removesuffix("_at") + "_date"]
        if name in mentioned and not table.has(name)
    ]
    restricted = keys_table and model.rebuild_by and table.has(model.rebuild_by)
    if not dates and not restricted:
        return None
    columns = ", ".join(["*", *dates])
    if not (keys_table and restricted):
        return f"select {columns} from {table.qualified}"
    condition = Restriction(str(model.rebuild_by), keys_table).condition("input")
    return f"select {columns} from {table.qualified} as input where {condition}"


def _settings(name: str, company: Company, as_of: date, mentioned: frozenset[str]) -> str:
    """Return the query that stands for a table of settings.

    Only columns that the model mentions: the text is part of the model's fingerprint, and a model that does not
    ask for the as-of date must not be built anew every day.
    """
    attribution = company.settings.incident_attribution
    if name == "company":
        values = {
            "reporting_currency": f"cast({literal(company.settings.reporting_currency)} as varchar)",
            "as_of": f"date '{as_of}'",
            "attribution_window_seconds": f"cast({attribution.window_hours * 3600} as bigint)",
            "records_outages": str(
                any({"outage", "status_check"} & table.entities.keys() for table in company.source_tables)
            ).lower(),
        }
        return "select " + ", ".join(f"{value} as {column}" for column, value in values.items() if column in mentioned)
    if name == "attribution_window":
        rows = [
            f"select cast({literal(service)} as varchar) as service_id, "
            f"cast({hours * 3600} as bigint) as window_seconds"
            for service, hours in sorted(attribution.services.items())
        ]
        empty = "select cast(null as varchar) as service_id, cast(null as bigint) as window_seconds where 1 = 0"
        return " union all ".join(rows) or empty
    if name in DEFINED:
        return defined_query(name, company)
    raise KeyError(f"there is no table settings.{name}")
