"""What an objective stands on: its key results, their KPI values with parts, and the records and files of these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bizops_pipeline.answers.evidence import FactRecords, facts_behind
from bizops_pipeline.answers.explanation import Asked, Explanation, explain_value
from bizops_pipeline.answers.goals import NO_OBJECTIVES, KeyResultLine, ObjectiveNode, read_goals
from bizops_pipeline.answers.reading import read_only
from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.catalogue.suggestion import suggestion
from bizops_pipeline.contracts.staging.steering import CHECKIN
from bizops_pipeline.contracts.vocabulary import dimensions_of, scope_of
from bizops_pipeline.errors import UsageError
from bizops_pipeline.naming import RAW, quoted, raw_table
from bizops_pipeline.okr.tree import Tree
from bizops_pipeline.warehouse.engine import Engine


@dataclass(frozen=True, slots=True)
class CheckinRow:
    """A check-in with the row that it came in."""

    checked_in_at: Any
    value: Any
    source: str
    file: str
    row: int


@dataclass(frozen=True, slots=True)
class KeyResultChain:
    """A key result, what it is measured by, and the records behind that; `checkins` of one that people report."""

    line: KeyResultLine
    supported_by: tuple[str, ...]
    explained: Explanation | None
    facts: tuple[FactRecords, ...] = ()
    checkins: tuple[CheckinRow, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectiveChain:
    """An objective with those above it, from the nearest up, and the chains of its key results."""

    objective: ObjectiveNode
    above: tuple[str, ...]
    key_results: tuple[KeyResultChain, ...]


def explain_objective(database: Path, company: Company, id: str) -> ObjectiveChain:
    """Return what a publication says of an objective, or of the one key result of that id, down to KPI values.

    Raises UsageError when there is neither.
    """
    tree = Tree(company)
    owner = tree.key_results.get(id)
    if owner is None and id not in tree.objectives:
        known = [*tree.objectives, *tree.key_results]
        objectives = f"the objectives are {', '.join(tree.objectives)}" if tree.objectives else NO_OBJECTIVES
        raise UsageError(f"there is no objective or key result `{id}`; {suggestion(id, known, objectives)}")
    objective_id = owner[0].id if owner else id
    node = read_goals(database, objective_id)[0]
    wanted = [line for line in node.key_results if owner is None or line.key_result_id == id]
    if owner and not wanted:
        raise UsageError(
            f"key result `{id}` is newer than what is published (as of {node.as_of}); run `bizops refresh`"
        )
    chains = tuple(
        KeyResultChain(line, tuple(_supporters(tree, line.key_result_id)), _explained(database, company, line))
        for line in wanted
    )
    return ObjectiveChain(node, tuple(each.id for each in tree.above(objective_id)[1:]), chains)


def with_evidence(engine: Engine, company: Company, chain: ObjectiveChain) -> ObjectiveChain:
    """Return a chain with the records, rows and files behind it; the engine is a warehouse nobody writes to."""
    key_results = tuple(
        KeyResultChain(
            each.line,
            each.supported_by,
            each.explained,
            facts_behind(engine, company, each.explained, samples=1) if each.explained else (),
            tuple(_checkins(engine, each.line.key_result_id)) if each.line.source == "reported" else (),
        )
        for each in chain.key_results
    )
    return ObjectiveChain(chain.objective, chain.above, key_results)


def _supporters(tree: Tree, id: str) -> Iterator[str]:
    return (other for other, (_, result) in tree.key_results.items() if result.supports == id)


def _explained(database: Path, company: Company, line: KeyResultLine) -> Explanation | None:
    """Return the KPI value that is a key result's current one, None where a person reports it or nothing is known."""
    _, result = Tree(company).key_results[line.key_result_id]
    if line.source != "measured" or result.kpi is None or line.data_on is None:
        return None
    scope, dimensions = scope_of(result.where), tuple(dimensions_of(result.where).items())
    period = _period_start(database, result.kpi, result.grain, line.data_on)
    return explain_value(database, company, Asked(result.kpi, scope, dimensions, result.grain, period))


def _period_start(database: Path, kpi: str, grain: str, on: date) -> str | None:
    """Return the first day of the period of a value that became known on a day; None of a value to date."""
    if grain == "all":
        return None
    engine = read_only(database)
    try:
        query = "select min(period_start) from marts.kpi_value where kpi_id = ? and grain = ? and period_end = ?"
        start = engine.scalar(query, (kpi, grain, on))
    finally:
        engine.close()
    return str(start) if start else None


def _checkins(engine: Engine, key_result_id: str) -> Iterator[CheckinRow]:
    """Yield the check-ins of a key result, the latest first, each with its row in a source."""
    if not engine.exists(CHECKIN.schema, CHECKIN.name):
        return
    found = engine.dicts(
        f"select checked_in_at, value, _source, _source_table, _row_key from {CHECKIN.qualified} "
        "where key_result_id = ? order by checked_in_at desc, checkin_id desc",
        (key_result_id,),
    )
    for row in found:
        table = f"{RAW}.{quoted(raw_table(row['_source'], row['_source_table']))}"
        for file, number in engine.rows(f"select _file, _row from {table} where _row_key = ?", (row["_row_key"],)):
            yield CheckinRow(row["checked_in_at"], row["value"], row["_source"], file, number)
