"""A warehouse with two objectives on both sides, and what was measured, reported, spent and worked for them by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from bizops_pipeline.catalogue.models import (
    Company,
    CompanySettings,
    EntityMap,
    FilesConnector,
    Kpi,
    Load,
    Objective,
    Organisation,
    SourceTable,
    Threshold,
)
from bizops_pipeline.contracts.audit import CONSUMED, ORIGIN
from bizops_pipeline.contracts.core.finance import FCT_GL_COST
from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.contracts.core.work import FCT_INITIATIVE, FCT_WORKLOG
from bizops_pipeline.contracts.marts.okr import OKR_OBJECTIVE, OKR_PROGRESS
from bizops_pipeline.contracts.staging.steering import CHECKIN, STATUS_REPORT
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.model.definitions import definition_rows
from bizops_pipeline.okr.steering import build
from bizops_pipeline.warehouse.changes import ensure
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.okr.case import calendar
from bizops_pipeline_tests.warehouses import copy_of, written_once

START, DUE = date(2026, 4, 1), date(2026, 6, 30)

ORGANISATION = Organisation.model_validate(
    {
        "teams": [
            {"id": "sales", "name": "Sales", "side": "business"},
            {"id": "shop_it", "name": "Shop IT", "side": "it"},
        ],
        "value_streams": [{"id": "buy", "name": "Buy"}, {"id": "run", "name": "Run"}],
        "services": [
            {
                "id": "shop",
                "team": "shop_it",
                "value_streams": [{"value_stream": "buy", "weight": 0.75}, {"value_stream": "run", "weight": 0.25}],
            }
        ],
    }
)

KPIS = tuple(
    Kpi(id=id, type="simple", unit="count", direction="up", layer=layer)
    for id, layer in (("orders", "business_outcome"), ("availability", "it_operational"), ("speed", "it_operational"))
)

OBJECTIVES = tuple(
    Objective.model_validate({"period": {"from": START, "to": DUE}, **given})
    for given in (
        {
            "id": "sell",
            "title": "Sell",
            "owners": {"business": "sales", "it": "shop_it"},
            "value_stream": "buy",
            "value_domain": "value_creation",
            "key_results": [
                {"id": "orders", "title": "Orders", "kpi": "orders", "baseline": 0, "target": 10, "weight": 3},
                {"id": "stores", "title": "Stores", "baseline": 0, "target": 5},
            ],
        },
        {
            "id": "dependable",
            "title": "Dependable",
            "level": "team",
            "team": "shop_it",
            "parent": "sell",
            "owners": {"it": "shop_it"},
            "key_results": [
                {"id": "up", "kpi": "availability", "type": "stay_above", "target": 0.99, "supports": "orders"},
                {"id": "fast", "kpi": "speed", "baseline": 9, "target": 3, "supports": "up"},
                {"id": "orders_it", "kpi": "orders", "baseline": 0, "target": 10},
            ],
        },
    )
)


def company(*entities: str) -> Company:
    """Return the company, with a source for some entities."""
    tables = tuple(
        SourceTable(
            source="source",
            name=entity,
            connector=FilesConnector(kind="files", path="*.csv"),
            cadence="daily",
            load=Load(),
            entities={entity: EntityMap(map={"name": "column"})},
            drop_columns=(),
            hash_columns=(),
            floor=None,
            allow_empty=False,
            required=True,
            threshold=Threshold(),
            file="sources/source.yaml",
        )
        for entity in entities
    )
    return Company(
        root=Path(),
        settings=CompanySettings(id="acme", name="Acme"),
        organisation=ORGANISATION,
        source_tables=tables,
        kpis=KPIS,
        objectives=OBJECTIVES,
        suites=(),
        fingerprint="fingerprint",
    )


class SteeringCase:
    """Rows by table; `rows` builds the steering marts and reads one."""

    def __init__(self, *entities: str) -> None:
        self.company = company(*entities)
        self.given: dict[Table, list[dict[str, Any]]] = {}

    def add(self, table: Table, **row: Any) -> SteeringCase:
        """Add a row of any table."""
        self.given.setdefault(table, []).append(row)
        return self

    def progress(self, key_result: str, on: date, status: str, progress: float | None, **given: Any) -> SteeringCase:
        """Add what is known of a key result on a day."""
        objective = next(each for each in OBJECTIVES if key_result in {result.id for result in each.key_results})
        return self.add(
            OKR_PROGRESS,
            **{
                "key_result_id": key_result,
                "objective_id": objective.id,
                "as_of": on,
                "status": status,
                "progress": progress,
                "status_preset": "default",
                "source": "measured",
                "weight": Decimal(1),
                "is_regressed": False,
                "is_fresh": True,
                "run_id": "run",
                **given,
            },
        )

    def report(self, id: str, on: date, light: str | None, share: float | None = None, **given: Any) -> SteeringCase:
        """Add a status report on key result `orders`, by the business at nine in the morning."""
        return self.add(
            STATUS_REPORT,
            **{
                "status_report_id": id,
                "key_result_id": "orders",
                "reported_at": datetime(on.year, on.month, on.day, 9),
                "rag": light,
                "percent_complete": share,
                "side": "business",
                **given,
            },
        )

    def initiative(self, id: str, objective: str | None, **given: Any) -> SteeringCase:
        """Add an initiative of April for value stream `buy`, with nothing spent."""
        return self.add(
            FCT_INITIATIVE,
            **{
                "initiative_id": id,
                "service_id": "shop",
                "objective_id": objective,
                "value_stream_id": "buy",
                "started_on": START,
                "ended_on": date(2026, 4, 30),
                "effort_seconds": 0,
                "work_items": 0,
                "work_items_done": 0,
                **given,
            },
        )

    def cost(self, id: str, initiative: str | None, on: date, amount: int, **given: Any) -> SteeringCase:
        """Add a cost of the ledger."""
        row = {"gl_cost_id": id, "initiative_id": initiative, "cost_date": on, "amount_reporting": Decimal(amount)}
        return self.add(FCT_GL_COST, **row, service_id="shop", spend_class="grow", is_cash=True, is_it=True, **given)

    def effort(self, id: str, initiative: str | None, on: date, seconds: int) -> SteeringCase:
        """Add a booking of effort on the shop."""
        row = {"worklog_id": id, "initiative_id": initiative, "worked_on": on, "effort_seconds": seconds}
        return self.add(FCT_WORKLOG, **row, service_id="shop", flow_type="feature")

    def rows(self, table: Table, as_of: date) -> list[dict[str, Any]]:
        """Build for an as-of date and return the rows of a mart in the order of its key."""
        engine = copy_of(written_once(("steering", repr(self.company)), self._write_what_is_defined))
        try:
            for each, found in self.given.items():
                self._insert(engine, each, found)
            run = Run("run", 1, as_of, datetime(2026, 1, 1))
            build(engine, self.company, run)
            again = build(engine, self.company, run)
            assert not any(written.changed for written in again.values())
            return engine.dicts(f"select * from {table.qualified} order by {', '.join(table.key)}")
        finally:
            engine.close()

    def _write_what_is_defined(self, engine: DuckDBEngine) -> None:
        for each in (CONSUMED, DIM_DATE, OKR_PROGRESS, OKR_OBJECTIVE, FCT_INITIATIVE, FCT_GL_COST, FCT_WORKLOG):
            ensure(engine, each)
        engine.insert(DIM_DATE, calendar(date(2026, 1, 1), date(2026, 8, 31)))
        for each, found in definition_rows(self.company).items():
            ensure(engine, each)
            engine.insert(each, found)
        for each in (CHECKIN, STATUS_REPORT):
            ensure(engine, each, ORIGIN)

    @staticmethod
    def _insert(engine: DuckDBEngine, table: Table, rows: list[dict[str, Any]]) -> None:
        if table.schema != "staging":
            engine.insert(table, rows)
            return
        for number, row in enumerate(rows):
            whole = {**row, "_row_key": str(number), "_source": "s", "_source_table": "t", "_change_sequence": 1}
            marks = ", ".join("?" for _ in whole)
            engine.execute(f"insert into {table.qualified} ({', '.join(whole)}) values ({marks})", list(whole.values()))


def week(number: int) -> date:
    """Return a Monday of the second quarter: week 0 begins on 2026-04-06."""
    return date(2026, 4, 6) + timedelta(days=7 * number)
