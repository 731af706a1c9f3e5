"""What KPIs say they need of sources besides the facts they read."""

from __future__ import annotations

from collections.abc import Iterator

from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.needs import alternatives
from bizops_pipeline.catalogue.suggestion import one_of
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.errors import Problem


def needs_exist(draft: Draft) -> Iterator[Problem]:
    """What a KPI needs are entities, or columns of entities."""
    for kpi in draft.kpis:
        for index, need in enumerate(kpi.value.needs):
            for name in alternatives(need):
                entity, _, column = name.partition(".")
                if entity not in ENTITIES:
                    found, expected = f"unknown entity `{entity}`", one_of(entity, ENTITIES, "one of the entities")
                elif "." in name and not ENTITIES[entity].has(column):
                    found = f"`{entity}` has no column `{column}`"
                    expected = one_of(column, ENTITIES[entity].column_names)
                else:
                    continue
                yield kpi.problem("needs", index, found=found, expected=expected)
