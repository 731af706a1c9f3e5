"""The tables that BI reads: KPI values, OKR progress, and what says how far to trust them."""

from __future__ import annotations

from bizops_pipeline.contracts.table import Column, Table, Type, day, flag, instant, integer, number, text
from bizops_pipeline.naming import MARTS as SCHEMA

STATUSES = ("on_target", "warning", "off_target", "no_target", "no_value")
NULL_REASONS = (
    "no_events",
    "no_denominator",
    "below_minimum",
    "immature",
    "source_missing",
    "quality_blocked",
)
GRADES = ("A", "B", "C", "D")


def mart(name: str, grain: str, description: str, key: tuple[str, ...], *columns: Column) -> Table:
    """Declare a mart."""
    return Table(SCHEMA, name, grain, key, columns, description)


def component(name: str, description: str) -> Column:
    """Declare an exact part of a value."""
    return Column(name, Type.COMPONENT, description)


RUN = text("run_id", "Refresh that computed the row.", required=True)
GRADE = text(
    "quality_grade",
    "A all checks upstream passed, B warnings, C stale or partly quarantined input, D blocked.",
    allowed=GRADES,
)

KPI_VALUE = mart(
    "kpi_value",
    "one row per KPI, scope, dimensions, grain and period",
    "Every KPI at every grain with its parts. Ratios are 0..1; never add rows of different grains or scopes.",
    ("kpi_id", "scope_type", "scope_id", "dimensions", "grain", "period_start"),
    text("kpi_id", "KPI.", required=True),
    integer("kpi_version", "Version of the KPI's definition.", required=True),
    text("scope_type", "company, value_stream, service, team or vendor.", required=True),
    text("scope_id", "Member of the scope; the company's id for company.", required=True),
    text("dimensions", "Canonical JSON of further dimensions, {} for none.", required=True),
    text("grain", "day, week, month, quarter, year or all.", required=True),
    day("period_start", "First day of the period.", required=True),
    day("period_end", "Last day of the period.", required=True),
    number("value", "The value in the KPI's unit; NULL with a reason when there is none."),
    component("numerator", "Numerator, or the sum itself."),
    component("denominator", "Denominator; NULL where the type has none."),
    integer("n", "Records behind the value."),
    number("target", "Target that holds in the period."),
    number("warn", "Threshold between on target and warning."),
    text("status", "How the value stands to its target.", required=True, allowed=STATUSES),
    text("null_reason", "Why the value is NULL.", allowed=NULL_REASONS),
    flag("is_complete", "Whether the period is over at the as-of date.", required=True),
    flag("is_provisional", "Whether late records or open windows may still change it.", required=True),
    number("previous_value", "Value of the period before."),
    number("year_ago_value", "Value of the same period a year before."),
    GRADE,
    RUN,
    day("data_as_of", "Business date up to which records count.", required=True),
)

OKR_PROGRESS = mart(
    "okr_progress",
    "one row per key result and day",
    "Progress of every key result on every day since its start, by measured data wherever a KPI feeds it.",
    ("key_result_id", "as_of"),
    text("key_result_id", "Key result.", required=True),
    text("objective_id", "Objective.", required=True),
    day("as_of", "Day.", required=True),
    number("current_value", "Latest value known for the day."),
    number("baseline", "Value at the start."),
    number("target", "Value to be reached or kept."),
    number(
        "progress_raw",
        "(current - baseline) / (target - baseline), unclamped; share of kept periods for thresholds.",
    ),
    number("progress", "progress_raw between 0 and 1; for thresholds 1 when kept now, else 0."),
    number("expected_progress", "Share of the time that has passed, the start day included."),
    number("gap", "progress_raw less expected_progress, in points of 100; NULL for thresholds, which have no pace."),
    text("status", "Status by the preset.", required=True),
    text("status_preset", "Name of the rule set that gave the status.", required=True),
    flag("is_regressed", "Whether the value is worse than the baseline."),
    text(
        "source",
        "measured (from a KPI) or reported (by a person).",
        required=True,
        allowed=("measured", "reported"),
    ),
    number("forecast_value", "Value expected at the due date by the recent trend, one that the KPI can have."),
    number("confidence", "Confidence reported by a person; never part of progress."),
    text("null_reason", "Why progress is NULL.", allowed=NULL_REASONS),
    GRADE,
    RUN,
)

