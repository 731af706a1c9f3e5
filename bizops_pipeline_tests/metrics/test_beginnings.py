"""From which day KPIs count where the sources behind them begin on different days, each case worked out by hand."""

from datetime import date
from typing import Any

import pytest

from bizops_pipeline.answers.explanation import PartValue, parts_of
from bizops_pipeline.catalogue.models import Kpi, SourceTable
from bizops_pipeline.metrics.beginnings import ALWAYS, begins_of_kpis, begun
from bizops_pipeline.publish.definitions import write_metric_catalogue
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.metrics.support import World, at, kpi, source_of_everything, standard
from bizops_pipeline_tests.metrics.test_recompute import again

ORDERS = {"entity": "fct_order", "time": "ordered_at"}
INCIDENTS = {"entity": "fct_incident", "time": "opened_at"}
LATE = date(2024, 1, 20)
KPIS = [
    kpi("orders", "simple", **ORDERS, expr="count(*)", unit="count"),
    kpi("revenue", "simple", **ORDERS, expr="sum(net_amount)", unit="currency"),
    kpi("buyers", "distinct", **ORDERS, expr="customer_id", unit="count"),
    kpi("aov", "ratio", **ORDERS, numerator="sum(net_amount)", denominator="count(*)", unit="currency"),
    kpi("typical", "percentile", **ORDERS, expr="net_amount", percentile=0.5, unit="currency"),
    kpi("to_date", "cumulative", metric="revenue", reset="year", unit="currency"),
    kpi("incidents", "simple", **INCIDENTS, expr="count(*)", unit="count"),
    kpi(
        "open", "snapshot", entity="fct_incident", from_="opened_at", to="resolved_at", over_time="average",
        unit="count",
    ),
    kpi("before", "snapshot", entity="fct_incident", from_="opened_at", to="resolved_at", over_time="first",
        unit="count"),
    kpi("a_day", "ratio", **INCIDENTS, numerator="count(*)", denominator={"calendar": "days"}, unit="per_day"),
    kpi("per_order", "ratio", numerator={"metric": "incidents"}, denominator={"metric": "orders"}),
    kpi("per_buyer", "ratio", numerator={"metric": "incidents"}, denominator={"metric": "buyers"}),
    kpi("orders_per_open", "ratio", numerator={"metric": "orders"}, denominator={"metric": "open"}),
    kpi("aov_to_incidents", "ratio", numerator={"metric": "aov"}, denominator={"metric": "incidents"}),
    kpi("typical_less_incidents", "derived", expr="typical - incidents"),
    kpi("to_date_per_incident", "derived", expr="to_date / incidents"),
    kpi("chained", "derived", expr="typical_less_incidents + aov"),
    kpi("before_and_after", "derived", expr="before + incidents", unit="count"),
    kpi("health_by_incident", "derived", expr="health / incidents"),
    kpi(
        "health", "composite", unit="score",
        parts=[{"metric": "orders", "worst": 0, "best": 10}, {"metric": "incidents", "worst": 10, "best": 0}],
    ),
]  # fmt: skip


def sources(late: date | None = LATE, everything: date | None = None) -> tuple[SourceTable, ...]:
    """One source for incidents, one for all else."""
    of_incidents = SourceTable.model_construct(entities=source_of_everything().entities, begins=late)
    of_incidents = of_incidents.model_copy(update={"entities": {"incident": of_incidents.entities["incident"]}})
    others = source_of_everything(["incident"]).model_copy(update={"begins": everything})
    return others, of_incidents


def world_of(kpis: list[Kpi], *tables: SourceTable, as_of: str = "2024-02-10") -> World:
    world = World(kpis, as_of=as_of)
    world.company = world.company.model_copy(update={"source_tables": tables or sources()})
    return world


