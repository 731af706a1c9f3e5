"""The place of the REST connector: it refuses until paging, authentication and rate limits are there."""

from __future__ import annotations

from bizops_pipeline.landing.store import Landed
from bizops_pipeline.sources.connector import Request


def extract_rest(request: Request) -> list[Landed]:
    """Raise SourceError: a REST source cannot be read yet."""
    raise request.error(
        "REST sources are not available yet. Export the endpoint to CSV or JSON lines and declare "
        "`connector: {kind: files, path: ...}`."
    )
