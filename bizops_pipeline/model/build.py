"""Building one table of the model: nothing when nothing changed, the affected part when that can be told, else all.

Whichever way, the result is that of a full build, and only rows that differ are written. One transaction per
table holds the rows and the memory of what has been seen, so a kill in between loses and repeats nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from bizops_pipeline.catalogue.models import Company, CompanySettings, Organisation
from bizops_pipeline.contracts.audit import CONSUMED, ORIGIN
from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.errors import ContractError
from bizops_pipeline.failpoints import failpoint
from bizops_pipeline.model.declaration import Model, ValidOn, columns_mentioned
from bizops_pipeline.model.domains import MODELS
from bizops_pipeline.model.registry import in_build_order
from bizops_pipeline.model.registry import model as find_model
from bizops_pipeline.model.render import main_date, render, with_business_dates
from bizops_pipeline.naming import STAGING, fingerprint, quoted
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.changes import Restriction, Written
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

KEYS = "rebuild_keys"
Mode = Literal["skipped", "incremental", "full"]


@dataclass(frozen=True, slots=True)
class Window:
    """Business dates from the first to the last, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Built:
    """What building a table did: how, how many rows changed, and on which business dates."""

    mode: Mode
    written: Written
    window: Window | None


def build(engine: Engine, company: Company, table_name: str, run: Run, window: Window | None = None) -> Built:
    """Bring one table of the model up to date and say what changed.

    With `window` only rows of those business dates are computed anew and compared, whatever changed; the memory
    of what has been seen stays, so a windowed build repairs a part and never hides a change from the next build.
    Raises ContractError when the query does not return what the table's contract declares.
    """
    model = find_model(table_name)
    table = model.table
    with engine.transaction():
        prepare(engine, model)
        mark = model_fingerprint(engine, model, company, run.as_of)
        since = changes.seen(engine, table.id, mark)
        if since is None or run.full:
            # With the fingerprint of an earlier build the query is known to return what the contract declares.
            changes.check_returns_contract(engine, table, render(model, company, run.as_of))
        if window is not None:
            return _build_window(engine, model, company, run, window)
        if since is not None and not run.full:
            if not any(changes.has_changes(engine, each, since) for each in model.tracked_inputs):
                total = int(engine.scalar(f"select count(*) from {table.qualified}"))
                return Built("skipped", Written(0, 0, total), None)
            if model.rebuild_by:
                written = _rebuild_part(engine, model, company, run, since)
                changes.mark_seen(engine, table.id, mark, run)
                failpoint("modelled")
                return Built("incremental", written, _touched(engine, table, run, written))
        written = changes.replace(engine, table, _query(model, company, run), run)
        changes.mark_seen(engine, table.id, mark, run)
        failpoint("modelled")
        return Built("full", written, _touched(engine, table, run, written))


def is_left_empty(engine: Engine, model: Model) -> bool:
    """Create a table that nothing feeds, and tell whether it is empty: then there is nothing to build."""
    prepare(engine, model)
    return not engine.scalar(f"select 1 from {model.table.qualified} limit 1")


def build_all(engine: Engine, company: Company, run: Run) -> dict[str, Built]:
    """Build every table of the model in order; the definitions and the calendar are written before."""
    return {model.name: build(engine, company, model.name, run) for model in in_build_order()}


def prepare(engine: Engine, model: Model) -> None:
    """Create the model's table, and its inputs where no source feeds them yet."""
    there = engine.tables()
    missing = [table for table in (CONSUMED, *model.inputs) if table.id not in there]
    changes.ensure_all(
        engine,
        [(model.table, ()), *((table, ORIGIN if table.schema == STAGING else ()) for table in missing)],
    )


def prepare_all(engine: Engine, models: Iterable[Model]) -> None:
    """Create the tables of some models and their inputs, so that building them side by side makes none twice."""
    with engine.transaction():
        for model in models:
            prepare(engine, model)


def model_fingerprint(engine: Engine, model: Model, company: Company, as_of: date) -> str:
    """Return the hash of all that decides a model's rows besides the rows of its tracked inputs.

    That is its query with the settings it uses, the contracts of its table and inputs, the queries of the
    models it reads, and the parts it reads of tables that come from the catalogue.
    """
    contents = [_content(engine, model, table) for table in model.untracked_inputs]
    return fingerprint(_definition(model, company, as_of), *contents)


def verify() -> None:
    """Raise ContractError with every complaint unless each model returns its contract, tried on empty tables."""
    engine = DuckDBEngine.open()
    try:
        complaints = check_models(engine)
    finally:
        engine.close()
    if complaints:
        raise ContractError("\n".join(complaints))


def check_models(engine: Engine, models: tuple[Model, ...] = MODELS) -> list[str]:
    """Return what is wrong with the models' queries; creates the tables they read where they are missing."""
    complaints = []
    for model in models:
        try:
            prepare(engine, model)
            if model.rebuild_by:
                _write_keys(engine, "select 'none' as \"key\"")
            for keys in (None, KEYS) if model.rebuild_by else (None,):
                changes.check_returns_contract(engine, model.table, render(model, _EXAMPLE, date(2020, 1, 1), keys))
        except ContractError as error:
            complaints.append(str(error))
        except Exception as error:  # an engine's own error class; the message names the fault
            complaints.append(f"the query for {model.table.id} cannot be run: {error}")
    return complaints


