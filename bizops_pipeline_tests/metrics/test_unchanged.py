"""Rows of the mart are left alone when nothing that they are made of changed, and only then."""

from collections.abc import Callable
from datetime import date

import pytest

from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.metrics import values
from bizops_pipeline.model.calendar import calendar_query
from bizops_pipeline_tests.metrics.support import World, at, company, kpi


def world(**fields: object) -> World:
    made = World([kpi("orders", "simple", entity="fct_order", time="ordered_at", expr="count(*)", **fields)])
    made.add("fct_order", {"ordered_at": at("2024-03-05 10:00")})
    made.build()
    return made


def writers(made: World) -> set[str]:
    """Return the refreshes that computed the rows of the mart."""
    return {row[0] for row in made.engine.rows("select distinct run_id from marts.kpi_value")}


def test_rows_keep_the_refresh_that_computed_them():
    made = world()
    assert made.build().passes_run == 0
    assert writers(made) == {"run-1"}


def test_rows_of_kpis_that_another_step_computes_are_not_counted():
    made = world()
    made.company = company([*made.company.kpis, kpi("progress", "okr", expr="progress")])
    before = made.build().rows
    made.engine.execute(
        "insert into marts.kpi_value select * replace ('progress' as kpi_id) from marts.kpi_value where grain = 'all'"
    )
    assert made.build().rows == before < made.engine.scalar("select count(*) from marts.kpi_value")


def add_an_order(made: World) -> None:
    made.add("fct_order", {"ordered_at": at("2024-03-06 10:00")})
    made.build()


def set_a_target(made: World) -> None:
    (known,) = made.company.kpis
    target = {"from": "2024-01-01", "value": 1}
    made.company = company([type(known).model_validate({**known.model_dump(by_alias=True), "targets": [target]})])
    made.build()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(set_a_target, id="a target"),
        pytest.param(lambda made: made.build(full=True), id="a full refresh"),
        pytest.param(lambda made: (made.engine.execute("drop table marts.kpi_value"), made.build()), id="no mart"),
    ],
)
def test_a_change_of_what_holds_for_all_rows_has_all_computed_again(change: Callable[[World], object]):
    made = world()
    change(made)
    assert writers(made) == {"run-2"}


def written_by(made: World, run: str, grain: str = "day") -> list[date]:
    """Return the first days of the periods that a refresh wrote last."""
    query = "select period_start from marts.kpi_value where run_id = ? and grain = ? order by period_start"
    return [row[0] for row in made.engine.rows(query, (run, grain))]


def test_a_record_has_its_periods_and_those_that_compare_with_them_computed_again():
    made = world()
    add_an_order(made)
    assert written_by(made, "run-2") == [date(2024, 3, 6), date(2024, 3, 7)]
    assert written_by(made, "run-2", "week") == [date(2024, 3, 4), date(2024, 3, 11)]
    assert written_by(made, "run-2", "all") == [date(2024, 3, 5)]
    assert len(written_by(made, "run-1")) == 31 - 4 - 2


def test_a_record_reaches_the_same_period_a_year_later():
    made = World([kpi("orders", "simple", entity="fct_order", time="ordered_at", expr="count(*)")])
    made.add("fct_order", {"ordered_at": at("2023-01-05 10:00")})
    made.build()
    made.add("fct_order", {"ordered_at": at("2023-03-06 10:00")})
    made.build()
    assert written_by(made, "run-2") == [date(2023, 3, 6), date(2023, 3, 7), date(2024, 3, 6)]
    assert made.row("orders", "day", "2024-03-06")["year_ago_value"] == 1


def test_another_business_date_has_open_periods_computed_again():
    made = world(late_arrival_days=3)
    made.build("2024-04-01")
    assert written_by(made, "run-2") == [date(2024, 3, day) for day in (28, 29, 30, 31)] + [date(2024, 4, 1)]
    assert written_by(made, "run-2", "month") == [date(2024, 3, 1), date(2024, 4, 1)]
    assert made.row("orders", "day", "2024-03-28")["data_as_of"] == date(2024, 3, 31)
    assert made.row("orders", "day", "2024-03-31")["data_as_of"] == date(2024, 4, 1)
    assert made.row("orders", "month", "2024-03-01")["is_complete"]


def test_a_new_member_has_all_its_periods_computed():
    made = world(by=[[], ["channel"]])
    made.add("fct_order", {"ordered_at": at("2024-03-20 10:00"), "channel": "web"})
    made.build()
    assert len(made.rows("orders", "day", channel="web")) == 31 - 4
    assert made.row("orders", "day", "2024-03-05", channel="web")["null_reason"] == "no_events"


def test_a_build_that_stopped_between_parts_and_mart_is_made_good(monkeypatch: pytest.MonkeyPatch):
    made = world()
    made.add("fct_order", {"ordered_at": at("2024-03-06 10:00")})

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(values, "write", stop)
        with pytest.raises(KeyboardInterrupt):
            made.build()
    assert made.value("orders") == 1
    made.build()
    assert made.value("orders") == 2


def test_a_definition_that_reads_the_business_date_is_computed_once_a_day():
    made = world(where="ordered_at < as_of")
    assert made.build().passes_run == 0
    assert made.build("2024-04-01").passes_run == 1


def test_other_weeks_have_medians_distinct_counts_and_stocks_computed_again():
    orders = {"entity": "fct_order", "time": "ordered_at", "grains": ["week"]}
    incidents = {"entity": "fct_incident", "from_": "opened_at", "to": "resolved_at", "grains": ["week"]}
    age = "date_diff('second', opened_at, period_end)"
    made = World(
        [
            kpi("customers", "distinct", **orders, expr="customer_id", unit="count"),
            kpi("median", "percentile", **orders, expr="net_amount", percentile=0.5),
            kpi("age", "snapshot", **incidents, expr=age, percentile=0.5, unit="seconds"),
        ]
    )
    days = ["2024-03-09 10:00", "2024-03-10 10:00", "2024-03-11 10:00"]  # Saturday, Sunday, Monday
    made.add("fct_order", *({"ordered_at": at(day), "customer_id": day, "net_amount": n} for n, day in enumerate(days)))
    made.add("fct_incident", {"opened_at": at("2024-03-09 10:00"), "resolved_at": None})
    made.build()
    of_mondays = made.everything()

    made.company = company(made.company.kpis, week_start="sunday")
    _write_weeks(made)
    made.build()
    kept = made.everything()
    assert [made.value(id, "week", "2024-03-10") for id in ("customers", "median")] == [2, 1.5]
    made.build(full=True)
    assert kept == made.everything() != of_mondays


def _write_weeks(made: World) -> None:
    calendar = calendar_query(made.company.settings, date(2019, 12, 1), date(2027, 1, 31))
    made.engine.execute(f"delete from {DIM_DATE.qualified}")
    made.engine.execute(f"insert into {DIM_DATE.qualified} by name {calendar}")
