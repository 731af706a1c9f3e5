"""A build computes nothing when it would find everything as the last one left it, and everything otherwise."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any

import pytest

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.okr import build as okr
from bizops_pipeline.okr import steering
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.okr.case import Case

DAY = date(2026, 4, 10)
SHOWN = "select as_of, progress, status, run_id from marts.okr_progress order by as_of"


@dataclass
class Built:
    """A warehouse with goals, and the company they are of."""

    engine: DuckDBEngine
    company: Company
    case: Case

    def build(self, sequence: int, as_of: date = DAY, *, full: bool = False) -> bool:
        """Refresh and tell whether anything was computed."""
        run = Run(f"run-{sequence}", sequence, as_of, datetime(2026, 1, 1), full)
        okr.build(self.engine, self.company, run)
        steering.build(self.engine, self.company, run)
        return bool(self.engine.scalar("select 1 from marts.okr_objective where run_id = ?", (run.id,)))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.engine.rows(sql)


@pytest.fixture
def built() -> Iterator[Built]:
    case = Case().key_result(baseline=0, target=100).key_result("told", source="reported", baseline=0, target=10)
    case.value(date(2026, 4, 2), 50).checkin(datetime(2026, 4, 3), 5, id="told")
    engine = case.engine()
    built = Built(engine, case.company(), case)
    assert built.build(1)
    yield built
    engine.close()


def test_nothing_new_computes_nothing(built: Built) -> None:
    before = built.rows(SHOWN.replace(", run_id", ""))
    objectives, gaps = ("select * from marts.okr_objective order by all", "select * from marts.alignment order by all")
    stored = built.rows(objectives), built.rows(gaps)
    assert not built.build(2)
    assert built.rows(SHOWN.replace(", run_id", "")) == before
    assert (built.rows(objectives), built.rows(gaps)) == stored
    assert {row[-1] for row in built.rows(SHOWN)} == {"run-2"}


def test_grades_and_values_of_other_kpis_are_no_news(built: Built) -> None:
    built.engine.execute("update marts.kpi_value set quality_grade = 'B', run_id = 'later'")
    built.engine.execute("update marts.okr_progress set quality_grade = 'A'")
    built.engine.execute("insert into marts.kpi_value select * replace ('other' as kpi_id) from marts.kpi_value")
    assert not built.build(2)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("update marts.kpi_value set value = 60", id="a KPI value"),
        pytest.param("delete from marts.kpi_value", id="no KPI values"),
        pytest.param("update staging.checkin set value = 6, _change_sequence = 2", id="a check-in"),
        pytest.param("delete from staging.checkin", id="no check-ins"),
        pytest.param("update core.dim_key_result set target = 90", id="a definition"),
        pytest.param("update marts.okr_progress set progress = 1", id="a mart changed by hand"),
        pytest.param("delete from marts.okr_objective", id="a mart emptied by hand"),
        pytest.param("drop table marts.okr_objective", id="a mart that is gone"),
        pytest.param("delete from marts.okr_progress_known", id="a memory that is lost"),
    ],
)
def test_whatever_decides_the_marts_is_news(built: Built, change: str) -> None:
    built.engine.execute(change)
    assert built.build(2)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda company: {"objectives": company.objectives[:0]}, id="objectives"),
        pytest.param(
            lambda company: {"settings": company.settings.model_copy(update={"okr_status_preset": "strict"})},
            id="the rules for statuses",
        ),
    ],
)
def test_another_catalogue_is_news(built: Built, change: Callable[[Company], dict[str, Any]]) -> None:
    other = built.company.model_copy(update=change(built.company))
    assert okr.mark(built.engine, other, DAY, okr.READ) != okr.mark(built.engine, built.company, DAY, okr.READ)


def test_another_day_and_a_full_refresh_compute(built: Built) -> None:
    assert built.build(2, date(2026, 4, 11))
    assert built.build(3, DAY)
    assert built.build(4, full=True)


def test_everything_that_queries_read_is_watched() -> None:
    named = {
        name
        for file in files("bizops_pipeline.okr").joinpath("sql").iterdir()
        for name in re.findall(r"\b(?:core|staging|marts)\.\w+", file.read_text(encoding="utf-8"))
    }
    watched = {table.id for table in (*okr.READ, *okr.MARTS, *steering.READ, *steering.TABLES, *steering.REPORTED)}
    assert named <= watched | {"marts.kpi_value"}
