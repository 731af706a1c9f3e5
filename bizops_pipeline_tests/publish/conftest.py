"""Warehouses that are ready to be published, or nearly so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline_tests.publish.world import company, fill, finish, run, warehouse, write_definitions


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a warehouse that is ready to be published by its first refresh."""
    folder = tmp_path_factory.mktemp("finished")
    engine = DuckDBEngine.open(folder / "warehouse.duckdb")
    write_definitions(engine)
    fill(engine)
    finish(engine, company(), run(1))
    engine.close()
    return folder


@pytest.fixture
def engine(finished: Path, tmp_path: Path) -> Iterator[DuckDBEngine]:
    """A warehouse of the test's own in which the first refresh did everything but publish."""
    shutil.copy(finished / "warehouse.duckdb", tmp_path)
    found = DuckDBEngine.open(tmp_path / "warehouse.duckdb", allowed=[tmp_path])
    yield found
    found.close()


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[DuckDBEngine]:
    """A warehouse in which no refresh has done anything after the KPIs."""
    found = warehouse(tmp_path)
    fill(found)
    yield found
    found.close()
