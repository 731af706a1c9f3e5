"""From raw YAML values to models: what a model refuses becomes a problem at its line, with what would be right."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from bizops_pipeline.catalogue.documents import Document, NodePath
from bizops_pipeline.catalogue.suggestion import one_of
from bizops_pipeline.errors import Problem

Model = TypeVar("Model")


@dataclass(frozen=True, slots=True)
class Located(Generic[Model]):
    """A definition and the place where it was written."""

    value: Model
    document: Document
    path: NodePath = ()

    def problem(
        self, *path: str | int, found: str, expected: str, at: Literal["key", "value"] = "value", offset: int = 0
    ) -> Problem:
        """Return a problem at a part of the definition."""
        return self.document.problem((*self.path, *path), found, expected, at=at, offset=offset)

    @property
    def where(self) -> str:
        """File and line."""
        return self.document.where(self.path)


def validate(
    kind: Any, value: Any, document: Document, places: Sequence[NodePath], problems: list[Problem]
) -> Any | None:
    """Return `value` as `kind`, a model or type; problems are added and None is returned when it is none.

    `places` are the nodes that the value was put together from; a fault is shown in the first that has it.
    """
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        seen: set[NodePath] = set()
        found = [(_real_path(value, details["loc"], details["type"]), details) for details in error.errors()]
        for path, details in found:
            if path in seen and details["type"] != "extra_forbidden":
                continue  # further branches of a union that fail at the same value
            if details["type"] == "too_short" and any(p[: len(path)] == path and p != path for p, _ in found):
                continue  # too short only because of the faults of its items
            seen.add(path)
            place = next((p for p in places if document.has((*p, *path))), places[0])
            problems.append(_problem(kind, document, (*place, *path), details))
        return None


def _real_path(value: Any, location: tuple[str | int, ...], kind: str) -> NodePath:
    """Return the part of pydantic's location that is in the data: branch names of unions are not."""
    path: list[str | int] = []
    for index, step in enumerate(location):
        is_last = index == len(location) - 1
        if isinstance(value, Mapping) and (step in value or (is_last and kind == "missing")):
            path.append(step)
            value = value.get(step)
        elif isinstance(value, list | tuple) and isinstance(step, int) and step < len(value):
            path.append(step)
            value = value[step]
    return tuple(path)


def _problem(kind: Any, document: Document, path: NodePath, details: Any) -> Problem:
    error, context = details["type"], details.get("ctx", {})
    name = path[-1] if path else ""
    shown = shorten(details.get("input"))
    if error == "extra_forbidden":
        known = sorted(_known_keys(kind, details["loc"][:-1]))
        return document.problem(path, f"unknown key `{name}`", one_of(str(name), known, "one of the keys"), at="key")
    if error == "missing":
        expected = f"`{name}`" + _description_of(kind, details["loc"])
        return document.problem(path[:-1], f"`{name}` is missing", expected, at="key")
    if error in ("union_tag_not_found", "union_tag_invalid"):
        key = str(context["discriminator"]).strip("'")
        tags = [str(tag) for tag in _choices_at(kind, (*details["loc"], key))]
        if error == "union_tag_not_found":
            return document.problem(path, f"`{key}` is missing", f"`{key}:` with one of {_listed(tags)}", at="key")
        return document.problem((*path, key), f"`{key}` is `{context['tag']}`", one_of(str(context["tag"]), tags))
    return document.problem(path, _found(path, shown), _expected(error, context, details))


def _found(path: NodePath, shown: str) -> str:
    """Return the words for a wrong value; an entry of a list has no name, so the list is named."""
    names = [step for step in path if isinstance(step, str)]
    if not path or not names:
        return shown
    return f"{shown} in `{names[-1]}`" if isinstance(path[-1], int) else f"`{names[-1]}` is {shown}"


