"""The SQL shown for a KPI gives the numbers of the mart."""

import pytest

from bizops_pipeline import metrics
from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline_tests.metrics.support import World, at, kpi

MORE = [
    kpi(
        "frequency", "ratio", entity="fct_order", time="ordered_at",
        numerator="count(*)", denominator="count(customer_id)", scale=2,
    ),
    kpi(
        "stock", "snapshot", entity="fct_incident", from_="opened_at", to="resolved_at",
        over_time="average", unit="count",
    ),
    kpi(
        "before", "snapshot", entity="fct_incident", from_="opened_at", to="resolved_at", over_time="first",
        expr="sum(resolution_seconds)", unit="seconds",
    ),
    kpi(
        "age", "snapshot", entity="fct_incident", from_="opened_at", to="resolved_at", percentile=0.5,
        expr="date_diff('second', opened_at, period_end)", unit="hours", scale=3600,
    ),
    kpi(
        "health", "composite", unit="score",
        parts=[{"metric": "aov", "weight": 2, "worst": 0, "best": 40}, {"metric": "open", "worst": 20, "best": 0}],
        caps=[{"metric": "open", "above": 10, "at": 30}],
    ),
    kpi("last_days", "cumulative", metric="revenue", window="3d", grains=["day"]),
    kpi("repeated", "ratio", entity="fct_order", time="ordered_at",
        numerator="count(*) filter (where ordered_date < as_of)", denominator="count(*)"),
    kpi("again", "conversion", base={"entity": "fct_order", "time": "ordered_at"},
        event={"entity": "fct_order", "time": "ordered_at"}, match="customer_id", within="100h"),
]  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    from bizops_pipeline_tests.metrics.test_properties import KPIS

    world = World([*KPIS, *MORE], as_of="2024-02-10")
    customers = ["a", "b", None, "c"]
    world.add(
        "fct_order",
        *(
            {
                "ordered_at": at("2023-12-20 08:00", hours=n * 29),
                "is_cancelled": n % 5 == 0,
                "net_amount": n * 1.25,
                "customer_id": customers[n % 4],
                "cart_id": f"c{n}",
            }
            for n in range(40)
        ),
    )
    world.add(
        "fct_cart", *({"created_at": at("2023-12-20 01:00", hours=n * 28), "cart_id": f"c{n}"} for n in range(40))
    )
    world.add(
        "fct_incident",
        *(
            {
                "opened_at": at("2023-12-20 01:00", days=n),
                "resolved_at": at("2024-01-01 01:00", days=2 * n),
                "resolution_seconds": n,
            }
            for n in range(15)
        ),
    )
    world.build()
    return world


@pytest.mark.parametrize(
    "id",
    [
        "orders",
        "revenue",
        "aov",
        "cancelled",
        "customers",
        "active",
        "median",
        "paid_twice",
        "bought",
        "open",
        "to_date",
    ]
    + [one.id for one in MORE],
)
def test_shown_sql_gives_the_values_of_the_mart(world: World, id: str):
    one: Kpi = world.company.kpi(id)
    if id == "to_date":
        one = one.model_copy(update={"grains": ("day",)})
    sql = metrics.sql_of(one)
    assert sql.startswith(f"-- {id}: {one.type}")
    found = world.engine.dicts(sql.replace("as_of", "date '2024-02-10'"))
    grain = "month" if "month" in one.grains else "day"
    expected = {start: value for start, value in world.values(id, grain).items() if value is not None}
    shown = {str(row["period_start"]): row["value"] for row in found if row["value"] is not None}
    assert expected.keys() & shown.keys()
    assert {start: float(value) for start, value in shown.items() if start in expected} == pytest.approx(expected)
