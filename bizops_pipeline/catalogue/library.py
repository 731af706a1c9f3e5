"""The standard KPIs that ship with the package: definitions that a company switches on, overrides or extends."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from bizops_pipeline.catalogue.documents import read_document
from bizops_pipeline.errors import CatalogueError, Problem

FOLDER = Path(__file__).with_name("library")


@cache
def library() -> dict[str, dict[str, Any]]:
    """Return the standard definitions by id, as they are written."""
    return {id: kpi for definitions in library_files().values() for id, kpi in definitions.items()}


@cache
def library_files() -> dict[str, dict[str, dict[str, Any]]]:
    """Return the standard definitions by the name of their file, which is their domain, and by id."""
    problems: list[Problem] = []
    documents = [read_document(FOLDER, path, problems) for path in sorted(FOLDER.glob("*.yaml"))]
    if problems:
        raise CatalogueError(problems)
    return {
        Path(document.file).stem: {kpi["id"]: kpi for kpi in document.value["kpis"]}
        for document in documents
        if document
    }
