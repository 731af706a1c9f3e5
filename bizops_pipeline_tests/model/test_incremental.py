"""A table built step by step is the table built at once; what did not change is not built."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bizops_pipeline.contracts.audit import ORIGIN
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.model import calendar, definitions
from bizops_pipeline.model.build import Window, build
from bizops_pipeline.model.declaration import columns_mentioned
from bizops_pipeline.model.domains import MODELS
from bizops_pipeline.model.registry import in_build_order
from bizops_pipeline.warehouse import changes
from bizops_pipeline_tests.model.company import (
    AS_OF,
    build_model,
    company,
    content,
    fill,
    models_of,
    run,
    warehouse,
)
from bizops_pipeline_tests.warehouses import copy_of, written_once

D = Decimal
DAY = datetime(2026, 3, 10, 12)
BERLIN = company(time_zone="Europe/Berlin")
FOLLOWED = frozenset(
    {
        "fct_order_line",
        "fct_refund",
        "fct_order",
        "fct_revenue",
        "fct_customer",
        "fct_deployment",
        "fct_change",
        "fct_incident",
        "fct_service_day",
        "fct_productivity_loss",
        "fct_working_time",
        "fct_ticket",
        "fct_session",
    }
)
SHOWN = tuple(models_of(*FOLLOWED))
"""Models of every way to be rebuilt; the rest of the model differs in its columns."""

moments = st.integers(0, 200).map(lambda hours: DAY + timedelta(hours=hours))
dates = st.integers(-3, 9).map(lambda days: DAY.date() + timedelta(days=days))
orders, services = st.sampled_from(["o1", "o2", "o3", "o4"]), st.sampled_from(["shop", "payments", "unknown", None])
currencies = st.sampled_from(["EUR", "USD", None])
customers = st.sampled_from(["anna", "ben", None])
amounts = st.integers(-500, 500).map(lambda cents: D(cents) / 100)


def rows(key, **columns):
    """Return a strategy for the content of a staging table: up to five rows with different keys."""
    return st.lists(
        st.fixed_dictionaries({key: st.integers(1, 6).map(lambda number: f"{key[0]}{number}"), **columns}),
        max_size=5,
        unique_by=lambda row: row[key],
    )


CONTENTS = {
    "order": rows(
        "order_id",
        customer_id=customers,
        ordered_at=moments,
        status=st.sampled_from(["completed", "cancelled"]),
        currency=currencies,
        service_id=services,
    ),
    "order_line": rows(
        "order_line_id",
        order_id=orders,
        product_id=st.sampled_from([None, "p1", "p2", "p3"]),
        quantity=st.just(D(1)),
        net_amount=amounts,
        customer_id=customers,
        ordered_at=st.one_of(st.none(), moments),
        currency=currencies,
        service_id=services,
    ),
    "refund": rows(
        "refund_id",
        order_id=st.one_of(st.none(), orders),
        refunded_at=moments,
        amount=amounts.map(abs),
        currency=currencies,
    ),
    "fx_rate": rows(
        "fx_rate_id",
        rate_date=dates,
        currency=st.just("USD"),
        rate=st.sampled_from([D("0.5"), D("0.9"), D("1.1")]),
    ),
    "deployment": rows(
        "deployment_id",
        repository=st.just("web"),
        service_id=services,
        environment=st.sampled_from(["production", "staging"]),
        result=st.sampled_from(["success", "failure"]),
        finished_at=moments,
    ),
    "incident": rows(
        "incident_id",
        service_id=services,
        opened_at=moments,
        caused_by_deployment_id=st.sampled_from([None, "d1", "d2"]),
    ),
    "outage": rows("outage_id", service_id=services, started_at=moments, ended_at=st.none(), is_planned=st.booleans()),
    "customer": rows("customer_id", country=st.sampled_from(["DE", "FR"])),
    "product": rows("product_id", launched_on=dates),
}
contents = st.fixed_dictionaries({}, optional=CONTENTS)
KOLKATA = company(time_zone="Asia/Kolkata")


def check_steps(steps, models):
    engine, at_once = warehouse(), warehouse()
    for sequence, step in enumerate(steps, start=1):
        for entity, new in step.items():
            fill(engine, entity, new, sequence)
        build_model(engine, KOLKATA, sequence, AS_OF + timedelta(days=sequence), models=models)
    for step in steps:
        for entity, new in step.items():
            fill(at_once, entity, new)
    build_model(at_once, KOLKATA, as_of=AS_OF + timedelta(days=len(steps)), models=models)

    for model in models:
        assert content(engine, model.table.id) == content(at_once, model.table.id), model.name
    engine.close()
    at_once.close()


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(st.lists(contents, min_size=2, max_size=3))
def test_steps_give_what_one_full_build_gives(steps):
    check_steps(steps, SHOWN)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(contents, min_size=2, max_size=4))
def test_many_steps_give_what_one_full_build_gives(steps):
    check_steps(steps, in_build_order())


def shop(orders=3):
    at = [DAY + timedelta(days=number) for number in range(orders)]
    return {
        "order": [
            {"order_id": f"o{n}", "ordered_at": at[n], "status": "completed", "currency": "USD", "service_id": "shop"}
            for n in range(orders)
        ],
        "order_line": [
            {"order_line_id": f"l{n}", "order_id": f"o{n}", "quantity": 1, "net_amount": D(10)} for n in range(orders)
        ],
        "fx_rate": [{"fx_rate_id": "1", "rate_date": DAY.date(), "currency": "USD", "rate": D("0.5")}],
    }


def build_shown(engine, owner=None, sequence=1, **settings):
    return build_model(engine, owner or company(), sequence, models=SHOWN, **settings)


@pytest.fixture
def engine():
    """A warehouse in which everything that is shown was built once."""
    return copy_of(written_once("shown", build_shop))


def build_shop(engine):
    changes.ensure_all(engine, ((ENTITIES[entity], ORIGIN) for entity in shop()))
    for entity, new in shop().items():
        fill(engine, entity, new)
    build_shown(engine)


def test_nothing_is_built_when_nothing_changed(engine):
    built = build_shown(engine, sequence=2)

    assert {result.mode for result in built.values()} == {"skipped"}
    assert built["fct_order_line"].written.total == 3
    assert built["fct_order_line"].window is None


def test_a_change_is_written_to_the_rows_it_concerns(engine):
    lines = shop()["order_line"]
    lines[1] = lines[1] | {"net_amount": D(20)}
    fill(engine, "order_line", lines, sequence=2)

    built = build_shown(engine, sequence=2)

    day = date(2026, 3, 11)
    for name in ("fct_order_line", "fct_order", "fct_revenue"):
        assert (built[name].mode, built[name].written.inserted, built[name].written.deleted) == ("incremental", 1, 1)
        assert built[name].window == Window(day, day)
    assert built["fct_session"].mode == built["fct_incident"].mode == "skipped"
    # The order's value is no part of the customer's row: computed again, nothing written.
    assert not built["fct_customer"].written.changed


def test_a_rate_concerns_the_orders_from_its_day_to_the_next_rate(engine):
    rates = shop()["fx_rate"]
    rates += [
        {"fx_rate_id": "2", "rate_date": date(2026, 3, 11), "currency": "USD", "rate": D("0.7")},
        {"fx_rate_id": "3", "rate_date": date(2026, 3, 12), "currency": "USD", "rate": D("0.5")},
    ]
    fill(engine, "fx_rate", rates, sequence=2)

    built = build_shown(engine, sequence=2)

    assert built["fct_order_line"].mode == "incremental"
    found = engine.rows("select order_id, net_amount_reporting, rate_date from core.fct_order_line order by 1")
    assert found == [
        ("o0", D(5), date(2026, 3, 10)),
        ("o1", D(7), date(2026, 3, 11)),
        ("o2", D(5), date(2026, 3, 12)),
    ]

    fill(engine, "fx_rate", rates[1:], sequence=3)
    build_shown(engine, sequence=3)
    assert engine.rows("select net_amount_reporting from core.fct_order_line order by order_id")[0] == (None,)


@pytest.mark.parametrize(
    ("owner", "rebuilt"),
    [
        (
            company(reporting_currency="USD"),
            {"fct_order_line", "fct_refund", "fct_order", "fct_revenue", "fct_customer"},
        ),
        (
            company(incident_attribution={"window_hours": 2}),
            {"fct_incident", "fct_deployment", "fct_change", "fct_productivity_loss"},
        ),
        (
            company(services=[{"id": "shop", "agreed_hours_per_day": 8}, {"id": "payments"}]),
            {"fct_service_day"},
        ),
        (
            company(business_hours={"start": "08:00", "end": "12:00"}),
            {"fct_incident", "fct_ticket", "fct_productivity_loss", "fct_working_time", "fct_service_day"},
        ),
    ],
    ids=["reporting currency", "attribution window", "agreed hours", "business hours"],
)
def test_a_changed_definition_builds_anew_what_it_concerns(engine, owner, rebuilt):
    built = build_shown(engine, owner, sequence=2)

    assert {name for name in FOLLOWED if built[name].mode == "full"} == rebuilt


def test_another_zone_moves_the_business_dates(engine):
    orders = shop()["order"]
    orders[0] = orders[0] | {"ordered_at": datetime(2026, 3, 10, 23, 30)}
    fill(engine, "order", orders, sequence=2)
    build_shown(engine, sequence=2)
    build_shown(engine, BERLIN, sequence=3)

    assert engine.scalar("select ordered_date from core.fct_order where order_id = 'o0'") == date(2026, 3, 11)


def test_only_what_depends_on_the_day_is_built_on_a_new_day():
    engine = warehouse()
    for entity, new in shop().items():
        fill(engine, entity, new)
    fill(engine, "outage", [{"outage_id": "a", "service_id": "shop", "started_at": DAY, "is_planned": False}])
    build_model(engine, company())

    built = build_model(engine, company(), sequence=2, as_of=AS_OF + timedelta(days=1))

    assert {name for name, result in built.items() if result.mode != "skipped"} == {
        model.name for model in MODELS if "as_of" in columns_mentioned(model.sql)
    }
    tomorrow = AS_OF + timedelta(days=1)
    assert built["fct_service_day"].window == Window(tomorrow, tomorrow)
    assert built["fct_service_day"].written.inserted == 2


def test_a_window_repairs_its_days_and_hides_no_change(engine):
    owner = company()
    engine.execute("update core.fct_order set net_amount = 0")
    lines = shop()["order_line"]
    lines[2] = lines[2] | {"net_amount": D(30)}
    fill(engine, "order_line", lines, sequence=2)

    first = Window(DAY.date(), DAY.date())
    result = build(engine, owner, "fct_order", run(2), window=first)

    assert result.window == first
    amounts = "select net_amount from core.fct_order order by order_id"
    assert engine.rows(amounts) == [(D(10),), (D(0),), (D(0),)]
    build_shown(engine, owner, sequence=3)
    assert engine.rows(amounts) == [(D(10),), (D(0),), (D(30),)]


def test_a_failed_build_leaves_table_and_memory_as_they_were(engine, monkeypatch):
    before = content(engine, "core.fct_order_line")
    fill(engine, "order_line", shop()["order_line"][:1], sequence=2)
    with monkeypatch.context() as patch:
        patch.setattr("bizops_pipeline.warehouse.changes.mark_seen", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            build(engine, company(), "fct_order_line", run(2))

    assert content(engine, "core.fct_order_line") == before
    assert build(engine, company(), "fct_order_line", run(3)).written.deleted == 2


def test_full_compares_everything_and_writes_only_what_differs(engine):
    engine.execute("update core.fct_order set net_amount = 0 where order_id = 'o1'")
    built = build_shown(engine, sequence=2, full=True)

    assert {result.mode for result in built.values()} == {"full"}
    assert sum(result.written.inserted for result in built.values()) == 1


def test_definitions_and_calendar_are_written_once():
    engine = warehouse()
    first = definitions.write(engine, company(), run(1))
    assert first["dim_service"].inserted == 3
    assert calendar.write(engine, company(), run(1)).changed
    assert not any(written.changed for written in definitions.write(engine, company(), run(2)).values())
    assert not calendar.write(engine, company(), run(2)).changed
