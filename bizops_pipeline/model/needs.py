"""Which entities a company must bring before a table of the model has rows, and which it brings."""

from __future__ import annotations

from functools import cache

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.model import ai_definitions
from bizops_pipeline.model.declaration import Model
from bizops_pipeline.model.domains import MODELS
from bizops_pipeline.naming import CORE, STAGING


@cache
def entities_needed(table_name: str) -> frozenset[str]:
    """Return the entities of which one must be there for a table of `core` to have rows; empty: it needs none.

    A table with the key of an entity it reads is made of that entity; any other of those it reads adds columns.
    A table with a key of its own has rows when one of its inputs has; what its model says it is `driven_by` goes
    before both.
    """
    model = next((each for each in MODELS if each.name == table_name), None)
    if model is None:
        return frozenset()
    if model.driven_by:
        return frozenset(model.driven_by)
    same_key = {table.name for table in model.inputs if table.schema == STAGING and table.key == model.table.key}
    return frozenset(same_key) or _of_inputs(model)


def brought(company: Company) -> frozenset[str]:
    """Return what sources feed or the catalogue declares: entities by name, and their columns as `entity.column`."""
    found = set[str]()
    for table in company.source_tables:
        for name, entity in table.entities.items():
            found |= {name, *(f"{name}.{column}" for column in entity.map)}
    for name in declared(company):
        found |= {name, *(f"{name}.{column}" for column in ENTITIES[name].column_names)}
    return frozenset(found)


def declared(company: Company) -> list[str]:
    """Return the entities of which the catalogue itself has records."""
    assessed = any(practice.assessments for practice in company.practices)
    return [*ai_definitions.entities_defined(company), *(["assessment"] if assessed else [])]


def _of_inputs(model: Model) -> frozenset[str]:
    entities = {table.name for table in model.inputs if table.schema == STAGING}
    upstream = [table.name for table in model.inputs if table.schema == CORE and table.name.startswith("fct_")]
    return frozenset(entities).union(*(entities_needed(name) for name in upstream))
