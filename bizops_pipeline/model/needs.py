"""Which entities a company must bring before a table of the model has rows, which it brings, and what they feed."""

from __future__ import annotations

from functools import cache

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.core import DIMENSIONS
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.model import ai_definitions
from bizops_pipeline.model.declaration import Model
from bizops_pipeline.model.domains import MODELS
from bizops_pipeline.model.registry import in_build_order
from bizops_pipeline.naming import CORE, STAGING
from bizops_pipeline.quality.balance import tables_of


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


def mapped(company: Company) -> list[str]:
    """Return the entities that some source of the company is mapped to."""
    return [name for name in ENTITIES if tables_of(company, name)]


def fed_models(company: Company) -> list[Model]:
    """Return the models with at least one staging input of their own or upstream that a source or the catalogue feeds.

    A dimension feeds dimensions only: exchange rates alone give no cost and no revenue. A fact whose rows come from a
    dimension says by which entity it is driven.
    """
    fed = {f"{STAGING}.{name}" for name in (*mapped(company), *declared(company))}
    fed_dimensions: set[str] = set()
    models = []
    for model in in_build_order():
        is_dimension = model.table in DIMENSIONS
        sources = {table.id for table in model.inputs} | {f"{STAGING}.{name}" for name in model.driven_by}
        if sources & (fed | fed_dimensions if is_dimension else fed):
            models.append(model)
            (fed_dimensions if is_dimension else fed).add(model.table.id)
    return models


def declared(company: Company) -> list[str]:
    """Return the entities of which the catalogue itself has records."""
    assessed = any(practice.assessments for practice in company.practices)
    return [*ai_definitions.entities_defined(company), *(["assessment"] if assessed else [])]


def _of_inputs(model: Model) -> frozenset[str]:
    entities = {table.name for table in model.inputs if table.schema == STAGING}
    upstream = [table.name for table in model.inputs if table.schema == CORE and table.name.startswith("fct_")]
    return frozenset(entities).union(*(entities_needed(name) for name in upstream))
