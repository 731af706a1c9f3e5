"""What publications remember of earlier ones: definitions that ended, their values, and final values that changed.

These tables are not computed from the facts but noted as it happens, so a rebuild of everything else keeps them.
"""

from __future__ import annotations

from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.marts.vocabulary import RUN, mart
from bizops_pipeline.contracts.table import Table, day, flag, integer, number, text

CAUSES = ("definition", "data", "organisation", "calculation")

METRIC_VERSION = mart(
    "metric_version",
    "one row per KPI and meaning that it had",
    "What each KPI meant, since when and until when. A KPI whose definition changes so that its values do gets a new "
    "row; what it is called, who owns it and its targets do not count.",
    ("kpi_id", "position"),
    text("kpi_id", "KPI.", required=True),
    integer("position", "Counts the meanings of the KPI from 1.", required=True),
    integer("kpi_version", "Version that the definition gave itself.", required=True),
    text("fingerprint", "Hash of what decides the values.", required=True),
    text("definition", "What decides the values, as YAML.", required=True),
    day("valid_from", "As-of date of the first refresh with it; NULL for the first, which holds since ever."),
    day("valid_to", "As-of date of the first refresh without it; NULL while it holds."),
    day("last_seen_on", "As-of date of the last refresh with it.", required=True),
    text("first_run_id", "First refresh with it.", required=True),
    integer("first_sequence", "Number of that refresh.", required=True),
    text("last_run_id", "Last refresh with it.", required=True),
    text("changes", "What changed against the meaning before, field by field; NULL for the first."),
    flag("is_unversioned", "Whether the meaning changed and the version number did not.", required=True),
)

KPI_VALUE_ENDED = mart(
    "kpi_value_ended",
    "one row per KPI, meaning that ended, scope, dimensions, grain and period",
    "The values of definitions that no longer hold, as they stood when they ended. Days are left out, but for KPIs "
    "that have no other grain.",
    ("kpi_id", "position", *KPI_VALUE.key[1:]),
    integer("position", "Which of the KPI's meanings, see metric_version.", required=True),
    day("ended_on", "As-of date of the first refresh without the definition.", required=True),
    *KPI_VALUE.columns,
)

RESTATEMENT = mart(
    "restatement",
    "one row per final value and refresh that changed it",
    "Final values that later became others: what each was, what it became, and by which input.",
    (*KPI_VALUE.key, "number"),
    *(KPI_VALUE.column(name) for name in KPI_VALUE.key),
    KPI_VALUE.column("period_end"),
    integer("number", "Number of the refresh that noticed it.", required=True),
    integer("kpi_version", "Version of the KPI's definition now.", required=True),
    number("old_value", "The value before."),
    number("new_value", "The value since; NULL without one."),
    number("change", "new_value less old_value; NULL when one of them is."),
    text("old_null_reason", "Why there was no value before."),
    text("new_null_reason", "Why there is none now; NULL also when the member itself is gone."),
    day("final_since", "As-of date of the first refresh that showed the old value as final."),
    text("final_run_id", "That refresh."),
    day("noticed_on", "As-of date of the refresh that noticed it.", required=True),
    text(
        "cause",
        "definition (the KPI means something else), data (records of its facts changed), organisation (services moved "
        "between teams or value streams) or calculation (settings, calendar or the pipeline itself).",
        required=True,
        allowed=CAUSES,
    ),
    text("inputs", "Facts with changed records in the period, or all its facts that changed; fields of a definition."),
    text("sources", "Source tables whose records changed, upstream of these facts."),
    text("files", "What was loaded from these tables since the value was last computed."),
    RUN,
)

MARTS: tuple[Table, ...] = (METRIC_VERSION, KPI_VALUE_ENDED, RESTATEMENT)
