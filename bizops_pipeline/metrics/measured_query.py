"""The steps of a KPI's statement that say what was measured: parts of periods, results, or totals up to a day."""

from __future__ import annotations

from bizops_pipeline.metrics.context import KPI_MEASURE, KPI_PARAMETER, NUMBERS, Context
from bizops_pipeline.metrics.definitions import Definition
from bizops_pipeline.metrics.members import KPI_MEMBER
from bizops_pipeline.metrics.rollup import DAY, DAY_PERIOD, PERIOD, RESULT, TOTAL
from bizops_pipeline.naming import date_literal


def sources(definition: Definition, context: Context) -> list[tuple[str, str]]:
    """Return the steps that say what was measured: `measured`, a row per KPI, member and period with data."""
    slots = len(definition.measure_ids)
    if definition.result_id:
        return [
            (
                "measured",
                "    select used.kpi_number, result.member_id, result.grain, result.period_start, result.amount,\n"
                f"        result.value, result.n\n    from {KPI_MEASURE} as used\n"
                f"    join {RESULT} as result on result.aggregate_id = used.measure_id\n"
                f"    where used.kpi_number in ({NUMBERS})",
            )
        ]
    if definition.running:
        return _running(definition, slots, context)
    if slots:
        return [("measured", _pivot(TOTAL, ("grain", "period_start"), slots))]
    return []


def _pivot(table: str, keys: tuple[str, ...], slots: int) -> str:
    columns = ",\n        ".join(
        f"sum(part.amount) filter (where used.slot = {slot}) as a_{slot}, "
        f"sum(part.n) filter (where used.slot = {slot}) as n_{slot}"
        for slot in range(slots)
    )
    listed = ", ".join(["used.kpi_number", "part.member_id", *(f"part.{key}" for key in keys)])
    return (
        f"    select {listed},\n        {columns}\n    from {KPI_MEASURE} as used\n"
        f"    join {table} as part on part.measure_id = used.measure_id\n"
        f"    where used.kpi_number in ({NUMBERS})\n    group by {listed}"
    )


def _running(definition: Definition, slots: int, context: Context) -> list[tuple[str, str]]:
    """Return the steps that sum up to the end of each day, then take each period's last day (or all its days)."""
    running = definition.running
    assert running is not None
    frame = "unbounded preceding" if running.days is None else f"{running.days - 1} preceding"
    reset = "" if running.reset == "never" else f", {running.reset}_start"
    names = [name for slot in range(slots) for name in (f"a_{slot}", f"n_{slot}")]
    totals = ",\n        ".join(f"sum(coalesce(daily.{name}, 0)) over up_to_day as {name}" for name in names)
    needed = _days_needed(definition, context)
    days = (
        f"    select member.kpi_number, member.member_id, calendar.date as day{reset.replace(', ', ', calendar.')}\n"
        f"    from {KPI_MEMBER} as member\n    join core.dim_date as calendar\n"
        f"        on calendar.date >= member.since and calendar.date <= {date_literal(context.as_of)}\n"
        f"    where member.kpi_number in ({NUMBERS}){needed}"
    )
    up_to_day = (
        f"    select days.kpi_number, days.member_id, days.day,\n        {totals}\n    from days\n"
        "    left join daily on daily.kpi_number = days.kpi_number and daily.member_id = days.member_id\n"
        "        and daily.day = days.day\n"
        f"    window up_to_day as (partition by days.kpi_number, days.member_id{reset.replace(', ', ', days.')} "
        f"order by days.day rows between {frame} and current row)"
    )
    if definition.averaged:
        sums = ", ".join(f"sum(running.{name}) as {name}" for name in names)
        key = "running.kpi_number, running.member_id, period.grain, period.period_start"
        measured = (
            f"    select {key}, count(*) as days,\n        {sums}\n"
            f"    from running\n    join {DAY_PERIOD} as period on period.day = running.day\n"
            f"    join {KPI_PARAMETER} as kpi on kpi.kpi_number = running.kpi_number and running.day >= kpi.begins\n"
            f"    group by {key}"
        )
    else:
        measured = (
            "    select running.*, period.grain, period.period_start\n    from running\n"
            f"    join {PERIOD} as period on {_DAY_OF_PERIOD[definition.over_time]} = running.day"
        )
    return [("daily", _pivot(DAY, ("day",), slots)), ("days", days), ("running", up_to_day), ("measured", measured)]


def _days_needed(definition: Definition, context: Context) -> str:
    """Return the SQL condition that leaves days out of a sum over all days before: those without parts whose total
    stands for no period that is computed.
    """
    running = definition.running
    if definition.kpi.id not in context.partial or definition.averaged or running is None or running.days is not None:
        return ""
    return (
        "\n        and (exists (select 1 from daily where daily.kpi_number = member.kpi_number "
        "and daily.member_id = member.member_id and daily.day = calendar.date)\n"
        "        or exists (select 1 from kpi_touched as touched\n"
        f"            join {PERIOD} as period on period.grain = touched.grain "
        "and period.period_start = touched.period_start\n"
        "            where touched.kpi_number = member.kpi_number "
        f"and calendar.date = {_DAY_OF_PERIOD[definition.over_time]}))"
    )


_DAY_OF_PERIOD = {"first": "cast(period.period_start - interval 1 day as date)", "last": "period.last_day"}
"""Which day's total stands for a period."""
