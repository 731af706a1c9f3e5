"""What Great Expectations offers: the names of its expectations and the arguments of each.

They are read from the JSON Schemas that the library ships, in milliseconds; importing it takes seconds, and checking a
catalogue runs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_SCHEMAS = Path("expectations", "core", "schemas")
_OURS = {"id", "meta", "metadata", "severity", "description", "notes", "result_format", "catch_exceptions"}
_OF_CLOUD = {"batch_id", "windows", "rendered_content", "library_metadata"}
"""Arguments that the pipeline gives itself, and those of the library's own service."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments that an expectation takes, and those of them that it needs."""

    known: frozenset[str]
    required: frozenset[str]


@cache
def expectation_types() -> Mapping[str, Path]:
    """Return the schema of every expectation by its name; nothing where the library comes without them."""
    found = find_spec("great_expectations")
    places = found.submodule_search_locations if found else None
    index = Path(next(iter(places or [""])), _SCHEMAS, "index.json")
    if not index.is_file():
        return {}
    listed = json.loads(index.read_text(encoding="utf-8"))["expectations"]
    return {name: index.parent / about["schema_file"] for name, about in listed.items()}


@cache
def arguments_of(expectation: str) -> Arguments:
    """Return the arguments of one of the `expectation_types`."""
    schema = json.loads(expectation_types()[expectation].read_text(encoding="utf-8"))
    return Arguments(frozenset(schema["properties"]) - _OURS - _OF_CLOUD, frozenset(schema.get("required", ())))
