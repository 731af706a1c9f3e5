"""The records behind running totals: those of the days that are summed, which are not those of the period."""

from datetime import date

import pytest

from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline.metrics.recompute import recompute
from bizops_pipeline.metrics.records import records_behind
from bizops_pipeline.metrics.to_date import summed_since
from bizops_pipeline_tests.metrics.support import World, at, kpi

TOTALS = {
    "quarter": {"reset": "quarter"},
    "month": {"reset": "month"},
    "week": {"reset": "week"},
    "ever": {"reset": "never"},
    "ten_days": {"window": "10d"},
}
DAYS = ("2023-11-30", "2023-12-31", "2024-01-01", "2024-02-05", "2024-02-10", "2024-02-11", "2024-02-14")


@pytest.fixture(scope="module")
def world() -> World:
    orders = kpi("orders", "simple", entity="fct_order", time="ordered_at", expr="count(*)", unit="count")
    totals = [kpi(id, "cumulative", metric="orders", unit="count", **span) for id, span in TOTALS.items()]
    world = World([orders, *totals], as_of="2024-02-15", week_start="sunday")
    world.add("fct_order", *({"order_id": day, "ordered_at": at(f"{day} 10:00")} for day in DAYS))
    world.build()
    return world


def records(world: World, id: str, first: str, last: str, *, of_every_day: bool = False) -> tuple[str, ...]:
    cut = Cut("month", first=date.fromisoformat(first), last=date.fromisoformat(last))
    [behind] = records_behind(world.company, id, cut, world.as_of, of_every_day=of_every_day)
    return tuple(row[0] for row in world.engine.rows(f"select order_id from ({behind.query}) as one order by order_id"))


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("quarter", DAYS[2:]),
        ("month", DAYS[3:]),
        ("week", DAYS[5:]),  # the 11th of February is a Sunday, on which weeks of this company begin
        ("ever", DAYS),
        ("ten_days", DAYS[4:]),  # 6 to 15 February, on which it ends
    ],
)
def test_a_running_total_is_made_of_what_came_since_it_started(world: World, id: str, expected: tuple[str, ...]):
    assert records(world, id, "2024-02-01", "2024-02-29") == expected
    assert world.value(id, "month", "2024-02-01") == len(expected)
    cut = Cut("month", first=date(2024, 2, 1), last=date(2024, 2, 29))
    assert recompute(world.engine, world.company, id, cut, world.as_of).value == len(expected)


def test_an_earlier_period_leaves_out_what_came_later(world: World):
    assert records(world, "quarter", "2023-12-01", "2023-12-31") == DAYS[:2]
    assert records(world, "ever", "2024-01-01", "2024-01-31") == DAYS[:3]


def test_of_every_day_a_total_reaches_back_from_the_first(world: World):
    assert records(world, "month", "2024-01-15", "2024-02-29", of_every_day=True) == DAYS[2:]
    assert records(world, "ten_days", "2024-02-05", "2024-02-29", of_every_day=True) == DAYS[3:]
    assert records(world, "week", "0001-01-01", "2024-02-29", of_every_day=True) == DAYS


@pytest.mark.parametrize("span", TOTALS.values(), ids=TOTALS)
def test_nothing_is_summed_from_before_the_first_day_of_all(world: World, span: dict[str, str]):
    assert summed_since(kpi("total", "cumulative", **span), date.min, world.company.settings) == date.min
