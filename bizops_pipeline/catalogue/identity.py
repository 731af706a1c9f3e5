"""Which company a folder is, read without the rest of its catalogue."""

from __future__ import annotations

from pathlib import Path

from bizops_pipeline.catalogue.documents import read_document
from bizops_pipeline.errors import Problem

SETTINGS = "bizops.yaml"
"""The file by which a folder is a company."""


def declared_id(root: Path) -> str | None:
    """Return the id that a company's settings give, None where they cannot be read: who checks them says why."""
    problems: list[Problem] = []
    document = read_document(root, root / SETTINGS, problems)
    declared = document.value.get("id") if document and isinstance(document.value, dict) else None
    return declared if isinstance(declared, str) else None
