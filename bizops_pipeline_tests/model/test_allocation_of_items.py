"""Items of several services: their weights by mappings and marks, and effort shared by them."""

from datetime import date, datetime
from decimal import Decimal

from bizops_pipeline.model.registry import model
from bizops_pipeline_tests.model.company import build_model, built, company, content, facts, fill, warehouse

EVER, SPRING, SUMMER, END = date(1900, 1, 1), date(2026, 4, 1), date(2026, 6, 1), date(9999, 12, 31)
SERVICES = (
    {"id": "shop", "match": {"paths": ["services/shop/*"], "labels": ["shop"]}},
    {"id": "payments", "match": {"paths": ["services/pay*"], "labels": ["money"]}},
    {"id": "search", "match": {"labels": ["shop"], "tags": ["search*"]}},
)


def mapping(id, item, service, weight, **columns):
    row = {"entity_map_id": id, "item_type": "work_item", "item_id": item, "service_id": service}
    return {**row, "weight": Decimal(str(weight)), **columns}


def mark(id, item, kind, value):
    return {"item_mark_id": id, "item_type": "work_item", "item_id": item, "kind": kind, "value": value}


def shares(engine):
    rows = content(engine, "core.bridge_item_service")
    return [(item, service, float(weight), method) for _, item, service, weight, method, *_ in rows]


def test_a_mapping_of_a_source_is_completed_by_what_it_leaves_open():
    engine = built(
        "bridge_item_service",
        owner=company(services=SERVICES),
        entity_map=[
            mapping("1", "a", "shop", 0.5, method="label"),
            mapping("2", "a", "payments", 0.25),
            mapping("3", "b", "shop", 1),
            mapping("4", "c", "nobody knows", 0.5),
            mapping("5", "d", "shop", 0.75),
            mapping("6", "d", "payments", 0.75),
        ],
    )
    assert shares(engine) == [
        ("a", "payments", 0.25, "explicit"),
        ("a", "shop", 0.5, "label"),
        ("a", "unallocated", 0.25, "rest"),
        ("b", "shop", 1, "explicit"),
        ("c", "unallocated", 1, "explicit"),
        ("d", "unallocated", 1, "invalid"),
    ]


def test_rows_of_a_later_day_replace_those_before():
    engine = built(
        "bridge_item_service",
        owner=company(services=SERVICES),
        entity_map=[
            mapping("1", "a", "shop", 1),
            mapping("2", "a", "shop", 0.5, valid_from=SPRING),
            mapping("3", "a", "payments", 0.5, valid_from=SPRING),
        ],
    )
    rows = [(row[2], float(row[3]), row[6], row[7]) for row in content(engine, "core.bridge_item_service")]
    assert rows == [("payments", 0.5, SPRING, END), ("shop", 1, EVER, SPRING), ("shop", 0.5, SPRING, END)]


def test_marks_share_an_item_equally_unless_a_source_maps_it():
    engine = built(
        "bridge_item_service",
        owner=company(services=(*SERVICES, {"id": "third", "match": {"labels": ["shop"]}})),
        entity_map=[mapping("1", "mapped", "payments", 1)],
        item_mark=[
            mark("1", "one", "path", "services/payments/fees.py"),
            mark("2", "one", "path", "services/payments/api.py"),
            mark("3", "two", "path", "services/shop/cart.py"),
            mark("4", "two", "label", "money"),
            mark("5", "three", "label", "shop"),
            mark("6", "none", "label", "shopping"),
            mark("7", "none", "path", "services/shop"),
            mark("8", "mapped", "label", "shop"),
        ],
    )
    assert shares(engine) == [
        ("mapped", "payments", 1, "explicit"),
        ("one", "payments", 1, "path"),
        ("three", "search", 0.333334, "label"),
        ("three", "shop", 0.333333, "label"),
        ("three", "third", 0.333333, "label"),
        ("two", "payments", 0.5, "label"),
        ("two", "shop", 0.5, "path"),
    ]


def test_the_weights_of_every_item_sum_to_one_on_every_day():
    engine = built(
        "bridge_item_service",
        owner=company(services=SERVICES),
        entity_map=[
            mapping("1", "a", "shop", 0.3),
            mapping("2", "a", "payments", 0.9, valid_from=SPRING),
            mapping("3", "b", "shop", 0.7),
            mapping("4", "b", "payments", 0.7),
        ],
        item_mark=[mark("1", "c", "label", "shop"), mark("2", "c", "label", "money")],
    )
    assert not engine.rows(
        "select item_id, valid_from from core.bridge_item_service group by item_type, item_id, valid_from "
        "having sum(weight) <> 1"
    )


def log(id, item, seconds, day=date(2026, 3, 2), **columns):
    return {"worklog_id": id, "work_item_id": item, "worked_on": day, "effort_seconds": seconds, **columns}


