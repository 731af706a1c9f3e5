"""`bizops`: the command line, a thin shell over the same functions that Dagster calls."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bizops_pipeline import __version__
from bizops_pipeline.cli import explain
from bizops_pipeline.cli.options import (
    CompanyOption,
    JsonOption,
    StateOption,
    current,
    fields,
    print_json,
    published,
    state_of,
)
from bizops_pipeline.errors import BizopsError, CatalogueError, UsageError
from bizops_pipeline.settings import company_folder

if TYPE_CHECKING:
    from bizops_pipeline.defs.execute import Outcome

app = typer.Typer(
    name="bizops",
    help="Turn a company's operational records into KPI and OKR tables.\n\n"
    "Start with `bizops init DIR`, then `bizops refresh --company DIR`, then `bizops status --company DIR`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 done, 1 failed checks or a busy warehouse, 2 bad catalogue or usage, 3 source trouble.",
)
app.add_typer(explain.app)


def main() -> NoReturn:
    """Run the command line; a deliberate error, or one of the disk, becomes a message and its exit code."""
    if isinstance(sys.stdout, TextIOWrapper):
        # A terminal of few characters shows the others as standard error does.
        sys.stdout.reconfigure(errors="backslashreplace")
    # Of what a command makes next to nothing is garbage in circles: to look for it as often as by default takes a
    # refresh half a CPU second and frees 10 MB.
    gc.set_threshold(50_000, 20, 100)
    try:
        app(prog_name="bizops")
    except BizopsError as error:
        if "--json" in sys.argv:
            problems = [fields(problem) for problem in error.problems] if isinstance(error, CatalogueError) else []
            print_json({"ok": False, "error": str(error), "problems": problems})
        else:
            _say(str(error))
        raise SystemExit(error.exit_code) from None
    except OSError as error:
        told = f"a file cannot be read or written: {error}. Free space, or give this user the right to it."
        if "--json" in sys.argv:
            print_json({"ok": False, "error": told, "problems": []})
        else:
            _say(told)
        raise SystemExit(1) from None
    raise SystemExit(0)


@app.callback(invoke_without_command=True)
def _common(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="New or empty folder.", metavar="DIR")]) -> None:
    """Write a small working company: catalogue, one source, a KPI, an objective."""
    from bizops_pipeline.catalogue.init import write_company

    write_company(folder)
    typer.echo(f"Wrote a company to {folder}.")
    typer.echo(f"Next: bizops check --company {folder}   then: bizops refresh --company {folder}")


@app.command()
def schema(
    folder: Annotated[Path, typer.Argument(help="Folder for the schemas.", metavar="DIR")] = Path("schema"),
) -> None:
    """Write JSON Schemas of the YAML files, by which an editor completes and checks them while you write."""
    from bizops_pipeline.catalogue.schema import write_schemas

    for path in write_schemas(folder):
        typer.echo(f"Wrote {path}")
    typer.echo(
        "A file names its schema in its first line: # yaml-language-server: $schema=../../schema/kpis.schema.json"
    )


@app.command()
def check(
    company: CompanyOption = None,
    secrets: Annotated[
        bool, typer.Option(help="Whether the environment must set what `${NAME}` in the catalogue refers to.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Read the catalogue and report every mistake at once, with file, line and remedy. Reads no data."""
    from bizops_pipeline.catalogue.loader import load_company
    from bizops_pipeline.model.build import verify

    found = load_company(company_folder(company, os.environ), os.environ if secrets else None)
    verify()
    counts = {
        "source tables": len(found.source_tables),
        "services": len(found.organisation.services),
        "KPIs": len(found.kpis),
        "objectives": len(found.objectives),
        "key results": sum(len(objective.key_results) for objective in found.objectives),
        "expectation suites": len(found.suites),
    }
    if as_json:
        print_json({"ok": True, "company": found.settings.id, "counts": counts})
        return
    typer.echo(f"{found.settings.name}: the catalogue is sound.")
    for name, count in counts.items():
        typer.echo(f"  {count:>5} {name}")


@app.command()
def refresh(
    company: CompanyOption = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="Business date YYYY-MM-DD. Default: bizops.yaml, else yesterday.", metavar="DATE"),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Rebuild everything after raw, not only what changed.")] = False,
    reload: Annotated[
        list[str] | None,
        typer.Option(
            "--reload",
            help="Load a source, or one table of it, anew from landing; may be repeated.",
            metavar="SOURCE[.TABLE]",
        ),
    ] = None,
    state: StateOption = None,
    job: Annotated[str, typer.Option("--job", help="Dagster job to run.", hidden=True)] = "refresh",
    as_json: JsonOption = False,
) -> None:
    """Extract, load, check, build and publish. Publishes everything or, when a blocking check fails, nothing."""
    from bizops_pipeline.catalogue.loader import load_company

    folder = company_folder(company, os.environ)
    found = load_company(folder, os.environ)
    paths = state_of(folder, state)
    if as_of is not None:
        _require_date(as_of)
    before = current(paths)
    with _progress(quiet=as_json):
        from bizops_pipeline.defs.execute import execute

        outcome = execute(found, paths, job=job, as_of=as_of, full=full, reload=reload or ())
    standing = current(paths)
    if as_json:
        print_json(
            {
                "ok": outcome.succeeded,
                "run_id": outcome.run_id,
                "published": str(standing or ""),
                "failures": [fields(failure) for failure in outcome.failures],
                "warnings": list(outcome.warnings),
            }
        )
    else:
        _tell(outcome, before, standing)
    raise typer.Exit(outcome.exit_code)


