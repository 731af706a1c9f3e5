"""A warehouse with two orders, three lines and a refund, in staging and in the model."""

from typing import Any

from bizops_pipeline.catalogue.models import Service
from bizops_pipeline.contracts.audit import ORIGIN
from bizops_pipeline.contracts.core import CORE_TABLES
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.quality.checks import CheckResult
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline_tests.model.staging_world import World
from bizops_pipeline_tests.warehouses import copy_of, written_once

SERVICES = (Service(id="shop"),)


def reconciled() -> World:
    """Return the warehouse and its company."""
    world = World(services=SERVICES)
    world.engine.close()
    world.engine = copy_of(written_once("reconciled", write_orders))
    return world


def write_orders(engine: DuckDBEngine) -> None:
    staging, core = ((table, ORIGIN) for table in ENTITIES.values()), ((table, ()) for table in CORE_TABLES.values())
    changes.ensure_all(engine, (*staging, *core))
    fill(engine, 'staging."order"', ("order_id", "currency"), [("1", "EUR"), ("2", "USD")])
    lines = [("a", "1", None, "10.10"), ("b", "2", None, "5"), ("c", "9", "GBP", "-1")]
    fill(engine, "staging.order_line", ("order_line_id", "order_id", "currency", "net_amount"), lines)
    fill(engine, "staging.refund", ("refund_id", "order_id", "amount"), [("r", "1", "2"), ("s", "9", "1")])
    facts = [("a", "1", "EUR", "10.10", "shop"), ("b", "2", "USD", "5", "shop"), ("c", "9", "GBP", "-1", "shop")]
    columns = ("order_line_id", "order_id", "currency", "net_amount", "service_id")
    fill(engine, "core.fct_order_line", columns, facts)
    columns = ("refund_id", "order_id", "currency", "amount", "service_id")
    fill(engine, "core.fct_refund", columns, [("r", "1", "EUR", "2", "shop"), ("s", "9", "GBP", "1", "unallocated")])
    fill(engine, "core.dim_service", ("service_id",), [("shop",), ("unallocated",)])


def fill(engine: DuckDBEngine, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" for _ in columns)
    for row in rows:
        engine.execute(f"insert into {table} ({', '.join(columns)}) values ({marks})", row)


def result_of(results: list[CheckResult], check_id: str) -> CheckResult:
    return next(result for result in results if result.check_id == check_id)
