from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bizops_pipeline.catalogue.models import Lookup, Service, ValueMap
from bizops_pipeline.errors import SourceError
from bizops_pipeline_tests.model.staging_world import World, source_table

CART = {"cart_id": "id", "created_at": "'2026-01-01'"}


def staged(entity: str, map: dict[str, Any], row: dict[str, Any], column: str, **options: Any) -> Any:
    """Return what one raw row becomes in one column, or the reason why it was set aside."""
    services = options.pop("services", ())
    types = options.pop("types", None)
    world = World(source_table("s", map, entity=entity, **options), services=services, time_zone="Europe/Lisbon")
    if types:
        world.create("s", types)
    world.put("s", {"k": row})
    world.build(entity)
    kept = world.rows(f'"{column}"', f'staging."{entity}"')
    reasons = [reason for _, _, reason in world.quarantine()]
    world.engine.close()
    return kept[0][0] if kept else reasons[0]


@pytest.mark.parametrize(
    ("constant", "expected"),
    [
        ("make_date(2023, 6, 30)", date(2023, 6, 30)),
        ("cast('2023-06-30' as date)", date(2023, 6, 30)),
        ("make_date(2023, 6, 31)", "indicator_date: 'TRY(MAKE_DATE(2023, 6, 31))' is not a DATE"),
    ],
)
def test_a_constant_date_needs_no_column_of_the_source(constant: str, expected: date | str) -> None:
    map = {"indicator_id": "id", "indicator_date": constant, "value": "1", "series": "'a'", "better": "'up'"}
    assert staged("public_indicator", map, {"id": "1"}, "indicator_date") == expected


WORLDS: dict[str, World] = {}


