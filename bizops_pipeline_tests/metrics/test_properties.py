"""What holds for any data: the SQL equals a naive computation in Python, and increments equal a full build."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import product
from random import Random
from statistics import quantiles
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bizops_pipeline_tests.metrics.support import World, at, kpi

FIRST = date(2023, 12, 20)
BY = [[], ["service"], ["value_stream"], ["channel"]]
SHARES = {"shop": {"buy": 0.75, "serve": 0.25}, "erp": {"supply": 1.0}}
TIMED = {"entity": "fct_order", "time": "ordered_at", "by": BY}
KPIS = [
    kpi("orders", "simple", **TIMED, where="not is_cancelled", expr="count(*)", unit="count"),
    kpi("revenue", "simple", **TIMED, where="not is_cancelled", expr="sum(net_amount)", unit="currency"),
    kpi("aov", "ratio", numerator={"metric": "revenue"}, denominator={"metric": "orders"}, by=BY),
    kpi("cancelled", "ratio", **TIMED, numerator="count(*) filter (where is_cancelled)", denominator="count(*)"),
    kpi("customers", "distinct", **TIMED, expr="customer_id", unit="count"),
    kpi("active", "distinct", **TIMED, expr="customer_id", unit="count", over_time="average"),
    kpi("median", "percentile", **TIMED, expr="net_amount", percentile=0.5),
    kpi("to_date", "cumulative", metric="revenue", reset="month", unit="currency", by=BY),
    kpi("paid_twice", "derived", expr="revenue / orders * cancelled", by=BY),
    kpi(
        "bought", "conversion", base={"entity": "fct_cart", "time": "created_at"},
        event={"entity": "fct_order", "time": "ordered_at", "where": "not is_cancelled"},
        match="cart_id", within="36h", by=BY,
    ),
    kpi(
        "open", "snapshot", entity="fct_incident", from_="opened_at", to="resolved_at", unit="count",
        by=[[], ["service"]],
    ),
]  # fmt: skip

moments = st.builds(
    lambda day, hour: datetime(2023, 12, 20) + timedelta(days=day, hours=hour),
    st.integers(0, 50),
    st.integers(0, 23),
)
services = st.sampled_from(["shop", "erp", "unallocated"])
orders = st.fixed_dictionaries(
    {
        "ordered_at": moments,
        "is_cancelled": st.booleans(),
        "net_amount": st.one_of(st.none(), st.integers(-5000, 5000).map(lambda cents: cents / 100)),
        "customer_id": st.sampled_from(["a", "b", "c", None]),
        "cart_id": st.sampled_from(["c1", "c2", "c3", None]),
        "channel": st.sampled_from(["web", "mobile", None]),
        "service_id": services,
    }
)
carts = st.fixed_dictionaries(
    {
        "created_at": moments,
        "cart_id": st.sampled_from(["c1", "c2", "c3"]),
        "channel": st.sampled_from(["web", "mobile", None]),
        "service_id": services,
    }
)
incidents = st.fixed_dictionaries(
    {"opened_at": moments, "resolved_at": st.one_of(st.none(), moments), "service_id": services}
)
some_orders = st.lists(orders, min_size=1, max_size=12)


def examples(count: int) -> settings:
    """Return settings for a property whose every example costs a few builds."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    phases = [Phase.explicit, Phase.generate]
    return settings(max_examples=count, deadline=None, derandomize=True, phases=phases, suppress_health_check=slow)


def period_of(day: date, grain: str) -> str:
    """Return the first day of the period of a day; `all` for everything."""
    return {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
        "year": day.replace(month=1, day=1),
        "all": "all",
    }[grain].__str__()


def members(row: dict[str, Any], by: str) -> list[tuple[str, float]]:
    """Return the members that a row belongs to, with its weight."""
    if by == "value_stream":
        return list(SHARES.get(row["service_id"], {"unallocated": 1.0}).items())
    return [({"company": "acme", "service": row["service_id"], "channel": row.get("channel") or "(none)"}[by], 1.0)]


def oracle(
    rows: list[dict[str, Any]], by: str, value: Callable[[list[tuple[dict[str, Any], float]]], Any]
) -> dict[Any, Any]:
    """Return the value of each member, grain and period that has rows, by grouping them one after another."""
    groups: dict[tuple[str, str, str], list[tuple[dict[str, Any], float]]] = defaultdict(list)
    for row in rows:
        for member, weight in members(row, by):
            for grain in ("day", "week", "month", "quarter", "year", "all"):
                groups[member, grain, period_of(row["ordered_at"].date(), grain)].append((row, weight))
    return {key: value(group) for key, group in groups.items()}


def revenue(group: list[tuple[dict[str, Any], float]]) -> float | None:
    amounts = [
        row["net_amount"] * weight for row, weight in group if not row["is_cancelled"] and row["net_amount"] is not None
    ]
    return sum(amounts) if amounts else None


