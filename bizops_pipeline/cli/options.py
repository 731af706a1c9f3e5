"""What every command shares: its usual options, where the publication lies, and JSON for programs."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from bizops_pipeline.catalogue.identity import declared_id
from bizops_pipeline.errors import UsageError
from bizops_pipeline.publish.last_run import read_last_run
from bizops_pipeline.settings import StatePaths, state_paths

CompanyOption = Annotated[
    Path | None,
    typer.Option(
        "--company",
        "-c",
        help="Folder of the company. Default: $BIZOPS_COMPANY, else data/retailer.",
        metavar="DIR",
    ),
]
StateOption = Annotated[
    Path | None,
    typer.Option("--state", help="Folder for warehouse and publications. Default: DIR/.bizops.", metavar="DIR"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


def state_of(company: Path, given: Path | None) -> StatePaths:
    """Return where a company's state lies; raises UsageError when what lies there is another company's."""
    paths = state_paths(company, given, os.environ)
    company_id = declared_id(company)
    if company_id is not None:
        paths.refuse_other(company_id)
    return paths


def current(paths: StatePaths) -> Path | None:
    """Return the folder of the current publication, None before the first."""
    link = paths.published / "current"
    return link.resolve() if link.exists() else None


def published(paths: StatePaths) -> Path:
    """Return the published database; raises UsageError before the first publication, with how the last run ended."""
    folder = current(paths)
    if folder is not None:
        return folder / "bizops.duckdb"
    last = read_last_run(paths.root)
    if last is None:
        remedy = "run `bizops refresh` with the same --company and --state first"
    else:
        told = "".join(f"\n  {reason}" for reason in last.reasons)
        remedy = f"the refresh of {last.finished_at} UTC failed:{told}\nCorrect that and refresh again."
    raise UsageError(f"nothing is published in {paths.published} yet; {remedy}")


def fields(value: Any) -> Any:
    """Return a dataclass as what JSON can say."""
    return asdict(value)


def print_json(value: Any) -> None:
    """Print one JSON document; what it has no type for is text, decimals without an exponent."""
    typer.echo(json.dumps(value, default=_text, indent=2))


def _text(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
