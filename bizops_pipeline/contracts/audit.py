"""Tables in which the pipeline keeps account of itself: runs, loads, balances, checks, publications, state."""

from __future__ import annotations

from bizops_pipeline.contracts.table import Column, Table, Type, day, flag, instant, integer, text
from bizops_pipeline.naming import AUDIT, QUARANTINE, STATE


def audit(name: str, grain: str, key: tuple[str, ...], description: str, *columns: Column) -> Table:
    """Declare an audit table."""
    return Table(AUDIT, name, grain, key, columns, description)


RUN = audit(
    "run",
    "one row per refresh",
    ("run_id",),
    "Refreshes and how they ended.",
    text("run_id", "Refresh.", required=True),
    integer("sequence", "Number of the refresh, counting up.", required=True),
    day("as_of", "Business date of the refresh.", required=True),
    text("code_version", "Version of the package."),
    text("catalogue_fingerprint", "Hash of the company's definitions."),
    instant("started_at", "Start.", required=True),
    instant("finished_at", "End; NULL while running or killed."),
    text("status", "running, published, failed.", required=True),
    text("reason", "Why it failed."),
)

EXTRACT = audit(
    "extract",
    "one row per landing file that was loaded",
    ("extract_id",),
    "What each landing file held and what became of it; written in the transaction that loads it.",
    text("extract_id", "Landing file.", required=True),
    text("run_id", "Refresh that loaded it.", required=True),
    text("source", "Source.", required=True),
    text("source_table", "Table or file set.", required=True),
    text("file", "File, table or endpoint it came from.", required=True),
    text("sha256", "Hash of the content."),
    text("cursor_in", "Cursor before."),
    text("cursor_out", "Cursor after."),
    integer("rows_in", "Physical records.", required=True),
    integer("inserted", "New rows.", required=True),
    integer("updated", "Rows replaced by a newer version.", required=True),
    integer("unchanged", "Rows that were there already, or older than what was there.", required=True),
    integer("deduplicated", "Rows superseded by another row of the same load.", required=True),
    integer("rejected", "Records that could not be parsed.", required=True),
    text("personal_columns", "Columns that were dropped or hashed as personal; NULL when none was."),
    flag("is_current", "Whether this is the latest content of the file.", required=True),
    instant("loaded_at", "When.", required=True),
)

REJECT = audit(
    "reject",
    "one row per record that could not be parsed",
    ("extract_id", "line_number"),
    "Records that are no rows: too many or too few fields, malformed JSON.",
    text("extract_id", "Landing file.", required=True),
    text("source", "Source.", required=True),
    text("source_table", "Table or file set.", required=True),
    text("file", "File.", required=True),
    integer("line_number", "Line in the file."),
    text("reason", "Why."),
    text("original", "The line as it was, at most 4,000 characters."),
)

STAGING_BALANCE = audit(
    "staging_balance",
    "one row per source table and entity, latest refresh",
    ("source", "source_table", "entity"),
    "raw rows = kept + quarantined + deduplicated, counted after each staging build.",
    text("source", "Source.", required=True),
    text("source_table", "Table or file set.", required=True),
    text("entity", "Entity.", required=True),
    integer("raw_rows", "Rows in raw.", required=True),
    integer("kept", "Rows in staging.", required=True),
    integer("quarantined", "Rows in quarantine.", required=True),
    integer("deduplicated", "Rows superseded.", required=True),
    text("run_id", "Refresh.", required=True),
)

CHECK_RESULT = audit(
    "check_result",
    "one row per refresh and check",
    ("run_id", "check_id"),
    "Outcome of every check; the publish step reads the blocking ones of its refresh.",
    text("run_id", "Refresh the result counts for.", required=True),
    text("check_id", "Check.", required=True),
    text("table_name", "Table checked.", required=True),
    text("severity", "warn or blocking.", required=True, allowed=("warn", "blocking")),
    text("outcome", "passed, failed or error.", required=True, allowed=("passed", "failed", "error")),
    text("observed", "What was found."),
    text("expected", "What was expected."),
    text("sample", "Offending rows as JSON."),
    flag("is_carried_forward", "Whether the result is that of an earlier refresh because nothing changed."),
    instant("checked_at", "When it was evaluated.", required=True),
)

