"""What every key of a company's YAML means: the text below its field in `models/`, else that of `meanings.yaml`."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel

from bizops_pipeline.catalogue import models


def meaning_of(model: type[BaseModel], name: str) -> str:
    """Return what a key means: the text below it in its model, else that of `meanings.yaml`."""
    for each in model.__mro__:
        found = _texts_below_fields().get((each.__name__, name)) or other_texts().get((each.__name__, name))
        if found:
            return found
    return ""


@cache
def other_texts() -> dict[tuple[str, str], str]:
    """Return the texts of `meanings.yaml`, by class and field."""
    written = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return {(model, field): text for model, texts in written.items() for field, text in texts.items()}


@cache
def _texts_below_fields() -> dict[tuple[str, str], str]:
    """Return the texts that stand below the fields of the catalogue's models, by class and field."""
    found = {}
    for module in pkgutil.iter_modules(models.__path__, f"{models.__name__}."):
        tree = ast.parse(inspect.getsource(importlib.import_module(module.name)))
        for node in (each for each in tree.body if isinstance(each, ast.ClassDef)):
            for field, after in zip(node.body, node.body[1:], strict=False):
                if (
                    isinstance(field, ast.AnnAssign)
                    and isinstance(field.target, ast.Name)
                    and isinstance(after, ast.Expr)
                    and isinstance(after.value, ast.Constant)
                ):
                    found[node.name, field.target.id] = inspect.cleandoc(str(after.value.value))
    return found
