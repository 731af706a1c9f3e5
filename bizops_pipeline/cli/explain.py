"""`bizops explain ...`: where a number comes from, down to rows and files, and what a row counts in."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Annotated

import typer

from bizops_pipeline.cli.options import CompanyOption, JsonOption, StateOption, fields, print_json, published, state_of
from bizops_pipeline.errors import UsageError, WarehouseBusy
from bizops_pipeline.settings import company_folder

EXAMPLES = {"--scope": "service=web_shop", "--by": "channel=web"}

app = typer.Typer(
    name="explain",
    help="Show where a number comes from, down to rows and files, and what a row counts in.",
    no_args_is_help=True,
)


@app.command()
def kpi(
    kpi_id: Annotated[str, typer.Argument(metavar="ID", help="KPI, for example net_revenue.")],
    scope: Annotated[
        str | None,
        typer.Option("--scope", help="Whose value, for example value_stream=order_to_cash.", metavar="SCOPE=MEMBER"),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help="A dimension, for example channel=web; repeatable.", metavar="NAME=VALUE"),
    ] = None,
    grain: Annotated[
        str | None,
        typer.Option("--grain", help="day, week, month, quarter, year or all. Default: the one on the scorecard."),
    ] = None,
    period: Annotated[
        str | None,
        typer.Option(
            "--period", help="2026, 2026-Q3, 2026-09, 2026-W36 or a day. Default: the latest complete period."
        ),
    ] = None,
    company: CompanyOption = None,
    state: StateOption = None,
    sql: Annotated[bool, typer.Option("--sql", help="Print the queries by which it was computed once more.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Explain a KPI's value: parts, formula, rows, files and checks behind it, and why it is NULL when it is."""
    from bizops_pipeline.answers.evidence import evidence
    from bizops_pipeline.answers.explanation import Asked, explain_value
    from bizops_pipeline.answers.inspection import inspected
    from bizops_pipeline.catalogue.loader import load_company
    from bizops_pipeline.cli.explained import print_explanation

    folder = company_folder(company, os.environ)
    paths = state_of(folder, state)
    found = load_company(folder, None)
    whose = next(iter(_pairs("--scope", [scope] if scope else [])), None)
    asked = Asked(kpi_id, whose, tuple(_pairs("--by", by or [])), grain, period)
    database = published(paths)
    explained = explain_value(database, found, asked)
    behind, missing = None, None
    try:
        with inspected(paths) as engine:
            behind = evidence(engine, found, explained)
    except (WarehouseBusy, UsageError) as reason:
        missing = str(reason)
    if as_json:
        told = fields(behind) if behind else None
        print_json({**fields(explained), "evidence": told, "evidence_missing": missing})
        return
    print_explanation(explained, behind, missing, sql=sql)


@app.command()
def okr(
    id: Annotated[str, typer.Argument(metavar="ID", help="Objective or key result.")],
    company: CompanyOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain an objective: key results, the KPI values that measure them, and the rows and files behind these."""
    from bizops_pipeline.answers.chain import explain_objective, with_evidence
    from bizops_pipeline.answers.inspection import inspected
    from bizops_pipeline.catalogue.loader import load_company
    from bizops_pipeline.cli.chain import print_chain

    folder = company_folder(company, os.environ)
    paths = state_of(folder, state)
    found = load_company(folder, None)
    database = published(paths)
    chain = explain_objective(database, found, id)
    missing = None
    try:
        with inspected(paths) as engine:
            chain = with_evidence(engine, found, chain)
    except (WarehouseBusy, UsageError) as reason:
        missing = str(reason)
    if as_json:
        print_json({**fields(chain), "evidence_missing": missing})
        return
    print_chain(chain, missing)


@app.command()
def row(
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help="Entity (incident), fact (fct_incident) or raw table (raw.itsm).")
    ],
    key: Annotated[str, typer.Argument(metavar="KEY", help="Key of the row.")],
    company: CompanyOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain where a row counts: file, entity, fact, service, value streams, KPIs, key results and objectives."""
    from bizops_pipeline.answers.inspection import inspected
    from bizops_pipeline.answers.trail import explain_row
    from bizops_pipeline.catalogue.loader import load_company
    from bizops_pipeline.cli.chain import print_trail

    folder = company_folder(company, os.environ)
    paths = state_of(folder, state)
    found = load_company(folder, None)
    with inspected(paths) as engine:
        trail = explain_row(engine, found, table, key)
    if as_json:
        print_json(fields(trail))
        return
    print_trail(trail)


def _pairs(option: str, texts: Iterable[str]) -> list[tuple[str, str]]:
    pairs = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise UsageError(f"{option} {text!r} is not NAME=VALUE; for example {option} {EXAMPLES[option]}")
        pairs.append((name, value))
    return pairs
