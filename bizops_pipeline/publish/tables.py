"""What a publication holds: marts, the dimensions they refer to, and a few views for people and BI tools.

All of it lies in schema `marts` of the published database. A view has a contract like a table, so that it is
documented like one; its columns are those of the tables it reads.
"""

from __future__ import annotations

from bizops_pipeline.contracts.core import DIMENSIONS
from bizops_pipeline.contracts.core.steering import DIM_KEY_RESULT, DIM_OBJECTIVE
from bizops_pipeline.contracts.marts import MARTS
from bizops_pipeline.contracts.marts.data import PUBLICATION
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE, METRIC_CATALOGUE
from bizops_pipeline.contracts.marts.okr import OKR_PROGRESS
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.naming import MARTS as SCHEMA
from bizops_pipeline.queries import query_file

TABLES: tuple[Table, ...] = (*MARTS.values(), *DIMENSIONS)
"""The tables that are copied from the warehouse; `marts.publication` is made with the publication."""


def _view(name: str, grain: str, key: tuple[str, ...], description: str, *parts: tuple[Table, str]) -> Table:
    columns = tuple(table.column(column) for table, names in parts for column in names.split())
    return Table(SCHEMA, name, grain, key, columns, description)


_LATEST = "period_start period_end value numerator denominator n target warn status null_reason"
_TRUST = "is_provisional previous_value year_ago_value quality_grade"
_TO_DATE = "previous_to_date_value year_ago_to_date_value"
"""For views that show running periods; kpi_latest shows complete ones, which have neither."""

VIEWS: tuple[Table, ...] = (
    _view(
        "kpi_latest",
        "one row per KPI, scope, dimensions and grain",
        ("kpi_id", "scope_type", "scope_id", "dimensions", "grain"),
        "The latest complete period of every KPI at every grain, with its name and unit. A view.",
        (KPI_VALUE, "kpi_id"),
        (METRIC_CATALOGUE, "label unit direction value_domain"),
        (KPI_VALUE, f"scope_type scope_id dimensions grain {_LATEST} {_TRUST}"),
    ),
    _view(
        "kpi_company_month",
        "one row per KPI and month",
        ("kpi_id", "period_start"),
        "Every KPI of the whole company by month, with its name and unit. A view.",
        (KPI_VALUE, "kpi_id"),
        (METRIC_CATALOGUE, "label unit direction value_domain"),
        (KPI_VALUE, f"{_LATEST} is_complete {_TRUST} {_TO_DATE}"),
    ),
    _view(
        "okr_latest",
        "one row per key result",
        ("key_result_id",),
        "Where every key result stands on its latest day, with its objective. A view.",
        (OKR_PROGRESS, "key_result_id objective_id"),
        (DIM_OBJECTIVE, "level kind"),
        (DIM_KEY_RESULT, "title type kpi_id start_on due_on weight"),
        (
            OKR_PROGRESS,
            "as_of current_value baseline target upper_bound progress_raw progress expected_progress gap status "
            "is_regressed source forecast_value confidence null_reason quality_grade",
        ),
    ),
)
"""The views of the published database."""

PUBLISHED: tuple[Table, ...] = (*TABLES, PUBLICATION, *VIEWS)
"""Everything a reader finds, for the data dictionary."""


def view_query(view: Table) -> str:
    """Return the query of a view, over schema `marts` of the published database."""
    return query_file(__package__, view.name)
