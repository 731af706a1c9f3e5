"""Sources: where they lead, what they need from the environment, and how they map to entities."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bizops_pipeline.catalogue import expressions, secrets
from bizops_pipeline.catalogue.checks.organisation import is_zone, zone_expected
from bizops_pipeline.catalogue.documents import NodePath
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.models import FilesConnector, Lookup, SourceTable, SqlConnector, ValueMap
from bizops_pipeline.catalogue.paths import leaves_company, sqlite_path
from bizops_pipeline.catalogue.suggestion import one_of
from bizops_pipeline.catalogue.validation import Located
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Column
from bizops_pipeline.errors import Problem
from bizops_pipeline.naming import UNALLOCATED

_KEEP = re.compile(r"latest_by\s+[^\s,].*")


def secrets_are_set(draft: Draft) -> Iterator[Problem]:
    """Every `${NAME}` of a connector or of the privacy settings can be read and, where one is given, is in the
    environment.
    """
    for source in draft.sources:
        yield from _secrets(draft, source, ("connector",), source.value.connector)
        for name, table in source.value.tables.items():
            yield from _secrets(draft, source, ("tables", name, "connector"), table.connector)
    if draft.settings and draft.settings.value.privacy.hash_key:
        yield from _secrets(draft, draft.settings, ("privacy", "hash_key"), draft.settings.value.privacy.hash_key)


def _secrets(draft: Draft, located: Located[Any], path: NodePath, value: Any) -> Iterator[Problem]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _secrets(draft, located, (*path, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _secrets(draft, located, (*path, index), item)
    elif isinstance(value, str):
        wrong = secrets.malformed(value)
        if wrong is not None:
            yield located.problem(
                *path,
                found=f"`{wrong}`",
                expected="`${NAME}`: letters, digits and underscores",
                offset=value.index("${"),
            )
        for name in dict.fromkeys(secrets.names(value)):
            if draft.environment is not None and not secrets.is_present(name, draft.environment):
                yield located.problem(
                    *path,
                    found=f"the environment does not set `{name}`",
                    expected=f"`{name}` in the environment of the refresh",
                    offset=value.index("${" + name),
                )


def paths_stay_inside(draft: Draft) -> Iterator[Problem]:
    """Files are inside the company's folder, or below a folder that the environment names."""
    for table in draft.tables:
        connector = table.value.connector
        texts: dict[str, str | None] = {}
        if isinstance(connector, FilesConnector):
            texts["path"] = connector.path
        elif isinstance(connector, SqlConnector):
            texts["restore_from"] = connector.restore_from
            texts["url"] = sqlite_path(connector.url)
        for key, text in texts.items():
            why = leaves_company(draft.root, text) if text else None
            if why:
                expected = "a path inside the company's folder, or one that starts with `${NAME}`"
                yield _connector_problem(table, key, found=f"the path `{text}` {why}", expected=expected)
        if isinstance(connector, SqlConnector) and connector.restore_from:
            database = sqlite_path(connector.url)
            is_there = bool(database) and (draft.root / str(database)).is_file()
            missing = not is_there and not (draft.root / connector.restore_from).is_file()
            if (
                missing
                and not secrets.names(connector.restore_from)
                and not leaves_company(draft.root, connector.restore_from)
            ):
                yield _connector_problem(
                    table, "restore_from", found=f"no file `{connector.restore_from}`", expected="an existing file"
                )


def connectors_are_complete(draft: Draft) -> Iterator[Problem]:
    """A database connector names a table or a query; presets and REST are not there yet."""
    for source in draft.sources:
        if source.value.preset:
            found = f"the preset `{source.value.preset}`"
            yield source.problem("preset", found=found, expected="no preset: there is none yet, so write the `map`")
    for table in draft.tables:
        connector = table.value.connector
        if isinstance(connector, SqlConnector) and (connector.table is None) == (connector.query is None):
            found = "both `table` and `query`" if connector.table else "neither `table` nor `query`"
            yield _connector_problem(
                table, "query" if connector.table else "", found=found, expected="one of `table` and `query`"
            )


def loads_have_keys(draft: Draft) -> Iterator[Problem]:
    """What is merged has a key, what is appended has none, and `keep` can be read."""
    for table in draft.tables:
        load = table.value.load
        if load.mode == "merge" and not load.key:
            yield _problem(table, "load", found="`mode: merge` without `key`", expected="`key: [column, ...]`")
        if load.mode == "append" and load.key:
            found = "a `key` with `mode: append`, where a row's key is its file and place"
            yield _problem(table, "load", "key", found=found, expected="`mode: merge`, or no `key`", at="key")
        if load.keep is not None and not _KEEP.fullmatch(load.keep):
            expected = "`latest_by <column>[, <column>]`"
            yield _problem(table, "load", "keep", found=f"`{load.keep}`", expected=expected)
        elif load.keep is not None and load.mode != "merge":
            found = f"`keep` with `mode: {load.mode}`, which knows no versions"
            yield _problem(table, "load", "keep", found=found, expected="`mode: merge`, or no `keep`", at="key")


def kept_columns_are_not_dropped(draft: Draft) -> Iterator[Problem]:
    """No column is both kept and dropped; names are compared without case, as loading does."""
    for table in draft.tables:
        dropped = {name.lower() for name in table.value.drop_columns}
        for column in (name for name in table.value.keep_columns if name.lower() in dropped):
            found = f"the column `{column}`, which `drop_columns` drops before loading"
            yield _problem(table, "keep_columns", found=found, expected="a column in one of both", at="key")


