"""The queries of this package: each a file of `sql/`, for an as-of date, kept as a temporary table for the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from bizops_pipeline.queries import query_file
from bizops_pipeline.warehouse.engine import Engine


def query(name: str, as_of: date) -> str:
    """Return the query of a step for an as-of date, to run or to show."""
    return query_file(__package__, name, as_of)


@contextmanager
def kept(engine: Engine, steps: Mapping[str, str]) -> Iterator[None]:
    """Keep the rows of queries as temporary tables of their names, made in order, while the body runs."""
    for name, text in steps.items():
        engine.execute(f"create or replace temp table {name} as {text}")
    yield
    for name in steps:
        engine.execute(f"drop table {name}")
