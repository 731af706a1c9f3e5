"""Queries that stand in files: `sql/<name>.sql` of a package, with the as-of date put in where they ask for it."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

from bizops_pipeline.naming import date_literal


def query_file(package: str | None, name: str, as_of: date | None = None) -> str:
    """Return the query of a package's file, its `$as_of` replaced by a date where one is given."""
    text = files(str(package)).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    return text if as_of is None else text.replace("$as_of", date_literal(as_of))