def outcomes(entity: str, map: dict[str, Any], given: str, column: str, **options: Any) -> Callable[[str], Any]:
    """Return what one raw column becomes, as a function; cases with the same map share a warehouse."""
    identity = repr((entity, map, sorted(options.items())))
    world = WORLDS.get(identity)
    if world is None:
        world = WORLDS[identity] = World(source_table("s", map, entity=entity, **options))

    def outcome(text: str) -> Any:
        world.put("s", {"k": {"id": "1", given: text}})
        world.build(entity)
        kept = world.rows(f'"{column}"', f'staging."{entity}"')
        return kept[0][0] if kept else world.quarantine()[0][2]

    return outcome


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-03-29 01:30:00", datetime(2026, 3, 29, 0, 30), id="naive, before the clocks change"),
        pytest.param("2026-03-29 02:30:00", datetime(2026, 3, 29, 1, 30), id="naive, in the gap"),
        pytest.param("2026-10-25 02:30:00", datetime(2026, 10, 25, 0, 30), id="naive, in the fold"),
        pytest.param("2026-03-29T02:30:00+02:00", datetime(2026, 3, 29, 0, 30), id="offset"),
        pytest.param("2026-03-29T02:30:00-0530", datetime(2026, 3, 29, 8, 0), id="offset without colon"),
        pytest.param("2026-07-01T10:00:00Z", datetime(2026, 7, 1, 10), id="Z"),
        pytest.param("2026-07-01 10:00:00 UTC", datetime(2026, 7, 1, 10), id="UTC in words"),
        pytest.param("2026-07-01T10:00:00.250+01", datetime(2026, 7, 1, 9, 0, 0, 250_000), id="fraction, hours only"),
        pytest.param("2026-07-01T10:00:00Z ", datetime(2026, 7, 1, 10), id="Z and a blank"),
        pytest.param("2026-01-02 10:00 EST", datetime(2026, 1, 2, 15), id="a zone by its letters"),
        pytest.param("2026-01-02 10:00 US/Eastern", datetime(2026, 1, 2, 15), id="a zone by its name"),
        pytest.param("2026-01-02 10:00 PM", "ordered_at: '2026-01-02 10:00 PM' is not a TIMESTAMP", id="half a day"),
        pytest.param("2026-01-02 10:00 -05", "ordered_at: '2026-01-02 10:00 -05' is not a TIMESTAMP", id="apart"),
        pytest.param("2026-07-01", datetime(2026, 6, 30, 22), id="a day is its midnight"),
        pytest.param("2026/07/01", datetime(2026, 6, 30, 22), id="a day with slashes"),
        pytest.param(" 2026/7/1T10:00:00.5", datetime(2026, 7, 1, 8, 0, 0, 500_000), id="slashes and a fraction"),
        pytest.param("1767225600", "ordered_at: '1767225600' is not a TIMESTAMP", id="an epoch is not guessed"),
        pytest.param("0000-00-00", "ordered_at: '0000-00-00' is not a TIMESTAMP", id="zeros"),
        pytest.param("31/02/2026", "ordered_at: '31/02/2026' is not a TIMESTAMP", id="no such day"),
        pytest.param(" ", "ordered_at is missing", id="blank"),
    ],
)
@pytest.mark.parametrize("expression", ['"at"', 'cast("at" as timestamp)'], ids=["column", "cast"])
def test_times(expression: str, text: str, expected: Any) -> None:
    map = {"order_id": "id", "status": "'open'", "ordered_at": expression}
    assert outcomes("order", map, "at", "ordered_at", time_zone="Europe/Berlin")(text) == expected


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        pytest.param("timestamp", datetime(2026, 7, 1, 10), datetime(2026, 7, 1, 9), id="naive: the company's zone"),
        pytest.param("timestamptz", "2026-07-01 10:00:00+00", datetime(2026, 7, 1, 10), id="aware"),
        pytest.param("timestamptz_ns", "2026-07-01 10:00:00+00", datetime(2026, 7, 1, 10), id="aware nanoseconds"),
        pytest.param("date", date(2026, 7, 1), datetime(2026, 6, 30, 23), id="day"),
        pytest.param("timestamp_ns", "2026-07-01 10:00:00", datetime(2026, 7, 1, 9), id="nanoseconds"),
    ],
)
def test_native_times(kind: str, value: Any, expected: datetime) -> None:
    map = {"order_id": "id", "status": "'open'", "ordered_at": "moment"}
    row = {"id": "1", "moment": value}
    assert staged("order", map, row, "ordered_at", types={"id": "bigint", "moment": kind}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-01-31", date(2026, 1, 31), id="day"),
        pytest.param("2026/1/31", date(2026, 1, 31), id="slashes"),
        pytest.param("2026-01-31 23:30:00", date(2026, 1, 31), id="naive"),
        pytest.param("2026-01-31T23:30:00-05:00", date(2026, 2, 1), id="moment: the day of the company"),
        pytest.param("2026-01-31 10:00 PM", date(2026, 1, 31), id="a time that is not understood"),
        pytest.param("31.01.2026", "indicator_date: '31.01.2026' is not a DATE", id="no day"),
    ],
)
def test_days(text: str, expected: Any) -> None:
    map = {"indicator_id": "id", "indicator_date": "day", "value": "1", "series": "'a'", "better": "'up'"}
    assert outcomes("public_indicator", map, "day", "indicator_date")(text) == expected


def test_times_that_count_from_the_epoch_are_utc() -> None:
    map = {"order_id": "id", "status": "'open'", "ordered_at": "epoch_ms(cast(ms as bigint))"}
    assert staged("order", map, {"id": "1", "ms": "1782900000000"}, "ordered_at") == datetime(2026, 7, 1, 10)
    assert staged("order", map, {"id": "1", "ms": "soon"}, "ordered_at") == "ordered_at: 'soon' is not a TIMESTAMP"


