"""What a failed run says: the pipeline's own error before what caused it."""

import inspect

import dagster as dg
import pytest

from bizops_pipeline import errors
from bizops_pipeline.defs.reasons import failures
from bizops_pipeline.errors import BizopsError, MetricError, SourceError


def reasons(raised: Exception, cause: Exception | None = None) -> list[tuple[str, str, int]]:
    @dg.op
    def fail() -> None:
        raise raised from cause

    @dg.job
    def failing() -> None:
        fail()

    with dg.DagsterInstance.ephemeral() as instance:
        events = failing.execute_in_process(instance=instance, raise_on_error=False).all_events
    return [(failure.step, failure.message, failure.exit_code) for failure in failures(events)]


@pytest.mark.parametrize(
    ("raised", "cause", "message", "exit_code"),
    [
        (MetricError("KPI x: 'count(' is not an SQL expression"), ValueError("Expecting )"), "KPI x: 'count(' is", 1),
        (SourceError("source shop: a column is missing"), None, "source shop: a column is missing", 3),
        (RuntimeError("wrapped"), SourceError("source shop: gone"), "source shop: gone", 3),
        (RuntimeError("outer"), ValueError("inner"), "ValueError: inner", 1),
    ],
    ids=["own-before-its-cause", "own", "own-as-cause", "first-cause"],
)
def test_the_pipelines_own_error_is_told(
    raised: Exception, cause: Exception | None, message: str, exit_code: int
) -> None:
    [(step, told, code)] = reasons(raised, cause)
    assert (step, code) == ("fail", exit_code)
    assert told.startswith(message)


def test_every_error_of_the_pipeline_can_be_told_from_others() -> None:
    def below(kind: type[BizopsError]) -> set[type[BizopsError]]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    own = {each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, BizopsError)}
    assert {each for each in below(BizopsError) if each.__module__.startswith("bizops_pipeline.")} == own
