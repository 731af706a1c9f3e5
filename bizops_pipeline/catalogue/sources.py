"""From a source's definition to its tables: what the tables share is handed down, defaults are filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bizops_pipeline.catalogue.documents import NodePath
from bizops_pipeline.catalogue.models import (
    CompanySettings,
    Connector,
    EntityMap,
    SourceDefinition,
    SourceTable,
    SourceTableDefinition,
)
from bizops_pipeline.catalogue.validation import Located, validate
from bizops_pipeline.errors import Problem

_HANDED_DOWN = ("cadence", "load", "time_zone", "floor", "allow_empty", "required", "begins", "threshold")


def merged(base: Any, over: Any) -> Any:
    """Return `base` overridden by `over`: mappings key by key, everything else as a whole."""
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        result = dict(base)
        for key, value in over.items():
            result[key] = merged(base[key], value) if key in base else value
        return result
    return over


def source_tables(
    source: Located[SourceDefinition], settings: CompanySettings | None, problems: list[Problem]
) -> list[Located[SourceTable]]:
    """Return the tables of a source; a source without `tables` is its own single table.

    Without settings (bizops.yaml could not be read) the defaults of a company hold.
    """
    definition, settings = source.value, settings or CompanySettings(id="unknown", name="")
    if not definition.tables:
        table = _source_table(source, definition.source, definition, (), settings, problems)
        return [table] if table else []
    if definition.entities:
        problems.append(
            source.problem(
                "entities",
                found="`entities` beside `tables`",
                expected="the entities below the table they are read from",
                at="key",
            )
        )
    tables = []
    for name, own in definition.tables.items():
        table = _source_table(source, name, _inherited(definition, own), ("tables", name), settings, problems)
        if table:
            tables.append(table)
    return tables


def _inherited(source: SourceDefinition, table: SourceTableDefinition) -> SourceTableDefinition:
    handed_down: dict[str, Any] = {
        name: getattr(source, name)
        for name in _HANDED_DOWN
        if name in source.model_fields_set and name not in table.model_fields_set
    }
    return table.model_copy(
        update={
            **handed_down,
            "connector": merged(source.connector, table.connector),
            "drop_columns": _union(source.drop_columns, table.drop_columns),
            "hash_columns": _union(source.hash_columns, table.hash_columns),
            "keep_columns": _union(source.keep_columns, table.keep_columns),
        }
    )


def _source_table(
    source: Located[SourceDefinition],
    name: str,
    table: SourceTableDefinition,
    path: NodePath,
    settings: CompanySettings,
    problems: list[Problem],
) -> Located[SourceTable] | None:
    if not table.connector:
        problems.append(
            source.problem(
                *path, found="`connector` is missing", expected="`connector: {kind: files, path: ...}`", at="key"
            )
        )
        return None
    places = [(*source.path, *path, "connector"), (*source.path, "connector")]
    connector = validate(Connector, table.connector, source.document, places, problems)
    if connector is None:
        return None
    entities = table.entities.values()
    floors = [floor for floor in (table.floor, *(entity.floor for entity in entities)) if floor is not None]
    resolved = SourceTable(
        source=source.value.source,
        name=name,
        description=source.value.description,
        connector=connector,
        cadence=table.cadence or "daily",
        load=table.load,
        entities={
            key: _with_zone(entity, table.time_zone or settings.time_zone) for key, entity in table.entities.items()
        },
        drop_columns=_union(table.drop_columns, *(entity.drop_columns for entity in entities)),
        hash_columns=_union(table.hash_columns, *(entity.hash_columns for entity in entities)),
        keep_columns=table.keep_columns,
        personal_columns=settings.privacy.personal_columns,
        floor=max(floors, default=None),
        allow_empty=table.allow_empty,
        required=table.required,
        begins=table.begins or settings.begins,
        threshold=table.threshold,
        file=source.document.file,
    )
    return Located(resolved, source.document, (*source.path, *path))


def _with_zone(entity: EntityMap, zone: str) -> EntityMap:
    return entity if entity.time_zone else entity.model_copy(update={"time_zone": zone})


def _union(*lists: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in lists for name in names))
