"""MetricFlow, given the same definitions, gives the same values where its types and ours mean the same.

MetricFlow writes the SQL from its own definitions, DuckDB runs it over the same facts. It buckets by calendar day and
has no row for an empty period, so every month compared has records. Skipped where it is not installed:
`pip install -r bizops_pipeline_tests/oracles/requirements.txt`.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bizops_pipeline_tests.metrics.support import World, at, kpi

pytest.importorskip("metricflow", reason="MetricFlow is not installed: see bizops_pipeline_tests/oracles")

ORDERS = {"entity": "fct_order", "time": "ordered_at"}
BY = [[], ["channel"]]
KPIS = [
    kpi("orders", "simple", **ORDERS, expr="count(*)", unit="count", by=BY),
    kpi("revenue", "simple", **ORDERS, expr="sum(net_amount)", unit="currency", by=BY),
    kpi("web_orders", "simple", **ORDERS, expr="count(*)", where="channel = 'web'", unit="count"),
    kpi("customers", "distinct", **ORDERS, expr="customer_id", unit="count", by=BY),
    kpi("aov", "ratio", numerator={"metric": "revenue"}, denominator={"metric": "orders"}, by=BY),
    kpi("rest", "derived", expr="revenue - 2 * orders", by=BY),
    kpi("to_date", "cumulative", metric="revenue", reset="month", unit="currency"),
    kpi("week", "cumulative", metric="revenue", window="7d", unit="currency"),
    kpi("ever", "cumulative", metric="revenue", unit="currency"),
    kpi("bought", "conversion", base={"entity": "fct_cart", "time": "created_at"},
        event={"entity": "fct_order", "time": "ordered_at"}, match="cart_id", within="2d"),
    kpi("open", "snapshot", entity="fct_incident", from_="opened_at", to="resolved_at", unit="count"),
]  # fmt: skip

MANIFEST = """
semantic_model:
  name: orders
  node_relation: {schema_name: core, alias: fct_order}
  defaults: {agg_time_dimension: ordered_date}
  entities:
    - {name: order_key, type: primary, expr: order_id}
    - {name: cart, type: foreign, expr: cart_id}
  dimensions:
    - {name: ordered_date, type: time, type_params: {time_granularity: day}}
    - {name: channel, type: categorical}
  measures:
    - {name: orders, agg: sum, expr: "1"}
    - {name: revenue, agg: sum, expr: net_amount}
    - {name: customers, agg: count_distinct, expr: customer_id}
---
semantic_model:
  name: carts
  node_relation: {schema_name: core, alias: fct_cart}
  defaults: {agg_time_dimension: created_date}
  entities:
    - {name: cart, type: foreign, expr: cart_id}
  primary_entity: cart_key
  dimensions:
    - {name: created_date, type: time, type_params: {time_granularity: day}}
  measures:
    - {name: carts, agg: sum, expr: "1"}
---
semantic_model:
  name: stock
  node_relation: {schema_name: core, alias: daily_stock}
  defaults: {agg_time_dimension: day}
  primary_entity: stock_key
  dimensions:
    - {name: day, type: time, type_params: {time_granularity: day}}
  measures:
    - {name: open, agg: sum, expr: open_count, non_additive_dimension: {name: day, window_choice: max}}
---
metric: {name: orders, type: simple, type_params: {measure: orders}}
---
metric: {name: revenue, type: simple, type_params: {measure: revenue}}
---
metric:
  name: web_orders
  type: simple
  type_params: {measure: orders}
  filter: "{{ Dimension('order_key__channel') }} = 'web'"
---
metric: {name: customers, type: simple, type_params: {measure: customers}}
---
metric: {name: open, type: simple, type_params: {measure: open}}
---
metric: {name: aov, type: ratio, type_params: {numerator: {name: revenue}, denominator: {name: orders}}}
---
metric:
  name: rest
  type: derived
  type_params: {expr: revenue - 2 * orders, metrics: [{name: revenue}, {name: orders}]}
---
metric:
  name: to_date
  type: cumulative
  type_params: {measure: revenue, cumulative_type_params: {grain_to_date: month}}
---
metric: {name: week, type: cumulative, type_params: {measure: revenue, cumulative_type_params: {window: 7 days}}}
---
metric: {name: ever, type: cumulative, type_params: {measure: revenue}}
---
metric:
  name: bought
  type: conversion
  type_params:
    conversion_type_params: {base_measure: carts, conversion_measure: orders, entity: cart, window: 2 days}
---
project_configuration:
  time_spines:
    - node_relation: {schema_name: core, alias: dim_date}
      primary_column: {name: date, time_granularity: day}