def zones_exist(draft: Draft) -> Iterator[Problem]:
    """Time zones of sources, tables and entities exist."""
    for source in draft.sources:
        definition = source.value
        places: list[tuple[NodePath, str | None]] = [(("time_zone",), definition.time_zone)]
        places += [(("entities", name, "time_zone"), e.time_zone) for name, e in definition.entities.items()]
        for table_name, table in definition.tables.items():
            places.append((("tables", table_name, "time_zone"), table.time_zone))
            for name, entity in table.entities.items():
                places.append((("tables", table_name, "entities", name, "time_zone"), entity.time_zone))
        for path, zone in places:
            if zone is not None and not is_zone(zone):
                yield source.problem(*path, found=f"the time zone `{zone}`", expected=zone_expected(zone))


def maps_fit_contracts(draft: Draft) -> Iterator[Problem]:
    """Mapped entities and columns exist, and what a contract requires is mapped."""
    for table in draft.tables:
        for name, entity in table.value.entities.items():
            contract = ENTITIES.get(name)
            if contract is None:
                expected = one_of(name, ENTITIES, "one of the entities")
                yield _problem(table, "entities", name, found=f"unknown entity `{name}`", expected=expected, at="key")
                continue
            mappable = {column.name for column in contract.model_columns}
            for column in entity.map:
                if column not in mappable:
                    found, expected = (
                        f"`{name}` has no column `{column}`",
                        one_of(column, mappable, "one of its columns"),
                    )
                    yield _problem(table, "entities", name, "map", column, found=found, expected=expected, at="key")
            missing = [c.name for c in contract.model_columns if c.required and c.name not in entity.map]
            if missing:
                listed = ", ".join(f"`{column}`" for column in missing)
                found = f"the map of `{name}` lacks {listed}"
                yield _problem(
                    table, "entities", name, "map", found=found, expected="a mapping of every required column", at="key"
                )


def maps_can_be_computed(draft: Draft) -> Iterator[Problem]:
    """Expressions of maps are allowed, read no dropped column, and give values that the contract allows."""
    for table in draft.tables:
        for name, entity in table.value.entities.items():
            contract = ENTITIES.get(name)
            for column, source in entity.map.items():
                path = ("entities", name, "map", column)
                if isinstance(source, str):
                    yield from _expression(table, path, source)
                    if contract is not None and contract.has(column):
                        yield from _constants(table, path, source, contract.column(column))
                elif isinstance(source, ValueMap | Lookup):
                    key = "from" if isinstance(source, ValueMap) else "by"
                    yield from _expression(
                        table, (*path, key), source.from_ if isinstance(source, ValueMap) else source.by
                    )
                if isinstance(source, ValueMap) and contract is not None and contract.has(column):
                    yield from _values(table, path, source, contract.column(column))
                if isinstance(source, Lookup) and source.otherwise not in (
                    "quarantine",
                    UNALLOCATED,
                    *draft.declared.services,
                ):
                    known = ["quarantine", UNALLOCATED, *draft.declared.services]
                    found, expected = f"unknown service `{source.otherwise}`", one_of(source.otherwise, known)
                    yield _problem(table, *path, "otherwise", found=found, expected=expected)


def _expression(table: Located[SourceTable], path: NodePath, text: str) -> Iterator[Problem]:
    try:
        expressions.check_mapping(text)
        listed = {column.lower() for column in table.value.drop_columns}
        dropped = {column for column in expressions.columns(text) if column.lower() in listed}
    except expressions.ExpressionError as error:
        yield _problem(table, *path, found=error.found, expected=error.expected, offset=error.offset)
        return
    for column in sorted(dropped):
        found = f"the column `{column}`, which `drop_columns` drops before loading"
        yield _problem(table, *path, found=found, expected="a column that is kept")


def _constants(table: Located[SourceTable], path: NodePath, text: str, column: Column) -> Iterator[Problem]:
    try:
        constants = expressions.constant_results(text) if column.allowed else ()
    except expressions.ExpressionError:
        return  # reported where the expression is checked
    for value in constants:
        if value not in column.allowed:
            found, expected = f"`{value}` as {column.name}", one_of(value, column.allowed)
            yield _problem(table, *path, found=found, expected=expected, offset=text.find(f"'{value}'"))


def _values(table: Located[SourceTable], path: NodePath, source: ValueMap, column: Column) -> Iterator[Problem]:
    if not column.allowed:
        return
    for key, value in source.values.items():
        if value not in column.allowed:
            found, expected = f"`{value}` as {column.name}", one_of(value, column.allowed)
            yield _problem(table, *path, "values", key, found=found, expected=expected)
    if source.otherwise not in ("keep", "quarantine", "null", *column.allowed):
        expected = one_of(source.otherwise, ["keep", "quarantine", "null", *column.allowed])
        yield _problem(table, *path, "otherwise", found=f"`{source.otherwise}` as {column.name}", expected=expected)


def _problem(table: Located[SourceTable], *path: str | int, **details: Any) -> Problem:
    """Return a problem in the table's own settings, or in those that the source hands down to it."""
    if not table.document.has((*table.path, *path)) and table.path and table.document.has(path):
        return table.document.problem(tuple(path), **details)
    return table.problem(*path, **details)


def _connector_problem(table: Located[SourceTable], key: str, **details: Any) -> Problem:
    return _problem(table, "connector", *([key] if key else []), **details)