def _expected(error: str, context: Mapping[str, Any], details: Any) -> str:
    found = details.get("input")
    if error == "literal_error":
        return one_of(str(found), re.findall(r"'(.*?)'", str(context["expected"])))
    if error == "string_pattern_mismatch":
        return _PATTERNS.get(context["pattern"], f"text of the form {context['pattern']}")
    if error in ("model_type", "dict_type", "model_attributes_type"):
        return "a mapping (`key: value`)"
    if error in ("tuple_type", "list_type"):
        return "a list (`[a, b]`)"
    if error == "string_type":
        return f'text; write it in quotes: "{found}"' if isinstance(found, int | float) else "text"
    if error.startswith(("int_", "float_")) or error in ("finite_number",):
        return "a whole number" if error.startswith("int_") else "a number"
    if error.startswith("bool_"):
        return "true or false"
    if error.startswith("date_"):
        return "a date such as 2026-01-31"
    if error == "too_short":
        return f"at least {context['min_length']}"
    message = str(details["msg"])
    return message.removeprefix("Input should be ").removeprefix("Value error, ")


_PATTERNS = {
    r"^[a-z][a-z0-9_]*$": "a name in lower case: a letter, then letters, digits and underscores",
    r"^.+$": "at least one character",
    r"^.?$": "one character, or none",
    r"^\d\d:\d\d$": "a time such as 09:00",
    r"^[A-Z]{3}$": "a currency code of three capitals, such as EUR",
    r"^\d+d$": "a number of days such as 28d",
    r"^\d+[mhd]$": "a duration such as 30m, 24h or 7d",
    r"^\d+\s*[smhdw]$": "a duration such as 30m, 6h or 2d",
}


def shorten(value: Any) -> str:
    """Return a YAML value in few characters, for messages."""
    if value is None:
        return "empty"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = text.replace("\n", " ")
    return f"`{text if len(text) <= 60 else text[:57] + '...'}`"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _known_keys(kind: Any, location: tuple[str | int, ...]) -> Iterator[str]:
    for model in _models_at(kind, location):
        for name, model_field in model.model_fields.items():
            yield model_field.alias or name


def _description_of(kind: Any, location: tuple[str | int, ...]) -> str:
    choices = list(dict.fromkeys(str(choice) for choice in _choices_at(kind, location)))
    return f": one of {_listed(choices)}" if choices else ""


def _choices_at(kind: Any, location: tuple[str | int, ...]) -> Iterator[Any]:
    """Yield the words that may stand at a key of the models at a pydantic location."""
    for model in _models_at(kind, location[:-1]):
        for name, model_field in model.model_fields.items():
            if location[-1] in (name, model_field.alias):
                yield from _choices(model_field.annotation)


def _choices(annotation: Any) -> Iterator[Any]:
    for member in _members(annotation):
        if get_origin(member) is Literal:
            yield from get_args(member)


def _models_at(kind: Any, location: tuple[str | int, ...]) -> list[type[BaseModel]]:
    """Return the models that may stand at a pydantic location inside a type."""
    candidates = list(_members(kind))
    for step in location:
        following: list[Any] = []
        for candidate in candidates:
            following.extend(_step(candidate, step))
        if following:
            candidates = following
        else:  # a step that names the branch of a union
            named = [c for c in candidates if getattr(c, "__name__", None) == step or _has_tag(c, step)]
            candidates = named or candidates
    return [candidate for candidate in candidates if isinstance(candidate, type) and issubclass(candidate, BaseModel)]


def _step(candidate: Any, step: str | int) -> Iterator[Any]:
    if isinstance(candidate, type) and issubclass(candidate, BaseModel):
        for name, model_field in candidate.model_fields.items():
            if step in (name, model_field.alias):
                yield from _members(model_field.annotation)
    elif get_origin(candidate) is dict:
        yield from _members(get_args(candidate)[1])
    elif get_origin(candidate) in (tuple, list) and isinstance(step, int):
        yield from _members(get_args(candidate)[0])


def _members(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Annotated:
        yield from _members(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from _members(member)
    else:
        yield annotation


def _has_tag(candidate: Any, step: str | int) -> bool:
    if not (isinstance(candidate, type) and issubclass(candidate, BaseModel)):
        return False
    return any(step in tuple(_choices(model_field.annotation)) for model_field in candidate.model_fields.values())