def filled(world: World) -> World:
    """Two orders before incidents were recorded, three after; incidents of which a few were told of before."""
    for day, customer, amount in [
        ("2024-01-02", "a", 100), ("2024-01-03", "b", 80),
        ("2024-01-22", "a", 10), ("2024-01-25", "a", 30), ("2024-02-03", "c", 20),
    ]:  # fmt: skip
        world.add("fct_order", {"ordered_at": at(f"{day} 10:00"), "customer_id": customer, "net_amount": amount})
    for day, resolved in [
        ("2024-01-05", "2024-01-26"),
        ("2024-01-20", None),
        ("2024-01-31", None),
        ("2024-02-02", None),
    ]:
        resolution = {"resolved_at": at(f"{resolved} 10:00")} if resolved else {}
        world.add("fct_incident", {"opened_at": at(f"{day} 10:00"), **resolution})
    world.build()
    return world


@pytest.fixture(scope="module")
def world() -> World:
    return filled(world_of(KPIS))


@pytest.mark.parametrize(
    ("id", "january", "all_time", "working"),
    [
        ("orders", 4, 5, "of the other source alone, so all of them"),
        ("incidents", 2, 3, "without that of 5 January"),
        ("a_day", 2 / 12, 3 / 22, "20 to 31 January; to 10 February"),
        ("open", (6 * 2 + 5 * 1 + 2) / 12, None, "1 of the 5th to the 25th, 1 of the 20th, 1 of the 31st; 12 days"),
        ("per_order", 2 / 2, 3 / 3, "orders of the 22nd and 25th, and of 3 February"),
        ("per_buyer", 2 / 1, 3 / 2, "buyer a, then c; not b"),
        ("aov_to_incidents", 20 / 2, 20 / 3, "(10 + 30) / 2; (10 + 30 + 20) / 3"),
        ("typical_less_incidents", 20 - 2, 20 - 3, "median of 10 and 30; of 10, 20, 30"),
        ("to_date_per_incident", 40 / 2, 60 / 3, "10 + 30; and 20"),
        ("chained", 20 - 2 + 20, 20 - 3 + 20, "of the two above"),
        ("health_by_incident", 100 * (2 / 10 + 8 / 10) / 2 / 2, 100 * (3 / 10 + 7 / 10) / 2 / 3, "2 and 2; 3 and 3"),
        ("before_and_after", 0 + 2, None, "nothing was open before January"),
        ("aov", 220 / 4, 240 / 5, "of the other source alone"),
    ],
)
def test_a_kpi_counts_from_the_day_on_which_the_last_of_its_sources_begins(
    world: World, id: str, january: float, all_time: float | None, working: str
) -> None:
    assert world.value(id, "month", "2024-01-01") == pytest.approx(january, rel=1e-12), working
    assert all_time is None or world.value(id, "all") == pytest.approx(all_time, rel=1e-12), working


def test_days_before_a_kpi_begins_have_no_rows(world: World) -> None:
    first = world.engine.rows(
        "select kpi_id, min(period_start) from marts.kpi_value where grain = 'day' group by kpi_id"
    )
    early = {"orders", "revenue", "buyers", "aov", "typical", "to_date", "health"}
    assert dict(first) == {one.id: date(2024, 1, 2) if one.id in early else LATE for one in KPIS}


def test_the_catalogue_of_metrics_says_from_which_day_each_counts(world: World) -> None:
    write_metric_catalogue(world.engine, world.company, Run("run", 1, world.as_of, at("2024-02-11")))
    told = dict(world.engine.rows("select kpi_id, counts_from from marts.metric_catalogue"))
    assert (told["orders"], told["incidents"], told["chained"]) == (None, LATE, LATE)


def test_parts_of_a_score_begin_each_by_itself(world: World) -> None:
    assert world.value("health", "week", "2024-01-01") == pytest.approx(100 * 2 / 10)
    assert world.value("health", "week", "2024-01-15") == pytest.approx(100 * (0 / 10 + 9 / 10) / 2)