"""


@pytest.fixture(scope="module")
def world() -> World:
    made = World(KPIS, as_of="2024-03-31")
    channels = ["web", "mail", "web", "shop"]
    for n in range(120):
        # A cart is bought from after 0, 1, 2, ... days, always at a time that the hours of the day leave no doubt of.
        ordered = at("2024-01-01 12:00", hours=n * 18)
        order = {"channel": channels[n % 4], "customer_id": f"c{n % 7}", "cart_id": f"k{n}", "net_amount": n * 1.25}
        made.add("fct_order", {"ordered_at": ordered, **order})
        made.add("fct_cart", {"created_at": at("2024-01-01 11:00", hours=n * 18 - 24 * (n % 4)), "cart_id": f"k{n}"})
    for n in range(40):
        opened = at("2024-01-01 09:00", days=n * 2)
        made.add("fct_incident", {"opened_at": opened, "resolved_at": at("2024-01-01 17:00", days=n * 2 + n % 9)})
    made.build()
    made.engine.execute(
        "create table core.daily_stock as select calendar.date as day, count(incident.incident_id) as open_count "
        "from core.dim_date as calendar left join core.fct_incident as incident "
        "on incident.opened_date <= calendar.date and incident.resolved_date > calendar.date "
        "where calendar.date between date '2024-01-01' and date '2024-03-31' group by calendar.date"
    )
    return made


@pytest.fixture(scope="module")
def metricflow() -> Any:
    """MetricFlow's engine with the definitions; it only writes SQL, so its client needs no connection."""
    from metricflow.engine.metricflow_engine import MetricFlowEngine
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
    from metricflow_semantic_interfaces.parsing.dir_to_model import (
        parse_yaml_files_to_validation_ready_semantic_manifest,
    )
    from metricflow_semantic_interfaces.parsing.objects import YamlConfigFile
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

    file = YamlConfigFile(filepath="manifest.yaml", contents=MANIFEST)
    manifest = parse_yaml_files_to_validation_ready_semantic_manifest([file]).semantic_manifest
    client = SimpleNamespace(sql_engine_type=SqlEngine.DUCKDB, sql_plan_renderer=DuckDbSqlPlanRenderer())
    return MetricFlowEngine(SemanticManifestLookup(manifest), client)  # type: ignore[arg-type]


def by_metricflow(world: World, metricflow: Any, metric: str, *group_by: str) -> dict[tuple[str, ...], float]:
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

    request = MetricFlowQueryRequest.create(metric_names=[metric], group_by_names=list(group_by))
    sql = metricflow.explain(request).sql_statement.sql
    rows = world.engine.dicts(sql)
    return {
        tuple(str(value)[:10] for name, value in row.items() if name != metric): float(row[metric])
        for row in rows
        if row[metric] is not None and next(iter(row.values())) is not None
    }


def ours(world: World, metric: str, grain: str) -> dict[tuple[str, ...], float]:
    return {(start,): float(value) for start, value in world.values(metric, grain).items() if value is not None}


@pytest.mark.parametrize("grain", ["month", "week", "quarter"])
@pytest.mark.parametrize("metric", ["orders", "revenue", "web_orders", "customers", "aov", "rest", "open", "bought"])
def test_values_of_a_period_agree(world: World, metricflow: Any, metric: str, grain: str) -> None:
    theirs = by_metricflow(world, metricflow, metric, f"metric_time__{grain}")
    expected = ours(world, metric, grain)
    if metric == "bought":
        # Where no cart was bought from, MetricFlow has NULL; ours is 0 of so many.
        expected = {start: value for start, value in expected.items() if value}
    assert theirs == pytest.approx(expected)


@pytest.mark.parametrize("metric", ["orders", "revenue", "customers", "aov", "rest"])
def test_values_of_a_dimension_agree(world: World, metricflow: Any, metric: str) -> None:
    theirs = by_metricflow(world, metricflow, metric, "metric_time__month", "order_key__channel")
    expected = {
        (start, channel): float(value)
        for channel in ("web", "mail", "shop")
        for start, value in world.values(metric, "month", channel=channel).items()
        if value is not None
    }
    assert theirs == pytest.approx(expected)


@pytest.mark.parametrize("metric", ["to_date", "week", "ever"])
def test_running_totals_agree_on_every_day(world: World, metricflow: Any, metric: str) -> None:
    theirs = by_metricflow(world, metricflow, metric, "metric_time__day")
    expected = {day: value for day, value in ours(world, metric, "day").items() if day in theirs}
    assert len(expected) > 80
    assert {day: value for day, value in theirs.items() if day in expected} == pytest.approx(expected)
