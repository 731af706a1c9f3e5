"""The reference of the catalogue's YAML, made from its models: every key, its value, its default and its meaning.

What a key means comes from `catalogue/meanings.py`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bizops_pipeline.catalogue import models
from bizops_pipeline.catalogue.allowed_sql import (
    AGGREGATES,
    DERIVED_FUNCTIONS,
    MAPPING_FUNCTIONS,
    METRIC_FUNCTIONS,
    TYPES,
)
from bizops_pipeline.catalogue.checks.kpis import FIELDS
from bizops_pipeline.catalogue.meanings import meaning_of
from bizops_pipeline.contracts.vocabulary import SCOPE_COLUMN
from bizops_pipeline.reference.markdown import cell, grid, listed, page

TYPES_OF_KPI = {
    "simple": "one aggregate that adds up",
    "ratio": "numerator over denominator, each added up over the period first",
    "distinct": "number of distinct values",
    "percentile": "interpolated percentile of a value over the period's records",
    "snapshot": "records that are open at the end of the period: their number, a sum, or a percentile of a value",
    "cumulative": "another KPI to date, or over a trailing window",
    "conversion": "share of the bases that an event follows within the window",
    "derived": "arithmetic over other KPIs of the same period and part",
    "composite": "score of 0 to 100: the weighted mean of other KPIs, each placed between its worst and its best",
    "okr": "mean over open key results, of a value that `okr_progress` has of each",
    "association": "strongest correlation of an IT-operational KPI with a business outcome, from `kpi_association`",
}

SECTIONS: tuple[tuple[str, str, tuple[type[BaseModel], ...]], ...] = (
    (
        "The company: `bizops.yaml`",
        "One mapping. Only `id` and `name` are needed.",
        (
            models.CompanySettings,
            models.BusinessHours,
            models.PublishSettings,
            models.PrivacySettings,
            models.AttributionSettings,
            models.AlertSettings,
            models.AlertChannel,
        ),
    ),
    (
        "The organisation: `catalogue/organisation.yaml`",
        "One mapping. Without the file every record is unallocated.",
        (
            models.Organisation,
            models.Team,
            models.Service,
            models.Share,
            models.Marks,
            models.ValueStream,
            models.Stage,
            models.ServiceTeam,
            models.GateMetric,
        ),
    ),
    (
        "A source: `sources/*.yaml`",
        "One source a file. A source with several tables says below `tables` what differs from what they share.",
        (
            models.SourceDefinition,
            models.SourceTableDefinition,
            models.FilesConnector,
            models.SqlConnector,
            models.RestConnector,
            models.Load,
            models.EntityMap,
            models.ValueMap,
            models.Lookup,
            models.Threshold,
        ),
    ),
    (
        "KPIs: `catalogue/kpis/*.yaml`",
        "Each file holds one list, `kpis`. With `use: library` a KPI takes the standard definition of its id; what is "
        "written beside it overrides.",
        (
            models.Kpi,
            models.Target,
            models.Event,
            models.MetricReference,
            models.CalendarReference,
            models.ScorePart,
            models.Cap,
            models.Bounds,
            models.Band,
        ),
    ),
    (
        "OKRs: `catalogue/okrs/*.yaml`",
        "Each file holds one list, `objectives`.",
        (
            models.Objective,
            models.Owners,
            models.Period,
            models.KeyResult,
            models.Milestone,
            models.TargetChange,
            models.CurvePoint,
            models.Zones,
        ),
    ),
    (
        "AI models: `catalogue/models.yaml`",
        "One mapping. What a source says of the same model or use case fills in what is not written here.",
        (
            models.AiCatalogue,
            models.UseCase,
            models.AiModel,
            models.KpiLink,
            models.PlannedValue,
            models.RequiredArtifact,
        ),
    ),
    (
        "Practices: `catalogue/practices.yaml`",
        "One mapping with a list, `practices`. Assessments stand here or come from a source as entity `assessment`.",
        (models.Practices, models.Practice, models.Assessment, models.Improvement),
    ),
    (
        "Checks: `catalogue/quality/*.yaml`",
        "A file is one suite, or holds a list of them, `suites`.",
        (models.Suite, models.Expectation),
    ),
)
"""What the catalogue may say, file by file."""


def render_catalogue() -> str:
    """Return the reference of the YAML: every key of every file, its type, its default and its meaning."""
    parts = [
        "Every key of a company's YAML. An unknown key is an error. A key without a default must be there. "
        "`bizops check` reports mistakes with file, line and remedy."
    ]
    for title, introduction, members in SECTIONS:
        parts += [f"## {title}", introduction]
        for model in members:
            parts += [f"### {_words(model.__name__)}", _own_doc(model), _keys(model)]
        if models.Kpi in members:
            parts += ["### Keys by type of KPI", _types_of_kpi(), _scopes()]
    return page("Catalogue reference", [*parts, *_expressions()])


def _keys(model: type[BaseModel]) -> str:
    rows = []
    for name, field in model.model_fields.items():
        if (model, name) == (models.Kpi, "file"):
            continue
        rows.append([f"`{field.alias or name}`", _type(field), _default(field), cell(meaning_of(model, name))])
    return grid(("key", "value", "default", "meaning"), rows)


def _type(field: FieldInfo) -> str:
    return _spelled(field.annotation, field.metadata)


def _spelled(kind: Any, metadata: Iterable[Any] = ()) -> str:
    """Return a type in words of YAML."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _spelled(arguments[0], arguments[1:])
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_spelled(each, metadata) for each in arguments if each is not NoneType))
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin is tuple:
        return f"list of {_spelled(arguments[0])}"
    if origin is dict:
        return f"mapping of {_spelled(arguments[0])} to {_spelled(arguments[1])}"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return f"[{_words(kind.__name__)}](#{_words(kind.__name__).lower().replace(' ', '-')})"
    if kind is str and any(getattr(each, "pattern", None) == _identifier() for each in metadata):
        return "identifier"
    plain = {str: "text", int: "whole number", float: "number", bool: "true or false", date: "date", Any: "anything"}
    return plain[kind]