PUBLICATION = audit(
    "publication",
    "one row per publication",
    ("build_id",),
    "What was published when.",
    text("build_id", "Publication.", required=True),
    text("run_id", "Refresh.", required=True),
    day("as_of", "Business date.", required=True),
    instant("published_at", "When.", required=True),
    text("tables", "Tables and row counts as JSON."),
)

CURSOR = Table(
    STATE,
    "cursor",
    "one row per source table",
    ("source", "source_table"),
    (
        text("source", "Source.", required=True),
        text("source_table", "Table.", required=True),
        text("cursor", "Where the next incremental extraction starts, as text."),
        text("run_id", "Refresh that moved it."),
    ),
    "How far each incremental source has been read.",
)

LOADING = Table(
    STATE,
    "loading",
    "one row per source table that was loaded",
    ("source", "source_table"),
    (
        text("source", "Source.", required=True),
        text("source_table", "Table or file set.", required=True),
        text("definition", "Hash of what the catalogue declared about reading and loading it.", required=True),
        text("columns", "All columns that the source ever brought, as JSON.", required=True),
        text("treatment", "Which of them are dropped or hashed as personal.", required=True),
        text("run_id", "Refresh from which on it is loaded so.", required=True),
    ),
    "How each source table was loaded; declared in another way, it is loaded anew from landing.",
)

CONSUMED = Table(
    STATE,
    "consumed",
    "one row per consumer",
    ("consumer",),
    (
        text("consumer", "Table or step that reads changes.", required=True),
        integer("sequence", "Refresh up to which it has seen its inputs.", required=True),
        text(
            "fingerprint",
            "Hash of the definition it was built with; another one means a full rebuild.",
            required=True,
        ),
    ),
    "How far each incremental consumer has seen the changes of its inputs.",
)

QUARANTINE_RECORD = Table(
    QUARANTINE,
    "record",
    "one row per source row and entity that broke a rule",
    ("entity", "source", "source_table", "row_key"),
    (
        text("entity", "Entity it was mapped to.", required=True),
        text("source", "Source.", required=True),
        text("source_table", "Table or file set.", required=True),
        text("row_key", "Key of the raw row.", required=True),
        text("file", "File, table or endpoint."),
        integer("row_number", "Row in the file."),
        text("rule", "Rule that was broken first.", required=True),
        text("reason", "What is wrong, with the value.", required=True),
        text("original", "The raw row as JSON.", required=True),
        instant("loaded_at", "When it arrived."),
        text("run_id", "Refresh that set it aside."),
    ),
    "Rows that broke a record rule, with the reason and the original; a row repaired at the source leaves.",
)

SYSTEM_TABLES: tuple[Table, ...] = (
    RUN,
    EXTRACT,
    REJECT,
    STAGING_BALANCE,
    CHECK_RESULT,
    PUBLICATION,
    CURSOR,
    LOADING,
    CONSUMED,
    QUARANTINE_RECORD,
)

ORIGIN: tuple[Column, ...] = (
    text("_row_key", "Key of the raw row: the declared key's values, or file and row.", required=True),
    text("_source", "Source.", required=True),
    text("_source_table", "Table or file set of the source.", required=True),
)
"""System columns of every staging row: they name its raw row, which says the rest."""

PROVENANCE: tuple[Column, ...] = (
    *ORIGIN,
    text("_file", "File, table or endpoint.", required=True),
    Column("_row", Type.INTEGER, "Row in the file.", required=True),
    instant("_loaded_at", "When it arrived.", required=True),
    text("_run_id", "Refresh that loaded it.", required=True),
)
"""System columns of every raw row."""
