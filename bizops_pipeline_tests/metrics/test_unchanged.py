"""The mart is left alone when nothing that it is made of changed, and only then."""

from collections.abc import Callable
from datetime import datetime

import pytest

from bizops_pipeline import metrics
from bizops_pipeline.metrics import values
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.metrics.support import World, at, company, kpi


def world(**fields: object) -> World:
    made = World([kpi("orders", "simple", entity="fct_order", time="ordered_at", expr="count(*)", **fields)])
    made.add("fct_order", {"ordered_at": at("2024-03-05 10:00")})
    made.build()
    return made


def writers(made: World) -> set[str]:
    """Return the refreshes that computed the rows of the mart."""
    return {row[0] for row in made.engine.rows("select distinct run_id from marts.kpi_value")}


def test_rows_keep_the_refresh_that_computed_them():
    made = world()
    assert made.build().passes_run == 0
    assert writers(made) == {"run-1"}


def add_an_order(made: World) -> None:
    made.add("fct_order", {"ordered_at": at("2024-03-06 10:00")})
    made.build()


def set_a_target(made: World) -> None:
    (known,) = made.company.kpis
    target = {"from": "2024-01-01", "value": 1}
    made.company = company([type(known).model_validate({**known.model_dump(by_alias=True), "targets": [target]})])
    made.build()


def grade_the_fact(made: World) -> None:
    made.sequence += 1
    run = Run(f"run-{made.sequence}", made.sequence, made.as_of, datetime(2025, 1, 1))
    metrics.build(made.engine, made.company, run, {"fct_order": "B"})


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(add_an_order, id="a record"),
        pytest.param(lambda made: made.build("2024-04-01"), id="the business date"),
        pytest.param(set_a_target, id="a target"),
        pytest.param(grade_the_fact, id="a grade"),
        pytest.param(lambda made: made.build(full=True), id="a full refresh"),
        pytest.param(lambda made: (made.engine.execute("drop table marts.kpi_value"), made.build()), id="no mart"),
    ],
)
def test_a_change_has_all_rows_computed_again(change: Callable[[World], object]):
    made = world()
    change(made)
    assert writers(made) == {"run-2"}


def test_a_build_that_stopped_between_parts_and_mart_is_made_good(monkeypatch: pytest.MonkeyPatch):
    made = world()
    made.add("fct_order", {"ordered_at": at("2024-03-06 10:00")})

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(values, "write", stop)
        with pytest.raises(KeyboardInterrupt):
            made.build()
    assert made.build().passes_run == 0
    assert made.value("orders") == 2


def test_a_definition_that_reads_the_business_date_is_computed_once_a_day():
    made = world(where="ordered_at < as_of")
    assert made.build().passes_run == 0
    assert made.build("2024-04-01").passes_run == 1