def test_copies_are_shown_nowhere(world: World) -> None:
    shown = {row[0] for row in world.engine.rows("select distinct kpi_id from marts.kpi_value")}
    assert shown == {one.id for one in KPIS}
    copies = {one.id for one in begun(world.company)} - shown
    assert copies == {
        f"{id}@2024-01-20" for id in ("orders", "buyers", "aov", "typical", "to_date", "revenue", "health")
    }


@pytest.mark.parametrize("id", [one.id for one in KPIS])
def test_every_value_is_had_again_from_the_facts(world: World, id: str) -> None:
    rows = world.engine.dicts("select * from marts.kpi_value where kpi_id = ? and grain <> 'day'", (id,))
    assert rows
    for row in rows:
        assert again(world, row).agrees_with(row["value"]), row


@pytest.mark.parametrize("order", [1, -1], ids=["forward", "backward"])
def test_day_by_day_gives_the_same_as_at_once(world: World, order: int) -> None:
    grown = world_of(KPIS, as_of="2024-01-01")
    late = ("2024-01-19", "2024-01-21", "2024-02-01", "2024-02-10")
    rows = {
        name: world.engine.dicts(f"select * exclude (_change_sequence) from core.{name}")
        for name in ("fct_order", "fct_incident")
    }
    day_of = {"fct_order": "ordered_date", "fct_incident": "opened_date"}
    before = date.min
    for last in map(date.fromisoformat, late):
        for name, listed in rows.items():
            grown.add(name, *[row for row in listed[::order] if before < row[day_of[name]] <= last])
        grown.build(last.isoformat())
        before = last
    assert grown.everything() == world.everything()


def test_a_source_that_begins_elsewhere_changes_the_values_and_no_definition(world: World) -> None:
    other = filled(world_of(KPIS))
    other.company = other.company.model_copy(update={"source_tables": sources(late=None)})
    other.build()
    assert other.value("per_order", "all") == 4 / 5
    other.company = other.company.model_copy(update={"source_tables": sources()})
    other.build()
    assert other.everything() == world.everything()
    assert other.engine.scalar("select count(*) from marts.metric_version where position > 1") == 0


@pytest.mark.parametrize(
    ("tables", "begins", "expected"),
    [
        pytest.param(sources(), {}, (ALWAYS, LATE, LATE), id="of the source that is later"),
        pytest.param(sources(LATE, date(2024, 2, 1)), {}, (date(2024, 2, 1), LATE, date(2024, 2, 1)), id="of either"),
        pytest.param(sources(None), {}, (ALWAYS, ALWAYS, ALWAYS), id="of none"),
        pytest.param((*sources(), *sources(date(2023, 5, 1))[1:]), {}, (ALWAYS, date(2023, 5, 1), date(2023, 5, 1)),
                     id="of two for one entity the earlier"),
        pytest.param((*sources(), *sources(None)[1:]), {}, (ALWAYS, ALWAYS, ALWAYS), id="of two, one says nothing"),
        pytest.param(sources(), {"incidents": date(2024, 3, 1)}, (ALWAYS, date(2024, 3, 1), date(2024, 3, 1)),
                     id="of a KPI that says so"),
        pytest.param(sources(), {"per_order": date(2024, 1, 1)}, (ALWAYS, LATE, LATE), id="not before its sources"),
    ],
)  # fmt: skip
def test_when_kpis_begin(tables: tuple[SourceTable, ...], begins: dict[str, date], expected: tuple[date, ...]) -> None:
    kpis = [one.model_copy(update={"begins": begins.get(one.id)}) for one in KPIS]
    found: dict[str, Any] = begins_of_kpis(world_of(kpis, *tables).company)
    assert tuple(found[id] for id in ("orders", "incidents", "per_order")) == expected


ACTIVE = kpi("active", "distinct", **ORDERS, expr="customer_id", unit="count", over_time="average")
ORDERS_A_DAY = kpi(
    "orders_a_day", "ratio", **ORDERS, numerator="count(*)", denominator={"calendar": "days"}, unit="per_day"
)