_EXAMPLE = Company(
    root=Path("."),
    settings=CompanySettings(id="example", name="Example", time_zone="Europe/Berlin"),
    organisation=Organisation(),
    source_tables=(),
    kpis=(),
    objectives=(),
    suites=(),
    fingerprint="",
)


def _query(model: Model, company: Company, run: Run, keys: str | None = None) -> str:
    return with_business_dates(model.table, render(model, company, run.as_of, keys), company.settings.time_zone)


def _rebuild_part(engine: Engine, model: Model, company: Company, run: Run, since: int) -> Written:
    _write_keys(engine, _affected_keys(model, since))
    query = _query(model, company, run, KEYS)
    restriction = Restriction(str(model.rebuild_by), KEYS)
    written = changes.replace(engine, model.table, query, run, restriction=restriction)
    engine.execute(f"drop table {KEYS}")
    return written


def _build_window(engine: Engine, model: Model, company: Company, run: Run, window: Window) -> Built:
    day = main_date(model.table)
    if day is None:
        raise ContractError(f"{model.table.id} has no business date, so no part of it can be built by one")
    inside = f"between date '{window.first}' and date '{window.last}'"
    query = f"select * from ({_query(model, company, run)}) as dated where {quoted(day)} {inside}"
    engine.execute(
        f"create or replace temp table {KEYS} as "
        f'select distinct {quoted(day)} as "key" from {model.table.qualified} where {quoted(day)} {inside}'
    )
    written = changes.replace(engine, model.table, query, run, restriction=Restriction(day, KEYS))
    engine.execute(f"drop table {KEYS}")
    return Built("full", written, _touched(engine, model.table, run, written))


def _write_keys(engine: Engine, query: str) -> None:
    engine.execute(f'create or replace temp table {KEYS} as select distinct "key" from ({query}) as affected')


def _affected_keys(model: Model, since: int) -> str:
    """Return a query for the `rebuild_by` values of which some input changed after a sequence."""
    key = f'{quoted(str(model.rebuild_by))} as "key"'
    direct = [
        changes.changed_rows(table, key, since) for table in model.tracked_inputs if table.has(str(model.rebuild_by))
    ]
    return " union all ".join([*direct, *(_reached_keys(model, rule, since) for rule in model.valid_on)])


def _reached_keys(model: Model, rule: ValidOn, since: int) -> str:
    """Return a query for the keys of rows that a change in an input without the key may concern."""
    input_table = next(table for table in model.inputs if table.id == rule.input)
    match, key = quoted(rule.match), f'stored.{quoted(str(model.rebuild_by))} as "key"'
    if rule.day is None:
        changed = changes.changed_rows(input_table, match, since)
        return f"select {key} from {model.table.qualified} as stored where stored.{match} in ({changed})"
    day = quoted(rule.day)
    changed = changes.changed_rows(input_table, f"{match}, valid_from, valid_to", since)
    return (
        f"select {key} from {model.table.qualified} as stored "
        f"join (select {match}, min(valid_from) as first_day, max(valid_to) as end_day "
        f"from ({changed}) as change group by {match}) as changed on changed.{match} = stored.{match} "
        f"where stored.{day} >= changed.first_day and stored.{day} < changed.end_day"
    )


def _touched(engine: Engine, table: Table, run: Run, written: Written) -> Window | None:
    day = main_date(table)
    if day is None or not written.changed or not table.tracks_changes:
        return None
    rows = changes.changed_rows(table, quoted(day), run.sequence - 1)
    first, last = engine.rows(f"select min({quoted(day)}), max({quoted(day)}) from ({rows}) as change")[0]
    return Window(first, last) if first is not None else None


def _definition(model: Model, company: Company, as_of: date) -> str:
    contracts = [
        f"{table.id} " + ", ".join(f"{column.name} {column.type}" for column in table.columns)
        for table in (model.table, *model.inputs)
    ]
    query = with_business_dates(model.table, render(model, company, as_of), company.settings.time_zone)
    by_id = {each.table.id: each for each in MODELS}
    upstream = [_definition(by_id[table.id], company, as_of) for table in model.inputs if table.id in by_id]
    return fingerprint(query, *contracts, *upstream)


def _content(engine: Engine, model: Model, table: Table) -> str:
    if table == DIM_DATE:
        # Ten thousand days that every clock reads: what the calendar was last written for says all of it.
        written = engine.rows(f"select fingerprint from {CONSUMED.qualified} where consumer = ?", (table.id,))
        if written:
            return str(written[0][0])
    mentioned = columns_mentioned(model.sql)
    columns = ", ".join(quoted(name) for name in table.column_names if name in mentioned)
    return fingerprint(repr(engine.rows(f"select {columns} from {table.qualified} order by {columns}")))
