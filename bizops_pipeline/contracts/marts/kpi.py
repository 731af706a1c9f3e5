"""Values of KPIs and what they mean."""

from __future__ import annotations

from bizops_pipeline.contracts.marts.vocabulary import (
    GRADE,
    IS_COMPLETE,
    NULL_REASONS,
    PERIOD_END,
    PERIOD_START,
    RUN,
    STATUSES,
    component,
    mart,
)
from bizops_pipeline.contracts.table import Table, day, flag, integer, number, text

KPI_VALUE = mart(
    "kpi_value",
    "one row per KPI, scope, dimensions, grain and period",
    "Every KPI at every grain with its parts. Ratios are 0..1; never add rows of different grains or scopes.",
    ("kpi_id", "scope_type", "scope_id", "dimensions", "grain", "period_start"),
    text("kpi_id", "KPI.", required=True),
    integer("kpi_version", "Version of the KPI's definition.", required=True),
    text("scope_type", "company, value_stream, service, team or vendor.", required=True),
    text("scope_id", "Member of the scope; the company's id for company.", required=True),
    text(
        "dimensions",
        "Canonical JSON of further dimensions, {} for none; records that do not tell one are in its `(none)`.",
        required=True,
    ),
    text("grain", "day, week, month, quarter, year or all.", required=True),
    PERIOD_START,
    PERIOD_END,
    number("value", "The value in the KPI's unit; NULL with a reason when there is none."),
    component(
        "numerator", "Numerator, or the sum itself, before the KPI's `scale`: seconds where the value is in hours."
    ),
    component("denominator", "Denominator; NULL where the type has none."),
    integer("n", "Records behind the value; of a stock those that are open, on average where it is one."),
    number("target", "Target that holds in the period; the lower bound where the direction is band."),
    number("warn", "Worst value that is a warning and not off target; the upper bound where the direction is band."),
    text("status", "How the value stands to its target.", required=True, allowed=STATUSES),
    text("null_reason", "Why the value is NULL.", allowed=NULL_REASONS),
    IS_COMPLETE,
    flag("is_provisional", "Whether late records or open windows may still change it.", required=True),
    number("previous_value", "Value of the period before."),
    number("year_ago_value", "Value of the same period a year before."),
    number(
        "previous_to_date_value",
        "Running period of a KPI that asks for it by `compare`: value of as many days of the period before.",
    ),
    number(
        "year_ago_to_date_value",
        "Running period of a KPI that asks for it by `compare`: value of as many days of the period a year before.",
    ),
    GRADE,
    RUN,
    day(
        "data_as_of",
        "Business date up to which records count: the as-of date, or the day on which the period was settled.",
        required=True,
    ),
)

METRIC_CATALOGUE = mart(
    "metric_catalogue",
    "one row per KPI",
    "What each KPI means.",
    ("kpi_id",),
    text("kpi_id", "KPI.", required=True),
    integer("kpi_version", "Version of the definition."),
    day("valid_from", "As-of date since which it means this; NULL for the first meaning, which holds since ever."),
    day("valid_to", "As-of date on which that ended; NULL while it holds. Earlier meanings: metric_version."),
    text("label", "Name for people."),
    text("description", "What it says."),
    text("formula", "Formula in words."),
    text("owner", "Who answers for it."),
    text("value_domain", "value_creation, risk_mitigation or resource_optimization."),
    text("layer", "business_outcome or it_operational."),
    text("unit", "Unit it is shown in."),
    text("direction", "Which way is better: up, down, band (from target to warn) or context (neither)."),
    text(
        "type",
        "simple, ratio, distinct, percentile, snapshot, cumulative, conversion, derived, composite, okr or "
        "association.",
    ),
    text("definition", "The definition as YAML."),
    text("source_entities", "Tables it reads, comma separated."),
    text("grains", "Grains it is computed at, comma separated."),
    day("counts_from", "First day that counts: the last of the sources behind it begins then; NULL when none says."),
    text("citation", "Where the formula comes from."),
    text("definition_file", "File of the definition."),
)

MARTS: tuple[Table, ...] = (
    KPI_VALUE,
    METRIC_CATALOGUE,
)
