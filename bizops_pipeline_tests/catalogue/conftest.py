"""A company made of a few texts, and the faults that loading it finds."""

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bizops_pipeline.catalogue.loader import load_company
from bizops_pipeline.errors import CatalogueError, Problem

SETTINGS = "id: shop\nname: Shop\ntime_zone: Europe/Lisbon\n"

Files = Mapping[str, str]
WriteCompany = Callable[..., Path]
FindProblems = Callable[..., list[Problem]]


@pytest.fixture
def write_files(tmp_path: Path) -> WriteCompany:
    """Return a function that writes a company's files, with a valid bizops.yaml unless one is given."""

    def write(files: Files) -> Path:
        root = tmp_path / "company"
        for name, content in {"bizops.yaml": SETTINGS, **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(content), encoding="utf-8")
        return root

    return write


@pytest.fixture
def problems_of(write_files: WriteCompany) -> FindProblems:
    """Return a function that gives the problems of a company's files."""

    def problems(files: Files, environment: Mapping[str, str] | None = None) -> list[Problem]:
        root = write_files(files)
        try:
            load_company(root, environment or {})
        except CatalogueError as error:
            return error.problems
        return []

    return problems
