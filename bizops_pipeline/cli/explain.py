"""`bizops explain ...`: where a number comes from, down to rows and files, and what a row counts in."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="explain",
    help="Show where a number comes from, down to rows and files, and what a row counts in.",
    no_args_is_help=True,
)