@cache
def _identifier() -> str:
    """Return the pattern by which identifiers are known."""
    return next(str(each.pattern) for each in get_args(models.Identifier)[1].metadata if hasattr(each, "pattern"))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is None or value == () or value == {}:
        return ""
    if isinstance(value, BaseModel):
        return "as below"
    return f"`{_written(value)}`"


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_written(each) for each in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value in ("", '"', ",", "."):
        return repr(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _types_of_kpi() -> str:
    rows = (
        [f"`{name}`", TYPES_OF_KPI[name], listed(fields.needed), listed(fields.possible)]
        for name, fields in FIELDS.items()
    )
    return grid(("type", "value", "needed", "possible"), rows)


def _scopes() -> str:
    scopes = ", ".join(f"`{scope}` (needs `{column}`)" for scope, column in SCOPE_COLUMN.items())
    return (
        f"An entry of `by` names at most one scope, {scopes}; everything else in it is a column of the entity. "
        "A KPI of type `okr` is cut by `objective` or `key_result`."
    )


def _expressions() -> Iterator[str]:
    yield "## Expressions"
    yield (
        "An expression is one SQL expression of known columns and the functions below: no statement, no subquery, no "
        "file, no network. Casts and date parsing run in their `try_` forms, and a division by zero gives NULL."
    )
    profiles = (
        ("Mappings (`map` of a source)", MAPPING_FUNCTIONS),
        ("`where` and `expr` of KPIs", METRIC_FUNCTIONS),
        ("Aggregates (`expr` of a simple KPI, `numerator`, `denominator`), beside those", AGGREGATES),
        ("Derived KPIs (over the ids of other KPIs)", DERIVED_FUNCTIONS),
    )
    yield grid(("in", "functions"), ([name, listed(sorted(functions))] for name, functions in profiles))
    yield "Types to cast to: " + listed(sorted(TYPES)) + "."


def _own_doc(model: type[BaseModel]) -> str:
    return cell(inspect.cleandoc(model.__doc__ or ""))


def _words(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip().capitalize()