def test_effort_is_shared_by_weight_and_nothing_is_lost():
    items = [{"work_item_id": id, "created_at": datetime(2026, 3, 1), "service_id": "search"} for id in ("a", "b")]
    engine = built(
        "fct_worklog",
        owner=company(services=SERVICES),
        work_item=items,
        entity_map=[
            mapping("1", "a", "shop", 0.333333),
            mapping("2", "a", "payments", 0.333333),
            mapping("3", "a", "payments", 1, valid_from=SPRING),
        ],
        worklog=[
            log("1", "a", 1000),
            log("2", "a", 1000, SPRING),
            log("3", "a", 1000, service_id="search"),
            log("4", "b", 1000),
        ],
    )
    assert facts(engine, "fct_worklog", "worklog_share_id", "service_id", "effort_seconds") == [
        ("1", "unallocated", 334),
        ("1:payments", "payments", 333),
        ("1:shop", "shop", 333),
        ("2", "payments", 1000),
        ("3", "search", 1000),
        ("4", "search", 1000),
    ]
    assert engine.scalar("select sum(effort_seconds) from core.fct_worklog") == 4000


def test_a_changed_mapping_moves_only_its_item():
    engine, of = warehouse(), company(services=SERVICES)
    models = [model("bridge_item_service")]
    before = [mapping("1", "a", "shop", 1), mapping("2", "b", "shop", 1)]
    fill(engine, "entity_map", before)
    build_model(engine, of, 1, models=models)
    fill(engine, "entity_map", [mapping("1", "a", "payments", 1), before[1]], 2)
    done = build_model(engine, of, 2, models=models)["bridge_item_service"]
    assert done.mode == "incremental"
    assert shares(engine) == [("a", "payments", 1, "explicit"), ("b", "shop", 1, "explicit")]


def belonging(engine, scope_type):
    rows = content(engine, "core.bridge_item_member")
    return [(item, scope, float(weight), *days) for kind, _, item, scope, weight, *days in rows if kind == scope_type]


def test_an_item_belongs_to_the_teams_and_value_streams_of_its_services_while_they_hold():
    def of(stream, weight, **days):
        return {"value_stream": stream, "weight": weight, **days}

    search = [of("sell", 1, to=SUMMER), of("sell", 0.5, **{"from": SUMMER}), of("advise", 0.5, **{"from": SUMMER})]
    engine = built(
        "bridge_item_member",
        owner=company(
            services=(
                {"id": "shop", "team": "web", "value_streams": [of("sell", 1)]},
                {"id": "search", "team": "web", "value_streams": search},
                {"id": "payments", "team": "money"},
            ),
        ),
        entity_map=[
            mapping("1", "a", "shop", 0.4),
            mapping("2", "a", "search", 0.6),
            mapping("3", "b", "payments", 1),
            mapping("4", "b", "search", 1, valid_from=SPRING),
        ],
    )
    assert belonging(engine, "service") == [
        ("a", "search", 0.6, EVER, END),
        ("a", "shop", 0.4, EVER, END),
        ("b", "payments", 1, EVER, SPRING),
        ("b", "search", 1, SPRING, END),
    ]
    assert belonging(engine, "team") == [
        ("a", "web", 1, EVER, END),
        ("b", "money", 1, EVER, SPRING),
        ("b", "web", 1, SPRING, END),
    ]
    assert belonging(engine, "value_stream") == [
        ("a", "advise", 0.3, SUMMER, END),
        ("a", "sell", 1, EVER, SUMMER),
        ("a", "sell", 0.7, SUMMER, END),
        ("b", "advise", 0.5, SUMMER, END),
        ("b", "sell", 1, SPRING, SUMMER),
        ("b", "sell", 0.5, SUMMER, END),
        ("b", "unallocated", 1, EVER, SPRING),
    ]


def test_the_share_of_a_service_is_unallocated_while_the_service_has_no_value_stream():
    engine = built(
        "bridge_item_member",
        owner=company(
            services=(
                {"id": "shop", "value_streams": [{"value_stream": "sell"}]},
                {"id": "search", "value_streams": [{"value_stream": "advise", "from": SPRING, "to": SUMMER}]},
            ),
        ),
        entity_map=[mapping("1", "a", "shop", 0.75), mapping("2", "a", "search", 0.25)],
    )
    assert belonging(engine, "value_stream") == [
        ("a", "advise", 0.25, SPRING, SUMMER),
        ("a", "sell", 0.75, EVER, SPRING),
        ("a", "sell", 0.75, SPRING, SUMMER),
        ("a", "sell", 0.75, SUMMER, END),
        ("a", "unallocated", 0.25, EVER, SPRING),
        ("a", "unallocated", 0.25, SUMMER, END),
    ]
