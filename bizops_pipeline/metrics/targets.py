"""Targets: which one holds for a row, and how the row's value stands to it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from bizops_pipeline.catalogue.models import Kpi, Target
from bizops_pipeline.contracts.vocabulary import SCOPE_COLUMN
from bizops_pipeline.metrics.amounts import amounts_among
from bizops_pipeline.naming import canonical_dimensions, date_literal, literal

STATUS = """case
        when value is null then 'no_value'
        when direction = 'context' or target is null then 'no_target'
        when direction = 'up' then
            case when value >= target then 'on_target' when value >= warn then 'warning' else 'off_target' end
        when direction = 'down' then
            case when value <= target then 'on_target' when value <= warn then 'warning' else 'off_target' end
        when value between target and coalesce(warn, target) then 'on_target'
        else 'off_target'
    end"""
"""SQL of the status of a row with value, direction, target and warn; for `band` the last two are the bounds."""


def matches_sql(numbered: Iterable[tuple[int, Kpi]]) -> str:
    """Return the query for the targets that match each series, `strength` the number of conditions they name.

    Each KPI must come after those it refers to. The target of an amount says nothing of the parts of its cut.
    """
    numbered = list(numbered)
    amounts = amounts_among(kpi for _, kpi in numbered)
    selects = [
        _match(number, target, kpi.id in amounts)
        for number, kpi in numbered
        for target in kpi.targets
        if _is_possible(target)
    ]
    nothing = (
        "select series_id, cast(null as varchar) as grain, date '0001-01-01' as since, "
        "cast(null as double) as target, cast(null as double) as warn, 0 as strength from kpi_series where false"
    )
    return "\nunion all\n".join([nothing, *selects])


def _match(number: int, target: Target, is_amount: bool) -> str:
    conditions = [f"kpi_number = {number}"]
    if is_amount:
        cut = {name: value for name, value in target.where.items() if name not in SCOPE_COLUMN and name != "company"}
        conditions.append(f"dimensions = {literal(canonical_dimensions(cut))}")
        if not any(name in SCOPE_COLUMN for name in target.where):
            conditions.append("scope_type = 'company'")
    for name, value in sorted(target.where.items()):
        if name in SCOPE_COLUMN:
            conditions.append(f"scope_type = {literal(name)} and scope_id = {literal(value)}")
        elif name != "company":
            pair = f"{json.dumps(name)}:{json.dumps(value, ensure_ascii=False)}"
            # A quote inside a value is escaped, so the pair is found nowhere else.
            conditions.append(f"replace(dimensions, {literal(pair)}, '') <> dimensions")
    warn = "null" if target.warn is None else repr(float(target.warn))
    grain = literal(target.grain) if target.grain else "null"
    strength = len(target.where) + (1 if target.grain else 0)
    return (
        f"select series_id, cast({grain} as varchar), {date_literal(target.from_)}, "
        f"cast({float(target.value)!r} as double), cast({warn} as double), {strength} "
        f"from kpi_series where {' and '.join(conditions)}"
    )


def _is_possible(target: Target) -> bool:
    """A row has one scope: a target for two of them holds nowhere."""
    return sum(name in SCOPE_COLUMN for name in target.where) <= 1