def count(group: list[tuple[dict[str, Any], float]]) -> float:
    return sum(weight for row, weight in group if not row["is_cancelled"])


def aov(group: list[tuple[dict[str, Any], float]]) -> float | None:
    amount = revenue(group)
    return None if amount is None or not count(group) else amount / count(group)


def cancelled(group: list[tuple[dict[str, Any], float]]) -> float:
    return sum(weight for row, weight in group if row["is_cancelled"]) / sum(weight for _, weight in group)


def customers(group: list[tuple[dict[str, Any], float]]) -> int:
    return len({row["customer_id"] for row, _ in group} - {None})


def median(group: list[tuple[dict[str, Any], float]]) -> float | None:
    values = [row["net_amount"] for row, _ in group if row["net_amount"] is not None]
    return quantiles(values * (2 if len(values) == 1 else 1), n=2, method="inclusive")[0] if values else None


ORACLES = {
    "orders": count,
    "revenue": revenue,
    "aov": aov,
    "cancelled": cancelled,
    "customers": customers,
    "median": median,
}


def stored(world: World, id: str, by: str) -> dict[tuple[str, str, str], Any]:
    scope = "company" if by == "channel" else by
    member = "json_extract_string(dimensions, '$.channel')" if by == "channel" else "scope_id"
    cut = "dimensions <> '{}'" if by == "channel" else "dimensions = '{}'"
    found = world.engine.rows(
        f"select {member}, grain, case grain when 'all' then 'all' else cast(period_start as varchar) end, value "
        f"from marts.kpi_value where kpi_id = ? and scope_type = ? and {cut}",
        (id, scope),
    )
    return {(member, grain, start): value for member, grain, start, value in found}


@examples(5)
@given(rows=some_orders)
def test_sql_equals_a_naive_computation(rows: list[dict[str, Any]]):
    world = World([one for one in KPIS if one.id in ORACLES], as_of="2024-02-10")
    world.services({}, SHARES)
    world.add("fct_order", *rows)
    world.build()
    for id, function in ORACLES.items():
        for by in ("company", "service", "value_stream", "channel"):
            expected, found = oracle(rows, by, function), stored(world, id, by)
            # Zeros and missing values before the first record that counts are not shown.
            assert not [key for key, value in expected.items() if value and key not in found]
            for key, value in found.items():
                default = 0 if id in ("orders", "customers") else None
                assert value == pytest.approx(expected.get(key, default), abs=1e-9), (id, by, key)


@examples(3)
@given(
    steps=st.lists(
        st.tuples(some_orders, st.lists(carts, max_size=4), st.lists(incidents, max_size=4), st.integers(0, 12)),
        min_size=2,
        max_size=3,
    ),
    random=st.randoms(use_true_random=False),
)
def test_increments_equal_a_full_build(steps: list[tuple[Any, ...]], random: Random):
    world = World(KPIS, as_of="2024-01-20")
    world.services({}, SHARES)
    day = world.as_of
    for new_orders, new_carts, new_incidents, days in steps:
        for table in ("fct_order", "fct_cart", "fct_incident"):
            for key in existing(world, table):
                if random.random() < 0.3:
                    world.remove(table, key)
        for table, rows in (("fct_order", new_orders), ("fct_cart", new_carts), ("fct_incident", new_incidents)):
            world.add(table, *rows)
        day = day + timedelta(days=days - 3)
        world.build(day.isoformat())
    incremental = world.everything()
    world.build(full=True)
    assert incremental == world.everything()


@examples(1)
@given(
    steps=st.lists(st.tuples(some_orders, st.integers(0, 2)), min_size=2, max_size=2),
    random=st.randoms(use_true_random=False),
)
def test_small_increments_of_a_long_history_equal_a_full_build(steps: list[tuple[Any, ...]], random: Random):
    """Every member is there from the first day, so that only parts of the mart are written."""
    compared = ["previous", "year_ago", "previous_to_date", "year_ago_to_date"]
    late = kpi("late", "simple", **TIMED, expr="count(*)", late_arrival_days=40, compare=compared)
    rolling = kpi("rolling", "cumulative", metric="revenue", window="10d", unit="currency", compare=compared)
    recomputed = [
        kpi("different", "distinct", **TIMED, expr="customer_id", unit="count", compare=compared),
        kpi("middle", "percentile", **TIMED, expr="net_amount", percentile=0.5, compare=compared),
        kpi(
            "standing", "snapshot", entity="fct_incident", from_="opened_at", to="resolved_at", unit="count",
            over_time="average", compare=compared, by=[[], ["service"]],
        ),
    ]  # fmt: skip
    world = World([*KPIS, late, rolling, *recomputed], as_of="2024-01-20")
    world.services({}, SHARES)
    every = product(["web", "mobile", None], ["shop", "erp", "unallocated"], [True, False], range(0, 400, 40))
    history: list[dict[str, Any]] = []
    carts_before: list[dict[str, Any]] = []
    for channel, service, is_cancelled, days in every:
        happened = {"channel": channel, "service_id": service}
        moment = datetime(2022, 12, 20) + timedelta(days=days)
        order = {"ordered_at": moment, "is_cancelled": is_cancelled, "net_amount": days, "cart_id": "c1", **happened}
        history.append({**order, "customer_id": random.choice("abc")})
        carts_before.append({"created_at": moment - timedelta(hours=days), "cart_id": f"c{len(history)}", **happened})
    world.add("fct_order", *history)
    world.add("fct_cart", *carts_before)
    opened = [{"opened_at": one["created_at"], "service_id": one["service_id"]} for one in carts_before[:20]]
    world.add("fct_incident", *({**one, "resolved_at": None} for one in opened))
    world.build()
    for new_orders, days in steps:
        for key in random.sample(existing(world, "fct_order")[20:], 2):
            world.remove("fct_order", key)
        world.add("fct_order", *new_orders)
        world.build((world.as_of + timedelta(days=days)).isoformat())
    incremental = world.everything()
    assert len(world.engine.rows("select distinct run_id from marts.kpi_value")) > 1
    world.build(full=True)
    assert incremental == world.everything()


