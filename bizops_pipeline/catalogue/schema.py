"""JSON Schemas of a company's YAML, made from the strict models, so that editors complete and check what is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bizops_pipeline.catalogue.checks.kpis import FIELDS
from bizops_pipeline.catalogue.library import library
from bizops_pipeline.catalogue.meanings import meaning_of
from bizops_pipeline.catalogue.models import (
    AiCatalogue,
    CompanySettings,
    Kpi,
    Objective,
    Organisation,
    Practices,
    SourceDefinition,
    Suite,
)
from bizops_pipeline.contracts.core import CORE_TABLES
from bizops_pipeline.contracts.staging import ENTITIES

DIALECT = "https://json-schema.org/draft/2020-12/schema"
KINDS = ("bizops", "organisation", "models", "practices", "source", "kpis", "okrs", "quality")
"""Kinds of files: `kpis` stands for `catalogue/kpis/*.yaml`, and so on."""

Schema = dict[str, Any]


def schemas() -> dict[str, Schema]:
    """Return the schema of each kind of file."""
    return {
        "bizops": _schema("bizops.yaml", CompanySettings),
        "organisation": _schema("catalogue/organisation.yaml", Organisation),
        "models": _schema("catalogue/models.yaml", AiCatalogue),
        "practices": _schema("catalogue/practices.yaml", Practices),
        "source": _with_entities(_schema("sources/*.yaml", SourceDefinition)),
        "kpis": _with_library(_listed("catalogue/kpis/*.yaml", "kpis", Kpi)),
        "okrs": _listed("catalogue/okrs/*.yaml", "objectives", Objective),
        "quality": _one_or_listed("catalogue/quality/*.yaml", "suites", Suite),
    }


def write_schemas(folder: Path) -> list[Path]:
    """Write `<kind>.schema.json` for every kind of file and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas().items():
        path = folder / f"{name}.schema.json"
        path.write_text(render(schema), encoding="utf-8")
        written.append(path)
    return written


def render(schema: Schema) -> str:
    """Return a schema as text."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _schema(title: str, model: type[BaseModel]) -> Schema:
    """Return a model's schema with the meaning of every key in it."""
    made = model.model_json_schema(by_alias=True, mode="validation")
    for kind in _models(model):
        node = made if kind is model else made["$defs"][kind.__name__]
        for name, field in kind.model_fields.items():
            meaning = meaning_of(kind, name)
            if meaning:
                node["properties"][field.alias or name]["description"] = meaning
    return {"$schema": DIALECT, **made, "title": title}


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield a model and all that its fields lead to, each once."""
    waiting, seen = [model], {model}
    while waiting:
        kind = waiting.pop()
        yield kind
        for field in kind.model_fields.values():
            for found in _inside(field.annotation):
                if found not in seen:
                    seen.add(found)
                    waiting.append(found)


def _inside(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _inside(argument)


def _listed(title: str, key: str, model: type[BaseModel]) -> Schema:
    """Return the schema of a file that holds one list."""
    made = _schema(title, model)
    definitions = made.pop("$defs", {})
    item = {name: value for name, value in made.items() if name not in ("$schema", "title")}
    return {
        "$schema": DIALECT,
        "title": title,
        "type": "object",
        "additionalProperties": False,
        "properties": {key: {"type": "array", "items": {"$ref": f"#/$defs/{model.__name__}"}}},
        "$defs": {**definitions, model.__name__: item},
    }


def _one_or_listed(title: str, key: str, model: type[BaseModel]) -> Schema:
    """Return the schema of a file that holds one definition, or a list of them."""
    made = _listed(title, key, model)
    many = {name: made.pop(name) for name in ("type", "additionalProperties", "properties")}
    return {**made, "anyOf": [{"$ref": f"#/$defs/{model.__name__}"}, {**many, "required": [key]}]}


def _with_library(schema: Schema) -> Schema:
    """Return the schema of KPIs with what depends on `use` and on the type."""
    kpi = schema["$defs"]["Kpi"]
    properties = kpi["properties"]
    del properties["file"]  # filled by the loader
    needed = [name for name in kpi.pop("required") if name != "id"]
    own = sorted({name for fields in FIELDS.values() for name in (*fields.needed, *fields.possible)})
    properties["use"] = {"const": "library", "description": "Take the standard definition of this id."}
    properties["entity"]["examples"] = [name for name in CORE_TABLES if name.startswith("fct_")]
    kpi["required"] = ["id"]
    kpi["allOf"] = [
        {
            "if": {"required": ["use"]},
            "then": {"properties": {"id": {"enum": sorted(library())}}},
            "else": {"required": needed},
        },
        *(
            {
                "if": {"properties": {"type": {"const": name}}, "required": ["type"], "not": {"required": ["use"]}},
                "then": {
                    "required": list(fields.needed),
                    "properties": {other: False for other in own if other not in (*fields.needed, *fields.possible)},
                },
            }
            for name, fields in FIELDS.items()
        ),
    ]
    return schema


def _with_entities(schema: Schema) -> Schema:
    """Return the schema of sources with the entities that can be mapped and their columns."""
    mapped = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {
                "description": table.summary,
                "allOf": [{"$ref": "#/$defs/EntityMap"}],
                "properties": {
                    "map": {
                        "properties": {column.name: {"description": column.description} for column in table.columns},
                        "propertyNames": {"enum": list(table.column_names)},
                    }
                },
            }
            for name, table in sorted(ENTITIES.items())
        },
    }
    schema["$defs"]["Entities"] = mapped
    for holder in (schema, schema["$defs"]["SourceTableDefinition"]):
        meaning = holder["properties"]["entities"].get("description", "")
        holder["properties"]["entities"] = {"$ref": "#/$defs/Entities", "description": meaning}
    return schema
