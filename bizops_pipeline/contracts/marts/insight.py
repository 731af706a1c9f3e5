"""What explains the numbers: associations, hot spots, values."""

from __future__ import annotations

from bizops_pipeline.contracts.marts.vocabulary import RUN, mart
from bizops_pipeline.contracts.table import Table, day, flag, integer, number, text

DISCOVERY = 0.05
"""Share of false ones that is put up with among the associations that are told."""

BEYOND_CHANCE = f"q_value < {DISCOVERY} and halves_agree is not null"
"""Condition on rows of the table for an association that is told: where a half says nothing, an event may be all."""

KPI_ASSOCIATION = mart(
    "kpi_association",
    "one row per IT-operational KPI, business outcome KPI, scope and lag",
    "How weekly changes of IT-operational KPIs go with later changes of business outcomes. Association, never cause.",
    ("it_kpi_id", "business_kpi_id", "scope_type", "scope_id", "lag_weeks"),
    text("it_kpi_id", "IT-operational KPI.", required=True),
    text("business_kpi_id", "Business outcome KPI.", required=True),
    text("scope_type", "company or value_stream: the scope that both are measured in.", required=True),
    text("scope_id", "Member of the scope.", required=True),
    integer("lag_weeks", "Weeks by which the IT-operational KPI comes first.", required=True),
    flag("is_strongest", "Whether the correlation is the strongest of the pair's lags in the scope.", required=True),
    number("r", "Pearson correlation of the changes from week to week.", required=True),
    number("strength", "The correlation without its sign.", required=True),
    number("r_low", "Lower end of its 95 % interval, by the effective n."),
    number("r_high", "Upper end of its 95 % interval, by the effective n."),
    integer("n", "Pairs of weeks.", required=True),
    number("n_effective", "As many independent pairs say as much: n corrected for autocorrelation.", required=True),
    number("p_value", "Chance of so strong a correlation without any association, by the effective n.", required=True),
    number("q_value", "Share of false ones among all at least as certain (Benjamini-Hochberg).", required=True),
    integer("expected_sign", "1 or -1: the sign by which better goes with better; NULL when a KPI has no better."),
    flag("is_as_expected", "Whether the correlation has that sign."),
    number("r_first_half", "Correlation in the first half of the weeks."),
    number("r_second_half", "Correlation in the second half of the weeks."),
    flag("halves_agree", "Whether the halves have the same sign; NULL when one of the two did not move in a half."),
    number("slope", "Change of the outcome that goes with one more unit; told for the strongest lag beyond chance."),
    number("slope_low", "Lower end of its 95 % interval, robust to autocorrelation."),
    number("slope_high", "Upper end of its 95 % interval, robust to autocorrelation."),
    day("first_week", "First week of the IT-operational KPI that counts.", required=True),
    day("last_week", "Last week of the business outcome that counts.", required=True),
    text("statement", "What it says and what it does not, in one sentence.", required=True),
    RUN,
    day("data_as_of", "Business date up to which records count.", required=True),
)

MARTS: tuple[Table, ...] = (KPI_ASSOCIATION,)
