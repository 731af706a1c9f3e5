"""Views that hold one scope, one set of dimensions and one grain each, so that rows may be added."""

import pytest

from bizops_pipeline.publish.cut_views import CutView, cut_views
from bizops_pipeline.publish.definitions import write_metric_catalogue
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.metrics.support import World, at, kpi

ORDERS = {"entity": "fct_order", "time": "ordered_at"}
CUTS = [[], ["service"], ["value_stream"], ["channel"], ["service", "channel"], ["channel", "currency"]]


@pytest.fixture(scope="module")
def world() -> World:
    made = World(
        [
            kpi("orders", "simple", **ORDERS, expr="count(*)", unit="count", by=CUTS, grains=["week", "month"]),
            kpi("aov", "ratio", **ORDERS, numerator="sum(net_amount)", denominator="count(*)", by=[[], ["channel"]],
                grains=["month", "all"]),
            kpi("stage", "simple", **ORDERS, expr="count(*)", unit="count", by=[["status"]], grains=["day"]),
        ],
        as_of="2024-02-10",
    )  # fmt: skip
    made.services({"shop": "web", "erp": "core"}, {"shop": {"buy": 0.75, "serve": 0.25}, "erp": {"serve": 1}})
    for n, channel in enumerate(["web", 'say "hi"', "web", None, "mail"]):
        service = "shop" if n % 2 else "erp"
        placed = {"service_id": service, "channel": channel, "currency": "EUR", "status": "paid", "net_amount": n}
        made.add("fct_order", {"ordered_at": at("2024-01-10 10:00", days=n), **placed})
    made.build()
    write_metric_catalogue(made.engine, made.company, Run("run", 1, made.as_of, at("2024-02-11")))
    return made


@pytest.fixture(scope="module")
def views(world: World) -> dict[str, CutView]:
    return {view.table.name: view for view in cut_views(world.company)}


def test_there_is_a_view_per_cut_and_one_per_grain_for_plain_members(views: dict[str, CutView]) -> None:
    assert list(views) == [
        "kpi_by_channel_currency_month",
        "kpi_by_channel_month",
        "kpi_by_status_day",
        "kpi_company_week",
        "kpi_service_by_channel_month",
        "kpi_service_month",
        "kpi_service_week",
        "kpi_value_stream_month",
        "kpi_value_stream_week",
    ]


def test_views_have_the_columns_and_the_key_they_promise(world: World, views: dict[str, CutView]) -> None:
    for view in views.values():
        described = world.engine.describe(view.query)
        assert described == [(column.name, str(column.type)) for column in view.table.columns]
        rows, keys = world.engine.rows(
            f"select count(*), count(distinct ({', '.join(view.table.key)}, 1)) from ({view.query}) as rows"
        )[0]
        assert rows == keys > 0, view.table.name


def test_the_rows_of_a_view_add_up_to_the_company(world: World, views: dict[str, CutView]) -> None:
    for name, view in views.items():
        if name.endswith("_month"):
            query = f"select sum(amount) from ({view.query}) as rows where kpi_id = 'orders'"
            assert world.engine.scalar(query) == 5, name


def test_ratios_have_no_amount_to_add(world: World, views: dict[str, CutView]) -> None:
    query = f"select value, amount from ({views['kpi_by_channel_month'].query}) as rows where kpi_id = 'aov'"
    found = world.engine.rows(f"{query} and channel = 'mail' and period_start = date '2024-01-01'")
    assert found == [(4.0, None)]


def test_dimensions_are_plain_columns_and_give_way_to_columns_of_the_same_name(
    world: World, views: dict[str, CutView]
) -> None:
    query = f"select distinct channel from ({views['kpi_by_channel_month'].query}) as rows order by channel"
    assert world.engine.rows(query) == [("(none)",), ("mail",), ('say "hi"',), ("web",)]
    of_status = views["kpi_by_status_day"]
    assert of_status.table.key == ("kpi_id", "dimension_status", "period_start")
    assert world.engine.scalar(f"select min(dimension_status) from ({of_status.query}) as rows") == "paid"
