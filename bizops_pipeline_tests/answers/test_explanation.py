"""What is said of a published value, and of periods and cuts that people name."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bizops_pipeline.answers.evidence import evidence, facts_behind
from bizops_pipeline.answers.explanation import Asked, explain_value, parse_period, why_null
from bizops_pipeline.answers.reading import read_only
from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.catalogue.suggestion import suggestion
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.errors import UsageError
from bizops_pipeline.publish.publication import publish
from bizops_pipeline_tests.publish import world

TOTALS = tuple(
    world.ORDER_COUNT.model_copy(
        update={"id": id, "type": "cumulative", "metric": "order_count", "entity": None, "time": None, **span}
    )
    for id, span in (
        ("quarter_to_date", {"reset": "quarter"}),
        ("so_far", {"reset": "never"}),
        ("thousands", {"window": "28d", "scale": 1000}),
    )
)


def company() -> Company:
    """Return the company, with running totals of its orders."""
    owner = world.company()
    return owner.model_copy(update={"kpis": (*owner.kpis, *TOTALS)})


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained")
    engine = world.warehouse(folder)
    world.fill(engine)
    march, april = (date(2026, 3, 1), date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 4, 30))
    totals = [
        *(world.kpi_value("quarter_to_date", *month, value) for month, value in ((march, 23000.0), (april, 3.0))),
        world.kpi_value("so_far", *march, 23000.0),
        world.kpi_value("thousands", *march, 10.5),
    ]
    engine.insert(KPI_VALUE, totals)
    world.finish(engine, company(), world.run())
    made = publish(engine, company(), world.run(), folder / "published").database
    engine.close()
    return made


@pytest.mark.parametrize(
    ("text", "grain", "expected"),
    [
        ("2026", None, ("year", date(2026, 1, 1))),
        ("2026-Q3", None, ("quarter", date(2026, 7, 1))),
        ("2026-09", None, ("month", date(2026, 9, 1))),
        ("2026-W36", None, ("week", date(2026, 9, 3))),
        ("2026-09-30", None, ("day", date(2026, 9, 30))),
        ("2026-09-30", "quarter", ("quarter", date(2026, 9, 30))),
    ],
)
def test_a_period_is_read_as_people_write_it(text: str, grain: str | None, expected: tuple[str, date]) -> None:
    assert parse_period(text, grain) == expected


@pytest.mark.parametrize(
    ("text", "grain", "named"),
    [("2026", "month", "--period 2026-01-01"), ("2026-09", "week", "--period 2026-09-01"), ("2026-W36", "day", "day")],
)
def test_a_period_that_has_several_of_the_grain_is_refused(text: str, grain: str, named: str) -> None:
    with pytest.raises(UsageError, match=f"has more than one {grain}; name one by its first day") as refused:
        parse_period(text, grain)
    assert named in str(refused.value)


@pytest.mark.parametrize("text", ["2026-13", "last month", "2026-W60", "2026-02-30"])
def test_what_is_not_a_period_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--period"):
        parse_period(text, None)


def test_the_latest_complete_month_is_explained_unless_asked_otherwise(database: Path) -> None:
    found = explain_value(database, world.company(), Asked("sla_compliance"))
    assert (found.stored["period_start"], found.shown, found.target_shown) == (date(2026, 3, 1), "85.5 %", "90.0 %")
    assert found.stored["status"] == "off_target"
    assert (found.meaning.version, found.meaning.file) == (1, "catalogue/kpis/it.yaml")
    assert "numerator: count(*) filter (where sla_met)" in found.meaning.definition
    assert found.previous_shown == "80.0 %"
    february = explain_value(database, world.company(), Asked("sla_compliance", period="2026-02"))
    assert february.stored["value"] == 0.8


@pytest.mark.parametrize(
    ("id", "period", "shown", "days"),
    [
        ("quarter_to_date", "2026-03", "23,000", "2026-01-01 to 2026-03-31"),
        ("quarter_to_date", "2026-04", "3", "2026-04-01 to 2026-04-15"),  # the publication knows no later day
        ("so_far", "2026-03", "23,000", "up to 2026-03-31"),
        ("thousands", "2026-03", "10,500", "2026-03-04 to 2026-03-31"),
    ],
)
def test_a_running_total_is_put_together_from_all_the_days_that_it_sums(
    database: Path, id: str, period: str, shown: str, days: str
) -> None:
    [part] = explain_value(database, company(), Asked(id, period=period)).parts
    assert (part.kpi_id, part.shown, part.days) == ("order_count", shown, days)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked("sla_complience"), "did you mean sla_compliance"),
        (Asked("sla_compliance", scope=("service", "web")), "no values of service=web. It has them of the company"),
        (Asked("sla_compliance", scope=("planet", "mars")), "--scope 'planet' is not one of company, value_stream"),
        (Asked("sla_compliance", period="2020-01"), "there are values from 2026-02-01"),
        (Asked("sla_compliance", grain="fortnight"), "its grains are"),
        (Asked("sla_compliance", dimensions=(("priority", "1"),)), "no values of priority=1"),
        (Asked("nothing_like_it"), "`bizops kpis --only on` lists"),
    ],
)
def test_what_there_is_not_is_answered_with_what_there_is(database: Path, asked: Asked, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        explain_value(database, world.company(), asked)


def test_a_kpi_that_was_switched_on_since_the_publication_waits_for_a_refresh(database: Path) -> None:
    owner = world.company()
    newer = world.ORDER_COUNT.model_copy(update={"id": "newer"})
    with pytest.raises(UsageError, match=r"newer is newer than what is published.*; run `bizops refresh`"):
        explain_value(database, owner.model_copy(update={"kpis": (*owner.kpis, newer)}), Asked("newer"))


def test_names_that_hold_what_was_given_come_before_those_that_look_like_it() -> None:
    known = ["csat_2026q3", "csat_2026q4", "cost", "conversion"]
    assert suggestion("csat", known, "none") == "did you mean csat_2026q3, csat_2026q4, cost?"
    assert suggestion("coast", known, "none") == "did you mean cost?"
    assert suggestion("xyz", known, "none of these") == "none of these"


def test_a_missing_value_says_why() -> None:
    kpi = world.SLA.model_copy(update={"min_denominator": 20})
    row = {"null_reason": "below_minimum", "n": 7, "denominator": 7}
    assert why_null(kpi, row) == (
        "The period has 7 records and the definition asks for at least 20 before it says anything."
    )
    assert why_null(kpi, row | {"null_reason": None}) is None
    needing = kpi.model_copy(update={"needs": ("incident.resolved_at",)})
    assert why_null(needing, row | {"null_reason": "source_missing"}) == (
        "No source feeds a fact that it reads, or what it needs besides: incident.resolved_at."
    )
    assert why_null(kpi, row | {"null_reason": "immature"}) == (
        "Nothing of the period is old enough: the window of a conversion that it reads has not closed for any record."
    )
    suppressed = why_null(kpi.model_copy(update={"suppress": True}), row)
    assert suppressed == "The period has fewer than 20 records; of so small a group nothing is said."


def test_records_behind_a_suppressed_value_are_not_shown(database: Path) -> None:
    explained = explain_value(database, world.company(), Asked("sla_compliance"))
    small = replace(explained, stored={**explained.stored, "value": None, "null_reason": "below_minimum"})
    private = world.SLA.model_copy(update={"min_denominator": 20, "suppress": True})
    company = world.company().model_copy(update={"kpis": (private,)})
    engine = read_only(database)
    assert facts_behind(engine, company, small) == ()
    with pytest.raises(UsageError, match="suppressed"):
        evidence(engine, company, small)
    engine.close()
