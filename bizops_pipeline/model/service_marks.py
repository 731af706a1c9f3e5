"""By which paths, labels, jobs and tags the catalogue knows the items of a service, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bizops_pipeline.catalogue.models import Service
from bizops_pipeline.contracts.core.allocation import DIM_SERVICE_MARK
from bizops_pipeline.contracts.table import Table

KINDS = {"path": "paths", "label": "labels", "job": "jobs", "tag": "tags"}
"""Kinds of marks, and the key of `match` that lists them."""


def service_mark_rows(services: Sequence[Service]) -> dict[Table, Sequence[Mapping[str, Any]]]:
    """Return the rows of `dim_service_mark`; a pattern ended by `*` is the beginning of a mark."""
    marks = [
        (service.id, kind, pattern)
        for service in services
        for kind, key in KINDS.items()
        for pattern in dict.fromkeys(getattr(service.match, key))
    ]
    rows = [
        {
            "service_id": service,
            "kind": kind,
            "pattern": pattern.removesuffix("*"),
            "is_beginning": pattern.endswith("*"),
        }
        for service, kind, pattern in marks
    ]
    return {DIM_SERVICE_MARK: rows}
