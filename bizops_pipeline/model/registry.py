"""All models by name and in the order of building, which follows from what their queries read."""

from __future__ import annotations

from functools import cache
from graphlib import TopologicalSorter

from bizops_pipeline.contracts.core import CORE_TABLES
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.model.declaration import Model
from bizops_pipeline.model.domains import MODELS


def model(name: str) -> Model:
    """Return a model by the name of its table; raises KeyError when there is none."""
    for found in MODELS:
        if found.name == name:
            return found
    raise KeyError(f"no model builds {name}; known: {', '.join(sorted(each.name for each in MODELS))}")


@cache
def in_build_order() -> tuple[Model, ...]:
    """Return the models so that each comes after those it reads."""
    by_id = {each.table.id: each for each in MODELS}
    graph = {each.table.id: [table.id for table in each.inputs if table.id in by_id] for each in MODELS}
    return tuple(by_id[id] for id in TopologicalSorter(graph).static_order())


def defined_tables() -> list[Table]:
    """Return the tables of the model that are written from the catalogue alone."""
    built = {model.table.id for model in MODELS}
    return [table for table in CORE_TABLES.values() if table.id not in built]