def existing(world: World, table: str) -> list[str]:
    if not world.engine.exists("core", table):
        return []
    key = {"fct_order": "order_id", "fct_cart": "cart_id", "fct_incident": "incident_id"}[table]
    return [row[0] for row in world.engine.rows(f"select {key} from core.{table} order by {key}")]


@examples(1)
@given(rows=some_orders)
def test_a_second_build_computes_nothing_and_changes_nothing(rows: list[dict[str, Any]]):
    world = World(KPIS, as_of="2024-02-10")
    world.services({}, SHARES)
    world.add("fct_order", *rows)
    world.build()
    before = world.everything()
    assert world.build().passes_run == 0
    assert world.everything() == before


@examples(2)
@given(rows=some_orders, later=st.lists(orders, min_size=1, max_size=4))
def test_rows_outside_the_window_change_nothing(rows: list[dict[str, Any]], later: list[dict[str, Any]]):
    world = World(KPIS, as_of="2024-02-10")
    world.services({}, SHARES)
    world.add("fct_order", *rows)
    world.build()
    before = world.everything()
    world.add("fct_order", *({**row, "ordered_at": row["ordered_at"] + timedelta(days=60)} for row in later))
    world.build()
    assert world.everything() == before


def test_only_changed_days_are_computed_again():
    world = World(KPIS, as_of="2024-02-10")
    world.add(
        "fct_order", *({"ordered_at": at("2024-01-01 10:00", days=day), "is_cancelled": False} for day in range(10))
    )
    world.build()
    # What is stored of an untouched day is not touched: a mark left there stays.
    world.engine.execute(
        "update state.metric_part set amount = 1000 where day = date '2024-01-03' and by_id = 'company'"
    )
    world.add("fct_order", {"ordered_at": at("2024-01-05 11:00"), "is_cancelled": False})
    made = world.build()
    assert 0 < made.passes_run < made.passes
    assert world.value("orders", "day", "2024-01-05") == 2
    assert world.value("orders", "day", "2024-01-03") == 1000


def test_another_definition_starts_over_and_an_old_one_leaves_nothing_behind():
    world = World([kpi("orders", "simple", **TIMED, expr="count(*)", unit="count")], as_of="2024-02-10")
    world.add("fct_order", {"ordered_at": at("2024-01-01 10:00"), "is_cancelled": True})
    world.build()
    assert world.value("orders") == 1
    from bizops_pipeline_tests.metrics.support import company

    world.company = company([KPIS[0].model_copy(update={"version": 2})])
    world.build()
    assert world.row("orders")["kpi_version"] == 2
    assert world.value("orders") == 0
    world.company = company([])
    world.build()
    assert world.everything() == []
    assert world.engine.rows("select * from state.metric_part") == []
    assert world.engine.rows("select * from state.consumed where consumer like 'metrics:%'") == []


def test_lost_work_tables_are_filled_again():
    world = World(KPIS, as_of="2024-02-10")
    world.add("fct_order", {"ordered_at": at("2024-01-01 10:00"), "customer_id": "a"})
    world.build()
    before = world.everything()
    world.engine.execute("drop table state.metric_period")
    world.build()
    assert world.everything() == before


def test_threads_do_not_change_a_bit():
    found = []
    for threads in (1, 4):
        world = World(KPIS, as_of="2024-02-10", threads=threads)
        rows = [{"ordered_at": at("2024-01-01 10:00", hours=n % 700), "net_amount": n % 97 / 7} for n in range(500)]
        world.add("fct_order", *rows)
        world.build()
        found.append(world.everything())
    assert found[0] == found[1]
