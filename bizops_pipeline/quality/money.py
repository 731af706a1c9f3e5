"""Whether facts keep the money of staging: for every amount that a contract says is conserved, sums per currency."""

from __future__ import annotations

from functools import partial

from bizops_pipeline.contracts.core import FACTS
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Column, Conserved, Table
from bizops_pipeline.naming import literal, quoted
from bizops_pipeline.quality.checks import CheckResult, attempt, judged
from bizops_pipeline.warehouse.engine import Engine

AMOUNTS: dict[str, tuple[Table, Column, Conserved]] = {
    f"money:{fact.name}.{column.name}": (fact, column, column.conserves)
    for fact in FACTS
    for column in fact.columns
    if column.conserves
}
"""The amounts that facts keep, by the id of their check."""
CHECKS: dict[str, str] = {check_id: fact.id for check_id, (fact, _, _) in AMOUNTS.items()}
"""The table of each check; a refresh without one of them is not published."""


def reconcile(engine: Engine, reporting_currency: str) -> list[CheckResult]:
    """Return for every conserved amount whether staging and fact have the same sum in each currency."""
    return [
        attempt(check_id, fact.id, "blocking", partial(_compared, engine, check_id, reporting_currency))
        for check_id, (fact, _, _) in AMOUNTS.items()
    ]


def _compared(engine: Engine, check_id: str, reporting_currency: str) -> CheckResult:
    fact, column, conserved = AMOUNTS[check_id]
    amount = quoted(column.name)
    totals = engine.rows(
        "select currency, sum(staged), sum(modelled) from ("
        f"select currency, sum(amount) as staged, 0 as modelled from ({_staged(conserved, reporting_currency)}) "
        "as source group by currency "
        f"union all select currency, 0, sum({amount}) from {fact.qualified} where {amount} is not null "
        "group by currency"
        ") as amounts group by currency order by currency"
    )
    differing = [
        {"currency": currency, "staging": before, "facts": after}
        for currency, before, after in totals
        if before != after
    ]
    return judged(
        check_id,
        fact.id,
        "blocking",
        not differing,
        observed="; ".join(f"{currency} {before} in staging, {after} in facts" for currency, before, after in totals),
        expected=f"the same sum of {conserved.amount} in staging and in facts, per currency",
        sample=differing,
    )


def _staged(conserved: Conserved, reporting_currency: str) -> str:
    """Return the query of the amounts of staging with their currency."""
    entity, _, column = conserved.amount.partition(".")
    key = quoted(conserved.by)
    found, joins = [], []
    for index, place in enumerate(conserved.currency):
        schema, _, table = place.rpartition(".")
        if not schema:
            found.append(f"staged.{quoted(place)}")
            continue
        found.append(f"other_{index}.currency")
        joins.append(
            f"left join (select {key}, min(currency) as currency from {schema}.{quoted(table)} group by {key}) "
            f"as other_{index} on other_{index}.{key} = staged.{key} "
        )
    return (
        f"select coalesce({', '.join(found)}, {literal(reporting_currency)}) as currency, "
        f"staged.{quoted(column)} as amount from {ENTITIES[entity].qualified} as staged {''.join(joins)}"
        f"where staged.{quoted(column)} is not null and ({conserved.only})"
    )