@app.command()
def kpis(
    company: CompanyOption = None,
    state: Annotated[
        str | None, typer.Option("--only", help="Show those that are `on`, `possible` or `missing`.", metavar="STATE")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the KPI library: what is on, what could be switched on with the data there is, what the rest lacks."""
    from bizops_pipeline.catalogue.loader import load_company
    from bizops_pipeline.cli.terminal import print_availability
    from bizops_pipeline.metrics.availability import STATES, availability

    if state is not None and state not in STATES:
        raise UsageError(f"--only {state!r} is not a state of a KPI; it is one of {', '.join(STATES)}")
    found = availability(load_company(company_folder(company, os.environ), None))
    shown = [each for each in found if state in (None, each.state)]
    if as_json:
        print_json(
            [
                {
                    "kpi_id": each.kpi.id,
                    "label": each.kpi.label,
                    "value_domain": each.kpi.value_domain,
                    "state": each.state,
                    "is_standard": each.is_standard,
                    "needs": each.needs,
                    "missing": each.missing,
                }
                for each in shown
            ]
        )
        return
    print_availability(shown, Counter(each.state for each in found))


@app.command()
def status(company: CompanyOption = None, state: StateOption = None, as_json: JsonOption = False) -> None:
    """Show the scorecard: freshness, last run, quality, KPIs and OKRs against their targets."""
    from bizops_pipeline.answers.scorecard import read_scorecard
    from bizops_pipeline.cli.scorecard import print_scorecard
    from bizops_pipeline.publish.last_run import read_last_run

    paths = state_of(company_folder(company, os.environ), state)
    card = read_scorecard(published(paths))
    last = read_last_run(paths.root)
    if as_json:
        print_json({**fields(card), "last_refresh": fields(last) if last else None})
        return
    print_scorecard(card, last)


@app.command()
def okr(
    company: CompanyOption = None,
    objective: Annotated[
        str | None, typer.Option("--objective", help="Show one objective and what is below it.", metavar="ID")
    ] = None,
    ids: Annotated[
        bool, typer.Option("--ids", help="Name objectives and key results by id, as `bizops explain okr` wants them.")
    ] = False,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the tree of objectives: progress against pace, forecast, status, source, and what people report."""
    from bizops_pipeline.answers.goals import read_goals
    from bizops_pipeline.answers.scorecard import read_publication
    from bizops_pipeline.cli.okr import print_goals

    paths = state_of(company_folder(company, os.environ), state)
    database = published(paths)
    found = read_goals(database, objective)
    if as_json:
        print_json([fields(each) for each in found])
        return
    print_goals(found, read_publication(database), ids=ids)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help='For example: "select * from marts.kpi_latest".')],
    company: CompanyOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV; cells that a spreadsheet would run are escaped.")
    ] = False,
) -> None:
    """Query the published tables, read-only."""
    from bizops_pipeline.answers.reading import print_csv, query_published
    from bizops_pipeline.cli.terminal import print_rows

    paths = state_of(company_folder(company, os.environ), state)
    names, rows = query_published(published(paths), query)
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    elif as_csv:
        print_csv(names, rows, sys.stdout)
    else:
        print_rows(names, rows)


def _require_date(text: str) -> None:
    from datetime import date

    try:
        date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of {text!r} is not a date; write it as YYYY-MM-DD, for example 2026-09-30") from None


@contextmanager
def _progress(*, quiet: bool) -> Iterator[None]:
    """Show the pipeline's log lines on standard error while work goes on."""
    logger = logging.getLogger("bizops_pipeline")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s  %(message)s", datefmt="%H:%M:%S"))
    handler.setLevel(logging.WARNING if quiet else logging.INFO)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _tell(outcome: Outcome, before: Path | None, standing: Path | None) -> None:
    """Say how a refresh ended, and which publication readers have since."""
    for warning in outcome.warnings:
        _say(f"warning  {warning}")
    if outcome.succeeded:
        typer.echo(f"Published {standing}")
        return
    for failure in outcome.failures:
        _say(f"failed  {failure.step}: {failure.message}")
    if standing and standing != before:
        _say(f"{standing.name} was published before that and stands.")
    else:
        _say("Nothing was published" + (f"; readers keep {standing.name}." if standing else "."))


def _say(text: str) -> None:
    # A log that is full or closed must not change how a refresh ends: the exit code tells what was published.
    with suppress(OSError):
        typer.echo(text, err=True)