METRIC_CATALOGUE = mart(
    "metric_catalogue",
    "one row per KPI",
    "What each KPI means.",
    ("kpi_id",),
    text("kpi_id", "KPI.", required=True),
    integer("kpi_version", "Version of the definition."),
    text("label", "Name for people."),
    text("description", "What it says."),
    text("formula", "Formula in words."),
    text("owner", "Who answers for it."),
    text("value_domain", "value_creation, risk_mitigation or resource_optimization."),
    text("layer", "business_outcome or it_operational."),
    text("unit", "Unit it is shown in."),
    text("direction", "up, down, band or context."),
    text("type", "simple, ratio, distinct, percentile, snapshot, cumulative, conversion or derived."),
    text("definition", "The definition as YAML."),
    text("source_entities", "Tables it reads, comma separated."),
    text("grains", "Grains it is computed at, comma separated."),
    text("citation", "Where the formula comes from."),
    text("definition_file", "File of the definition."),
)

DATA_DICTIONARY = mart(
    "data_dictionary",
    "one row per published column",
    "What each published table and column means.",
    ("table_name", "column_name"),
    text("table_name", "Table.", required=True),
    text("table_description", "What one row is and what it says."),
    text("grain", "What one row is."),
    integer("position", "Order of the column."),
    text("column_name", "Column.", required=True),
    text("data_type", "Type."),
    text("description", "Meaning."),
    flag("is_key", "Whether it is part of the key."),
)

DATA_FRESHNESS = mart(
    "data_freshness",
    "one row per source table",
    "How old the data of each source is, by its expected cadence.",
    ("source", "source_table"),
    text("source", "Source.", required=True),
    text("source_table", "Table or file set of the source.", required=True),
    text("cadence", "Expected arrival."),
    instant("last_loaded_at", "When something new last arrived."),
    instant("latest_event_at", "Latest event time among its records."),
    integer("age_days", "Days from the latest event to the as-of date."),
    text(
        "status",
        "fresh, late, stale or missing.",
        required=True,
        allowed=("fresh", "late", "stale", "missing"),
    ),
    RUN,
)

DATA_QUALITY = mart(
    "data_quality",
    "one row per source table and entity",
    "What became of every record: rows_in = rows_kept + rows_quarantined + rows_deduplicated + rows_rejected.",
    ("source", "source_table", "entity"),
    text("source", "Source.", required=True),
    text("source_table", "Table or file set of the source.", required=True),
    text("entity", "Entity it is mapped to.", required=True),
    integer("rows_in", "Physical records the source holds."),
    integer("rows_kept", "Rows in staging."),
    integer("rows_quarantined", "Rows set aside with a reason."),
    integer("rows_deduplicated", "Rows superseded by another version of the same record."),
    integer("rows_rejected", "Records that could not be parsed."),
    flag("is_balanced", "Whether the counts add up."),
    text("top_reason", "Most frequent reason for quarantine or rejection."),
    GRADE,
    RUN,
)

PUBLICATION = mart(
    "publication",
    "one row: the publication that the tables belong to",
    "Which build these tables are and the settings by which their numbers are to be read.",
    ("build_id",),
    text("build_id", "Publication; the name of its folder.", required=True),
    RUN,
    day("as_of", "Business date up to which records count.", required=True),
    instant("published_at", "When it was published, UTC.", required=True),
    text("code_version", "Version of the package that made it."),
    text("company_id", "Company; scope_id of its own values.", required=True),
    text("company_name", "Name of the company."),
    text("time_zone", "Time zone in which a day begins and ends."),
    text("week_start", "First day of a week."),
    text("reporting_currency", "Currency of amounts in the unit `currency`."),
)

DATA_ISSUE = mart(
    "data_issue",
    "one row per source table, entity and reason",
    "Why records are not in the numbers: rules that rows broke, and faults of records that could not be parsed.",
    ("source", "source_table", "entity", "reason"),
    text("source", "Source.", required=True),
    text("source_table", "Table or file set of the source.", required=True),
    text("entity", "Entity it is mapped to.", required=True),
    text("reason", "Rule that was broken, or kind of fault.", required=True),
    text("kind", "quarantined or rejected.", required=True, allowed=("quarantined", "rejected")),
    integer("records", "Records concerned.", required=True),
    text("example", "What is wrong with one of them, with the value."),
    text("example_file", "File, table or endpoint it is in."),
    integer("example_row", "Row or line in it."),
    RUN,
)

MARTS: dict[str, Table] = {
    table.name: table
    for table in (KPI_VALUE, OKR_PROGRESS, METRIC_CATALOGUE, DATA_DICTIONARY, DATA_FRESHNESS, DATA_QUALITY, DATA_ISSUE)
}
"""All marts of the warehouse by name; `publication` is added when they are published."""