@pytest.mark.parametrize(
    ("decimal", "text", "expected"),
    [
        pytest.param(".", "1234.5", Decimal("1234.5"), id="point"),
        pytest.param(",", "1.234,50", Decimal("1234.5"), id="comma"),
        pytest.param(",", "-3", Decimal(-3), id="negative"),
        pytest.param(",", " 1.234.567", Decimal(1234567), id="millions"),
        pytest.param(",", "12.50", "value: '12.50' is not a DECIMAL(18,4)", id="a point that separates no thousands"),
        pytest.param(",", "0.125", "value: '0.125' is not a DECIMAL(18,4)", id="no thousands of nothing"),
        pytest.param(",", "1,234.50", "value: '1,234.50' is not a DECIMAL(18,4)", id="marks the other way round"),
        pytest.param(".", "1,234.50", "value: '1,234.50' is not a DECIMAL(18,4)", id="separators undeclared"),
        pytest.param(".", "€ 5", "value: '€ 5' is not a DECIMAL(18,4)", id="currency sign"),
        pytest.param(".", "nan", "value: 'nan' is not a DECIMAL(18,4)", id="not a number"),
        pytest.param(".", "1e300", "value: '1e300' is not a DECIMAL(18,4)", id="too large"),
        pytest.param(".", "", None, id="blank"),
    ],
)
@pytest.mark.parametrize("expression", ["amount", "cast(amount as decimal(18, 4))"])
def test_amounts(expression: str, decimal: str, text: str, expected: Any) -> None:
    map = {**CART, "value": expression}
    assert outcomes("cart", map, "amount", "value", decimal=decimal)(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3", 3), ("3.0", 3), ("3.5", "items: '3.5' is not a BIGINT"), (str(2**70), f"items: '{2**70}' is not a BIGINT")],
)
def test_whole_numbers(text: str, expected: Any) -> None:
    assert staged("cart", {**CART, "items": "n"}, {"id": "1", "n": text}, "items") == expected


@pytest.mark.parametrize(("text", "expected"), [("4.5", 4.5), ("inf", "score: 'inf' is not a DOUBLE")])
def test_numbers_are_finite(text: str, expected: Any) -> None:
    map = {"response_id": "id", "kind": "'csat'", "answered_at": "'2026-01-01'", "score": "points"}
    assert staged("survey_response", map, {"id": "1", "points": text}, "score") == expected


@pytest.mark.parametrize(
    ("expression", "row", "expected"),
    [
        pytest.param("strptime(a, '%d/%m/%Y')", {"a": "05/01/2026"}, datetime(2026, 1, 5), id="parsed"),
        pytest.param("strptime(a, '%d/%m/%Y')", {"a": "2026-01-05"}, "'2026-01-05' is not", id="not parsed"),
        pytest.param(
            "coalesce(strptime(a, '%d/%m/%Y'), cast(a as timestamp))",
            {"a": "2026-01-05"},
            datetime(2026, 1, 5),
            id="another format stands in",
        ),
        pytest.param(
            "coalesce(strptime(a, '%d/%m/%Y'), cast('2026-01-01' as timestamp))",
            {"a": "never"},
            "'never' is not",
            id="a constant does not stand in",
        ),
        pytest.param(
            "case when b = 'x' then strptime(a, '%Y') else cast('2026-01-05' as timestamp) end",
            {"a": "?", "b": "y"},
            datetime(2026, 1, 5),
            id="the branch not taken",
        ),
        pytest.param(
            "case when b = 'x' then strptime(a, '%Y') else cast('2026-01-05' as timestamp) end",
            {"a": "?", "b": "x"},
            "'a = ?, b = x' is not",
            id="the branch taken",
        ),
    ],
)
def test_what_an_expression_loses(expression: str, row: dict[str, str], expected: Any) -> None:
    map = {"cart_id": "id", "created_at": expression}
    found = staged("cart", map, {"id": "1", **row}, "created_at", time_zone="UTC")
    if isinstance(expected, str):
        assert found == f"created_at: {expected} a TIMESTAMP"
    else:
        assert found == expected


STATES = {"from": "state", "values": {"ok": "completed", "no": "cancelled"}}


@pytest.mark.parametrize(
    ("otherwise", "state", "expected"),
    [
        pytest.param("quarantine", " ok ", "completed", id="known, trimmed"),
        pytest.param(
            "quarantine", "odd", "status: 'odd' is not one of the values that status is mapped from", id="unknown"
        ),
        pytest.param("quarantine", None, "status is missing", id="nothing"),
        pytest.param("keep", "open", "open", id="kept"),
        pytest.param("keep", "odd", "status = 'odd' is not one of open, completed, cancelled", id="kept and refused"),
        pytest.param("null", "odd", "status is missing", id="dropped"),
        pytest.param("open", "odd", "open", id="a default"),
        pytest.param("open", None, "open", id="a default for nothing"),
    ],
)
def test_value_maps(otherwise: str, state: str | None, expected: str) -> None:
    mapped = ValueMap.model_validate({**STATES, "otherwise": otherwise})
    map = {"order_id": "id", "ordered_at": "'2026-01-01'", "status": mapped}
    assert staged("order", map, {"id": "1", "state": state}, "status") == expected


