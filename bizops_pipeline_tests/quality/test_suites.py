"""One process imports Great Expectations, once: the group keeps these tests on one worker."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bizops_pipeline.catalogue.models import Expectation, Suite
from bizops_pipeline.quality import suites
from bizops_pipeline.quality.checks import CheckResult, record
from bizops_pipeline.quality.expectations import expectations, review_files
from bizops_pipeline.quality.suites import run_suites
from bizops_pipeline_tests.model.staging_world import World, run, source_table

pytestmark = pytest.mark.xdist_group("great_expectations")

MAP = {"order_id": "id", "ordered_at": "moment", "status": "'open'", "channel": "channel"}
ORDER = "staging.order"


def expectation(name: str, severity: str = "warn", **arguments: Any) -> Expectation:
    return Expectation.model_validate({"expectation": name, "arguments": arguments, "severity": severity})


COMPANY_SUITE = Suite(
    suite="mine",
    table=ORDER,
    expectations=(
        expectation("expect_column_values_to_be_in_set", column="channel", value_set=["web", "app"]),
        expectation(
            "unexpected_rows_expectation",
            "blocking",
            unexpected_rows_query="select order_id, channel from {batch} where channel = 'fax'",
        ),
    ),
)


def world_of(*company_suites: Suite, channel: str = "web", **options: Any) -> World:
    world = World(source_table("erp", MAP, **options), suites=company_suites)
    rows = {str(n): {"id": str(n), "moment": "2025-12-31 10:00", "channel": channel} for n in range(3)}
    world.put("erp", rows)
    world.build()
    return world


@pytest.fixture
def world() -> Iterator[World]:
    world = world_of(COMPANY_SUITE)
    yield world
    world.engine.close()


def outcomes(results: list[CheckResult]) -> dict[str, str]:
    return {result.check_id.removeprefix("suite:").removeprefix(f"{ORDER}:"): result.outcome for result in results}


def test_all_is_as_expected(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    results = run_suites(world.engine, world.company, {ORDER})
    assert outcomes(results) == {
        "has_rows": "passed",
        "mine:1": "passed",
        "mine:2": "passed",
    }
    assert not any(result.is_carried_forward for result in results)
    assert list(tmp_path.iterdir()) == []
    assert world.engine.scalar('select count(*) from staging."order"') == 3
    with world.engine.transaction():
        world.engine.execute("delete from quarantine.record")


def test_failures_come_with_what_was_seen_and_a_sample(world: World) -> None:
    world.engine.execute("update staging.\"order\" set channel = 'fax', order_id = '0' where order_id <> '2'")
    found = {r.check_id.rpartition(":")[2]: r for r in run_suites(world.engine, world.company, {ORDER})}
    assert {name: result.outcome for name, result in found.items()} == {
        "has_rows": "passed",
        "1": "failed",
        "2": "failed",
    }
    assert found["has_rows"].observed == "3"
    assert found["1"].observed == "2 of 3 rows are not as expected"
    assert found["1"].sample == ({"channel": "fax"}, {"channel": "fax"})
    assert (found["2"].severity, found["2"].sample[0]) == ("blocking", {"order_id": "0", "channel": "fax"})


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        pytest.param(expectation("expect_miracles"), "expect_miracles not found", id="unknown expectation"),
        pytest.param(expectation("expect_column_values_to_not_be_null", column="nope"), "nope", id="unknown column"),
        pytest.param(expectation("expect_column_values_to_not_be_null", colour=1), "colour", id="unknown argument"),
        pytest.param(
            expectation("unexpected_rows_expectation", unexpected_rows_query="select * from nowhere"),
            "nowhere",
            id="bad SQL",
        ),
    ],
)
def test_what_cannot_be_evaluated_is_an_error_by_itself(broken: Expectation, said: str) -> None:
    suite = Suite(suite="mine", table=ORDER, expectations=(broken, *COMPANY_SUITE.expectations))
    world = world_of(suite)
    found = {r.check_id: r for r in run_suites(world.engine, world.company, {ORDER})}
    assert found["suite:mine:1"].outcome == "error"
    assert said in found["suite:mine:1"].observed
    others = {result.outcome for check_id, result in found.items() if check_id != "suite:mine:1"}
    assert others == {"passed"}
    world.engine.execute("select 1")
    world.engine.close()


def test_a_table_that_is_not_there_is_an_error() -> None:
    suite = Suite(suite="mine", table="marts.nowhere", expectations=COMPANY_SUITE.expectations)
    world = world_of(suite)
    found = outcomes(run_suites(world.engine, world.company, {ORDER}))
    assert (found["mine:1"], found["mine:2"], found["has_rows"]) == ("error", "error", "passed")


@pytest.mark.parametrize(("required", "expected"), [(True, "failed"), (False, None)])
def test_an_empty_table_fails_only_where_rows_are_required(required: bool, expected: str | None) -> None:
    world = world_of(COMPANY_SUITE, required=required)
    world.remove("erp", "0", "1", "2")
    world.build()
    found = outcomes(run_suites(world.engine, world.company, {ORDER}))
    assert found.pop("has_rows", None) == expected
    assert set(found.values()) == {"passed"}


def test_an_empty_table_is_told_with_what_was_set_aside() -> None:
    world = world_of()
    world.put("erp", {str(n): {"id": str(n), "moment": "never", "channel": "web"} for n in range(3)})
    world.build()
    (found,) = run_suites(world.engine, world.company, {ORDER})
    assert (found.outcome, found.observed) == ("failed", "0")
    (told,) = found.sample
    assert told == {"source": "erp.t", "quarantined": 3, "reason": "ordered_at: 'never' is not a TIMESTAMP"}


def test_results_are_carried_forward_while_nothing_changes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run_suites(world.engine, world.company, {ORDER})
    record(world.engine, first, run(1))
    monkeypatch.setattr(suites, "_asset", lambda engine: pytest.fail("there is nothing to evaluate"))
    second = run_suites(world.engine, world.company, set())
    assert outcomes(second) == outcomes(first)
    assert all(result.is_carried_forward for result in second)
    record(world.engine, second, run(2))
    assert outcomes(run_suites(world.engine, world.company, set())) == outcomes(first)


def test_only_a_new_or_reworded_expectation_is_evaluated(world: World) -> None:
    record(world.engine, run_suites(world.engine, world.company, {ORDER}), run(1))
    reworded = expectation("expect_column_values_to_be_in_set", column="channel", value_set=["app"])
    suite = Suite(suite="mine", table=ORDER, expectations=(reworded, COMPANY_SUITE.expectations[1]))
    changed = world.company.model_copy(update={"suites": (suite,)})
    results = {r.check_id: r for r in run_suites(world.engine, changed, set())}
    assert (results["suite:mine:1"].outcome, results["suite:mine:1"].is_carried_forward) == ("failed", False)
    assert all(result.is_carried_forward for check_id, result in results.items() if check_id != "suite:mine:1")


def test_the_library_is_not_imported_while_nothing_changes() -> None:
    code = (
        "import sys; from bizops_pipeline.quality import balance, checks, reconciliation, suites; "
        "sys.exit('great_expectations' in sys.modules or 'duckdb_engine' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_files_for_review(world: World, tmp_path: Path) -> None:
    (tmp_path / "staging.gone.yaml").write_text("old")
    [path] = review_files(world.company, tmp_path)
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert path.name == "staging.order.yaml"
    assert [each["check"] for each in content["expectations"]] == [
        each.check_id for each in expectations(world.company)[ORDER]
    ]
    assert not (tmp_path / "staging.gone.yaml").exists()
