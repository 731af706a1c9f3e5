"""The gate before a publication: what must hold, and what to do when it does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.audit import CHECK_RESULT, RUN
from bizops_pipeline.contracts.marts.data import DATA_FRESHNESS, DATA_QUALITY
from bizops_pipeline.contracts.marts.okr import OKR_PROGRESS
from bizops_pipeline.display import counted
from bizops_pipeline.errors import ChecksFailed
from bizops_pipeline.publish.tables import TABLES
from bizops_pipeline.quality.checks import CheckResult, missing, results_of
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

AFTERWARDS = "Nothing was published; readers keep the tables they have. Then run `bizops refresh` again."


def last_checked(engine: Engine, run: Run) -> Run:
    """Return the refresh whose build stands: this one, or for a publication by itself the last one with checks.

    A refresh that failed on the way has no results for the steps it did not reach, so its build is refused.
    """
    found = engine.rows(
        f"select run_id, sequence, as_of, started_at from {RUN.qualified} as refresh "
        f"where exists (select 1 from {CHECK_RESULT.qualified} as checked where checked.run_id = refresh.run_id) "
        "order by sequence desc limit 1"
    )
    return Run(*found[0]) if found else run


def require_passed(engine: Engine, run: Run, required_checks: Iterable[str] = ()) -> None:
    """Raise ChecksFailed unless every blocking check of the refresh passed and none is missing."""
    results = results_of(engine, run)
    if not any(result.severity == "blocking" for result in results):
        raise ChecksFailed(
            f"no blocking check was evaluated in refresh {run.id}, so nothing vouches for its tables. "
            "Run `bizops refresh`."
        )
    complaints = [_failure(result) for result in results if result.blocks]
    complaints += [f"{id}: required, but it was not evaluated" for id in missing(engine, run, required_checks)]
    if complaints:
        count = counted(len(complaints), "blocking check")
        raise ChecksFailed("\n".join([f"{count} did not pass:", *(f"- {each}" for each in complaints), AFTERWARDS]))


def require_complete(engine: Engine, company: Company, run: Run) -> None:
    """Raise ChecksFailed unless every table to be published is there and was brought up to date by the refresh."""
    complaints = [f"{table.id} does not exist" for table in TABLES if not engine.exists(table.schema, table.name)]
    complaints = complaints or list(_outdated(engine, company, run))
    if complaints:
        raise ChecksFailed(
            "\n".join(
                [f"the build of refresh {run.id} is incomplete:", *(f"- {each}" for each in complaints), AFTERWARDS]
            )
        )


def _outdated(engine: Engine, company: Company, run: Run) -> Iterator[str]:
    """Yield the tables that every refresh writes anew but this one did not."""
    expected = {
        DATA_FRESHNESS: bool(company.source_tables),
        DATA_QUALITY: any(table.entities for table in company.source_tables),
        OKR_PROGRESS: bool(company.objectives),
    }
    for table, has_rows in expected.items():
        others = engine.scalar(f"select count(*) from {table.qualified} where run_id <> ?", (run.id,))
        own = engine.scalar(f"select count(*) from {table.qualified} where run_id = ?", (run.id,))
        if others or (has_rows and not own):
            yield f"{table.id} was not written by it"


def _failure(result: CheckResult) -> str:
    if result.outcome == "error":
        return (
            f"{result.check_id} on {result.table_name} could not be evaluated: {result.observed}. "
            "Mend the check or the table it reads."
        )
    sample = f" For example: {result.sample[0]}." if result.sample else ""
    return (
        f"{result.check_id} on {result.table_name}: found {result.observed or 'no value'}, expected "
        f"{result.expected or 'it to hold'}.{sample} Repair the records at their source, or the definition that "
        "expects otherwise."
    )