def test_a_value_map_into_another_type() -> None:
    planned = ValueMap.model_validate({"from": "kind", "values": {"maintenance": "true"}, "otherwise": "false"})
    map = {"outage_id": "id", "started_at": "'2026-01-01'", "is_planned": planned}
    assert staged("outage", map, {"id": "1", "kind": "maintenance"}, "is_planned") is True
    assert staged("outage", map, {"id": "1", "kind": "crash"}, "is_planned") is False


SERVICES = (
    Service(id="shop", name="Web Shop", aliases=("Loja", "caf\u00e9")),
    Service(id="loja", name="Store"),
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shop", "shop"), (" WEB SHOP ", "shop"), ("Loja", "loja"), ("cafe\u0301", "shop"),
        ("nobody", "unallocated"), (None, "unallocated"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("mapped", [Lookup(lookup="services", by="ci"), "ci"], ids=["lookup", "expression"])
def test_services(mapped: Any, name: str | None, expected: str) -> None:
    map = {**CART, "service_id": mapped}
    assert staged("cart", map, {"id": "1", "ci": name}, "service_id", services=SERVICES) == expected


def test_an_unknown_service_can_be_refused_or_named() -> None:
    row = {"id": "1", "ci": "nobody"}
    refused = {**CART, "service_id": Lookup(lookup="services", by="ci", otherwise="quarantine")}
    assert staged("cart", refused, row, "service_id", services=SERVICES) == (
        "service_id: 'nobody' is not a service of the organisation, by id, name or alias"
    )
    named = {**CART, "service_id": Lookup(lookup="services", by="ci", otherwise="shop")}
    assert staged("cart", named, row, "service_id", services=()) == "shop"


def test_without_a_map_nothing_is_known() -> None:
    assert staged("cart", CART, {"id": "1"}, "service_id") == "unallocated"
    assert staged("cart", CART, {"id": "1"}, "channel") is None


@pytest.mark.parametrize(("constant", "expected"), [(7, 7), (2.0, 2), ("'5'", 5)])
def test_constants(constant: Any, expected: int) -> None:
    assert staged("cart", {**CART, "items": constant}, {"id": "1"}, "items") == expected


@pytest.mark.parametrize(("kind", "value"), [("double", 17.0), ("float", 17.0), ("bigint", 17), ("varchar", " 17")])
def test_a_key_is_the_same_text_whatever_kind_of_number_it_is(kind: str, value: Any) -> None:
    map = {"order_id": "id", "status": "'open'", "ordered_at": "'2026-01-01'", "customer_id": "customer"}
    row = {"id": "1", "customer": value}
    assert staged("order", map, row, "customer_id", types={"id": "varchar", "customer": kind}) == "17"


def test_keys_are_trimmed_and_composed() -> None:
    assert staged("cart", CART, {"id": " cafe\u0301 "}, "cart_id") == "caf\u00e9"
    assert staged("cart", {**CART, "channel": "c"}, {"id": "007", "c": ""}, "channel") is None
    assert staged("cart", CART, {"id": "007"}, "cart_id") == "007"


def test_a_column_that_the_source_lacks_is_named() -> None:
    said = (
        r"s.yaml: s.t as cart: columns are missing: colour \(`entities.cart.map.channel` reads it\); the source has id"
    )
    with pytest.raises(SourceError, match=said):
        staged("cart", {**CART, "channel": "colour"}, {"id": "1"}, "channel")


def test_an_expression_that_does_not_fit_the_types_is_explained() -> None:
    with pytest.raises(SourceError, match=r"sources/s.yaml: s.t as cart: the map does not fit"):
        staged("cart", {**CART, "items": "id * 2"}, {"id": "1"}, "items")
