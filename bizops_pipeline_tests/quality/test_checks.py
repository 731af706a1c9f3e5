from bizops_pipeline.quality.checks import (
    CheckResult,
    attempt,
    judged,
    latest_results,
    missing,
    record,
    results_of,
)
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline_tests.model.staging_world import run
from bizops_pipeline_tests.warehouses import empty_warehouse


def passed(check_id: str, **options: object) -> CheckResult:
    return CheckResult(check_id, "staging.order", "blocking", "passed", **options)  # type: ignore[arg-type]


def blocking(engine: DuckDBEngine, number: int) -> list[str]:
    return [result.check_id for result in results_of(engine, run(number)) if result.blocks]


def test_results_are_kept_per_refresh() -> None:
    engine = empty_warehouse()
    failed = judged(
        "b", "staging.order", "blocking", False, observed="3", expected="0", sample=[{"id": n} for n in range(9)]
    )
    record(engine, [passed("a"), failed], run(1))
    record(engine, [passed("a")], run(2))
    found = results_of(engine, run(1))
    assert [result.check_id for result in found] == ["a", "b"]
    assert found[1].sample == tuple({"id": n} for n in range(5))
    assert blocking(engine, 1) == ["b"]
    assert blocking(engine, 2) == []
    assert missing(engine, run(2), ["a", "b"]) == ["b"]


def test_a_result_recorded_again_replaces_the_older_one() -> None:
    engine = empty_warehouse()
    record(engine, [CheckResult("a", "t", "blocking", "error")], run(1))
    assert blocking(engine, 1) == ["a"]
    record(engine, [passed("a")], run(1))
    assert blocking(engine, 1) == []


def test_a_warning_does_not_block() -> None:
    engine = empty_warehouse()
    record(engine, [CheckResult("a", "t", "warn", "failed"), CheckResult("b", "t", "warn", "error")], run(1))
    assert blocking(engine, 1) == []


def test_without_any_refresh_there_are_no_results() -> None:
    engine = empty_warehouse()
    assert blocking(engine, 1) == []
    assert latest_results(engine, ["t"], "") == []
    assert missing(engine, run(1), ["a"]) == ["a"]


def test_what_cannot_be_evaluated_is_an_error() -> None:
    result = attempt("a", "t", "blocking", lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    assert (result.outcome, result.observed, result.blocks) == ("error", "ZeroDivisionError: division by zero", True)


def test_the_latest_result_of_each_check() -> None:
    engine = empty_warehouse()
    record(engine, [passed("suite:a", observed="old"), passed("other")], run(1))
    record(engine, [passed("suite:a", observed="new")], run(2))
    assert [(r.check_id, r.observed) for r in latest_results(engine, ["staging.order"], "suite:")] == [
        ("suite:a", "new")
    ]
