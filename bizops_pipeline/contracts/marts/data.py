"""How far to trust the numbers: where records went, how old they are, what columns mean."""

from __future__ import annotations

from bizops_pipeline.contracts.marts.vocabulary import GRADE, RUN, mart
from bizops_pipeline.contracts.table import Table, day, flag, instant, integer, text

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

DATA_COLLECTION = mart(
    "data_collection",
    "one row per source table and month",
    "Which months of each source are there, by the events of its records, and which days are missing in them: so many "
    "empty days in a row that the table's own habit makes them improbable. Sources without events are not in it.",
    ("source", "source_table", "month"),
    text("source", "Source.", required=True),
    text("source_table", "Table or file set of the source.", required=True),
    day("month", "First day of the month.", required=True),
    text(
        "status",
        "collected; partly: days are missing; missing: all of it is; quiet: no record, as often in this table; open: "
        "not over, or its last records may still come by the cadence.",
        required=True,
        allowed=("collected", "partly", "missing", "quiet", "open"),
    ),
    integer("records", "Records with an event in the month.", required=True),
    integer("days", "Days with records.", required=True),
    day("first_on", "First day with records."),
    day("last_on", "Last day with records."),
    integer("missing_days", "Days without records that are improbable.", required=True),
    day("missing_from", "First of them."),
    day("missing_to", "Last of them."),
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
    integer("rows_in", "Records the source holds: in files every one, in a database one per key."),
    integer("rows_kept", "Rows in staging."),
    integer("rows_quarantined", "Rows set aside with a reason."),
    integer("rows_deduplicated", "Rows superseded by another version of the same record."),
    integer("rows_rejected", "Records that could not be parsed."),
    flag("is_balanced", "Whether the counts add up."),
    text("top_reason", "Most frequent reason for quarantine or rejection."),
    GRADE,
    RUN,
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
    text("vision", "What the company wants to be."),
    text("mission", "What it does for whom."),
    text("principles", "What guides its decisions, one a line."),
)

MARTS: tuple[Table, ...] = (
    DATA_DICTIONARY,
    DATA_FRESHNESS,
    DATA_COLLECTION,
    DATA_QUALITY,
    DATA_ISSUE,
)
