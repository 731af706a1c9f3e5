"""Where a row counts: shares of services and value streams, facts by several keys, and why a row is not there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import pytest

from bizops_pipeline.answers.trail import FactRow, Trail, explain_row
from bizops_pipeline.contracts.audit import ORIGIN, PROVENANCE, QUARANTINE_RECORD, RUN
from bizops_pipeline.contracts.core.allocation import BRIDGE_ITEM_SERVICE
from bizops_pipeline.contracts.core.commerce import FCT_REVENUE
from bizops_pipeline.contracts.core.finance import FCT_GL_COST, FCT_TECHNOLOGY_COST
from bizops_pipeline.contracts.core.operation import FCT_OUTAGE
from bizops_pipeline.contracts.core.organisation import BRIDGE_SERVICE_VALUE_STREAM
from bizops_pipeline.contracts.core.work import FCT_STATUS_VISIT, FCT_WORK_ITEM, FCT_WORKLOG
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.errors import UsageError
from bizops_pipeline.naming import RAW
from bizops_pipeline.warehouse.changes import ensure
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline_tests.okr.steering_case import START, company
from bizops_pipeline_tests.warehouses import empty_warehouse

ENTITY_OF = {"worklog": "B1", "work_item": "W1", "gl_cost": "C1"}
COMPANY = company(*ENTITY_OF)
EVER, END = date(1900, 1, 1), date(9999, 12, 31)
NOON = datetime(2026, 4, 2, 12)


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    """A warehouse with one row in each of some entities, and two services of two value streams."""
    engine = empty_warehouse()
    for entity, key in ENTITY_OF.items():
        bring(engine, entity, key)
    for table in (RUN, QUARANTINE_RECORD, BRIDGE_ITEM_SERVICE, BRIDGE_SERVICE_VALUE_STREAM):
        ensure(engine, table)
    engine.insert(RUN, [{"run_id": "run", "sequence": 1, "as_of": date(2026, 4, 30), "status": "published"}])
    streams = (("shop", "buy", "0.75"), ("shop", "run", "0.25"), ("payments", "buy", "1"))
    engine.insert(
        BRIDGE_SERVICE_VALUE_STREAM,
        [
            {"service_id": service, "value_stream_id": stream, "weight": Decimal(weight), **valid(EVER, END)}
            for service, stream, weight in streams
        ],
    )
    yield engine
    engine.close()


def bring(engine: DuckDBEngine, entity: str, key: str, **given: str) -> None:
    """Let row 7 of a file become a row of an entity."""
    table = ENTITIES[entity]
    ensure(engine, table, ORIGIN)
    origin = {"_row_key": key, "_source": "source", "_source_table": entity}
    _insert(engine, table.qualified, {table.key[0]: key, **given, **origin, "_change_sequence": 1})
    raw = Table(RAW, f"source__{entity}", "one row", (), (), "Raw.", tracks_changes=True)
    ensure(engine, raw, PROVENANCE)
    place = {"_file": "data/file.csv", "_row": 7, "_loaded_at": datetime(2026, 4, 2), "_run_id": "run"}
    _insert(engine, raw.qualified, {**origin, **place, "_change_sequence": 1})


def _insert(engine: DuckDBEngine, table: str, row: dict[str, object]) -> None:
    marks = ", ".join("?" for _ in row)
    engine.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))


def valid(first: date, last: date) -> dict[str, date]:
    return {"valid_from": first, "valid_to": last}


def share(engine: DuckDBEngine, service: str, weight: str, first: date = EVER, last: date = END, **item: str) -> None:
    """Let a service have a share of work item W1, or of another item."""
    row = {"item_type": "work_item", "item_id": "W1", **item, "service_id": service, "weight": Decimal(weight)}
    engine.insert(BRIDGE_ITEM_SERVICE, [{**row, "method": "explicit", **valid(first, last)}])


def add(engine: DuckDBEngine, fact: Table, **row: object) -> None:
    ensure(engine, fact)
    engine.insert(fact, [row])


def explained(engine: DuckDBEngine, table: str, key: str) -> tuple[Trail, FactRow]:
    trail = explain_row(engine, COMPANY, table, key)
    return trail, trail.facts[0]


def booked(engine: DuckDBEngine, id: str, service: str, seconds: int) -> None:
    row = {"worklog_share_id": id, "worklog_id": "B1", "service_id": service, "effort_seconds": seconds}
    add(engine, FCT_WORKLOG, **row, flow_type="feature", worked_on=START)


def test_a_booking_that_services_share_shows_each_with_its_share_of_the_effort(engine: DuckDBEngine) -> None:
    booked(engine, "B1", "payments", 2400)
    booked(engine, "B1:shop", "shop", 1600)
    trail, fact = explained(engine, "worklog", "B1")
    assert (len(trail.facts), fact.key, fact.rows) == (1, "B1", 2)
    assert [(one.service_id, one.weight) for one in fact.services] == [("payments", 0.6), ("shop", 0.4)]
    # 0.6 x 1 + 0.4 x 0.75 and 0.4 x 0.25.
    assert fact.value_streams == (("buy", 0.9), ("run", 0.1))
    # One of its rows alone is of one service.
    trail, fact = explained(engine, "fct_worklog", "B1:shop")
    assert [(one.service_id, one.weight) for one in fact.services] == [("shop", 1)]
    assert [row.key for row in trail.staging] == ["B1"]


def test_an_item_that_services_share_shows_the_shares_of_its_day(engine: DuckDBEngine) -> None:
    add(engine, FCT_WORK_ITEM, work_item_id="W1", service_id="shop", flow_type="feature", opened_date=START)
    share(engine, "payments", "1", last=START)
    share(engine, "payments", "0.2", first=START)
    share(engine, "shop", "0.8", first=START)
    for table in ("work_item", "fct_work_item", "raw.source__work_item"):
        _, fact = explained(engine, table, "W1")
        assert [(one.service_id, one.weight) for one in fact.services] == [("shop", 0.8), ("payments", 0.2)]
        assert fact.value_streams == (("buy", 0.8), ("run", 0.2))


def test_a_row_about_an_item_shares_it_where_the_fact_declares_the_item_as_kpis_do(engine: DuckDBEngine) -> None:
    share(engine, "payments", "0.2")
    share(engine, "shop", "0.8")
    add(engine, FCT_STATUS_VISIT, status_visit_id="S1", work_item_id="W1", service_id="shop", position=1)
    _, fact = explained(engine, "fct_status_visit", "S1")
    assert [(one.service_id, one.weight) for one in fact.services] == [("shop", 0.8), ("payments", 0.2)]
    add(engine, FCT_OUTAGE, outage_id="O1", incident_id="I1", service_id="shop", is_planned=False, started_at=NOON)
    share(engine, "payments", "1", item_type="incident", item_id="I1")
    _, fact = explained(engine, "fct_outage", "O1")
    assert [(one.service_id, one.weight) for one in fact.services] == [("shop", 1)]


def test_an_item_of_one_service_belongs_to_it_whole(engine: DuckDBEngine) -> None:
    add(engine, FCT_WORK_ITEM, work_item_id="W1", service_id="shop", flow_type="feature", opened_date=START)
    _, fact = explained(engine, "work_item", "W1")
    assert [(one.service_id, one.weight) for one in fact.services] == [("shop", 1)]
    assert fact.value_streams == (("buy", 0.75), ("run", 0.25))


def test_a_goal_of_any_value_stream_reached_is_named(engine: DuckDBEngine) -> None:
    booked(engine, "B1", "unallocated", 2400)
    booked(engine, "B1:shop", "shop", 1600)
    trail, _ = explained(engine, "worklog", "B1")
    assert [(goal.objective_id, goal.because) for goal in trail.goals] == [("sell", "service shop serves buy")]


def test_a_cost_is_found_in_facts_of_several_entities_with_all_its_shares(engine: DuckDBEngine) -> None:
    row = {"service_id": "shop", "cost_date": START, "amount_reporting": Decimal(5)}
    add(engine, FCT_GL_COST, gl_cost_id="C1", spend_class="run", is_cash=True, is_it=True, **row)
    item = {"origin": "ledger", "item_type": "gl_cost", "item_id": "C1", "is_allocated": True}
    add(engine, FCT_TECHNOLOGY_COST, technology_cost_id="ledger:C1", **{**item, **row, "amount_reporting": Decimal(4)})
    shared = {**row, "service_id": "payments", "amount_reporting": Decimal(1)}
    add(engine, FCT_TECHNOLOGY_COST, technology_cost_id="share:payments:ledger:C1", **item, **shared)
    trail, _ = explained(engine, "gl_cost", "C1")
    assert [(fact.fact, fact.rows) for fact in trail.facts] == [
        ("core.fct_gl_cost", 1),
        ("core.fct_technology_cost", 2),
    ]
    assert [(one.service_id, one.weight) for one in trail.facts[1].services] == [("shop", 0.8), ("payments", 0.2)]
    trail, _ = explained(engine, "fct_technology_cost", "share:payments:ledger:C1")
    assert [row.key for row in trail.staging] == ["C1"]


def test_a_fact_whose_keys_say_the_kind_of_record_is_found(engine: DuckDBEngine) -> None:
    bring(engine, "refund", "R1")
    add(engine, FCT_REVENUE, movement_id="refund:R1", movement="refund", service_id="shop")
    owner = company("refund")
    assert [fact.key for fact in explain_row(engine, owner, "refund", "R1").facts] == ["refund:R1"]
    assert [row.key for row in explain_row(engine, owner, "fct_revenue", "refund:R1").staging] == ["R1"]


@pytest.mark.parametrize(
    ("named", "goal"),
    [({"key_result_id": "up"}, ("dependable", "up")), ({"objective_id": "sell"}, ("sell", None))],
    ids=["key result", "objective"],
)
def test_what_people_say_of_a_goal_leads_to_it(
    engine: DuckDBEngine, named: dict[str, str], goal: tuple[str, str | None]
) -> None:
    bring(engine, "status_report", "R1", **named)
    trail = explain_row(engine, company("status_report"), "status_report", "R1")
    assert [(each.objective_id, each.key_result_id) for each in trail.goals] == [goal]
    assert trail.goals[0].because == "the status report is on it"


def test_a_row_that_is_not_there_says_how_keys_look(engine: DuckDBEngine) -> None:
    with pytest.raises(UsageError, match=r"staging\.worklog has no row `9`; its keys look like `B1`"):
        explain_row(engine, COMPANY, "worklog", "9")
    with pytest.raises(UsageError, match=r"core\.fct_incident has no rows: no source brings any"):
        explain_row(engine, COMPANY, "fct_incident", "9")


@pytest.mark.parametrize(
    ("table", "others"),
    [("worklog", True), ("fct_worklog", True), ("raw.source__worklog", True), ("worklog", False)],
    ids=["entity", "fact", "raw", "no other row was kept"],
)
def test_a_row_that_was_set_aside_says_why(engine: DuckDBEngine, table: str, others: bool) -> None:
    if others:
        booked(engine, "B1", "shop", 1600)
    row = {
        "entity": "worklog",
        "source": "source",
        "source_table": "worklog",
        "row_key": "B2",
        "rule": "type_worked_on",
    }
    told = {"file": "data/file.csv", "row_number": 8, "reason": "worked_on: 'x' is not a DATE"}
    original = {"original": '{"id":"B2"}', "loaded_at": datetime(2026, 4, 2)}
    engine.insert(QUARANTINE_RECORD, [{**row, **told, **original}])
    said = r"row 8 of data/file.csv names it and was set aside from staging.worklog: worked_on: 'x' is not a DATE"
    with pytest.raises(UsageError, match=said):
        explain_row(engine, COMPANY, table, "B2")


def test_a_table_that_is_not_there_names_those_that_are_like_it(engine: DuckDBEngine) -> None:
    with pytest.raises(UsageError, match="there is no table `incidents`; did you mean incident, "):
        explain_row(engine, COMPANY, "incidents", "1")
    with pytest.raises(UsageError, match=r"raw\.source__worklog"):
        explain_row(engine, COMPANY, "raw.worklog", "1")
    with pytest.raises(UsageError, match="name an entity"):
        explain_row(engine, COMPANY, "xyzzy", "1")