@pytest.mark.parametrize(("grain", "start", "incidents"), [("day", "2024-01-20", 1), ("week", "2024-01-15", 2)])
@pytest.mark.parametrize("id", ["active", "orders_a_day"])
def test_a_copy_is_0_before_its_first_record_where_the_kpi_is(id: str, grain: str, start: str, incidents: int) -> None:
    both = kpi("both", "derived", expr=f"{id} + incidents")
    world = world_of([*(one for one in KPIS if one.id == "incidents"), ACTIVE, ORDERS_A_DAY, both])
    for day in ("2024-01-02", "2024-01-25"):
        world.add("fct_order", {"ordered_at": at(f"{day} 10:00"), "customer_id": "a"})
    for days in range(5):
        world.add("fct_incident", {"opened_at": at("2024-01-20 10:00", days=days)})
    world.build()
    assert (world.value(id, grain, start), world.value("both", grain, start)) == (0, incidents)
    assert world.value("both", "month", "2024-01-01") == pytest.approx(1 / 12 + 5)


@pytest.mark.parametrize("as_of", ["2024-01-08", "2024-01-21"])
def test_what_has_not_begun_has_no_row_and_begins_without_a_restatement(as_of: str) -> None:
    per = kpi("per", "ratio", numerator={"metric": "active"}, denominator={"metric": "orders"})
    kpis = [next(one for one in KPIS if one.id == "orders"), ACTIVE, per]
    world = world_of(kpis, *sources(None, LATE), as_of="2024-01-08")
    world.add("fct_order", {"ordered_at": at("2024-01-08 10:00"), "customer_id": "a"})
    world.build()
    assert world.everything() == []
    world.add("fct_order", {"ordered_at": at("2024-01-20 10:00"), "customer_id": "a"})
    world.build("2024-01-21")
    assert world.value("per", "day", "2024-01-20") == 1
    assert world.engine.rows("select * from marts.restatement") == []


def test_a_kpi_begins_with_what_shows_the_opposite_of_what_it_counts() -> None:
    """Orders since 2 January, refunds since the 20th: orders of before are not orders without refunds."""
    rate = next(one for one in standard("commerce") if one.id == "refund_rate")
    refunds = SourceTable.model_construct(entities={"refund": source_of_everything().entities["refund"]}, begins=LATE)
    world = world_of([rate], source_of_everything(["refund"]), refunds)
    for day, refunded in (("2024-01-02", 0), ("2024-01-21", 50)):
        amounts = {"net_amount_reporting": 100, "refunded_amount_reporting": refunded, "is_cancelled": False}
        world.add("fct_order", {"ordered_at": at(f"{day} 10:00"), **amounts})
    world.build()
    assert world.value("refund_rate", "month", "2024-01-01") == 50 / 100


def explained(world: World, id: str, month: str) -> dict[str, PartValue]:
    row = world.row(id, "month", month)
    return {
        part.kpi_id: part
        for part in parts_of(world.engine, world.company, world.company.kpi(id), row, "EUR", world.as_of)
    }


@pytest.mark.parametrize(
    ("id", "month", "part", "shown"),
    [
        ("to_date_per_incident", "2024-02-01", "to_date", "counted from 2024-01-20"),
        ("to_date_per_incident", "2024-02-01", "incidents", "1"),
        ("per_order", "2024-01-01", "orders", "counted from 2024-01-20"),
        ("per_order", "2024-02-01", "orders", "1"),
        ("health", "2024-01-01", "orders", "4"),
    ],
)
def test_an_explanation_shows_no_part_that_counts_from_an_earlier_day(
    world: World, id: str, month: str, part: str, shown: str
) -> None:
    assert explained(world, id, month)[part].shown == shown


def test_an_explanation_says_since_when_a_running_total_counts() -> None:
    kpis = [one.model_copy(update={"begins": LATE if one.id == "to_date" else None}) for one in KPIS]
    world = filled(world_of(kpis))
    part = explained(world, "to_date", "2024-02-01")["revenue"]
    assert (part.value, part.first) == (60, LATE)
