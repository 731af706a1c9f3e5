"""Importing a library without the modules that it imports and that are hardly ever used."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


@contextmanager
def deferred(*names: str) -> Iterator[None]:
    """Give what is imported inside stand-ins for some modules; a module is imported when its stand-in is used."""
    stand_ins = {name: _StandIn(name) for name in names if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            _withdraw(name, stand_in)


class _StandIn(ModuleType):
    def __getattr__(self, attribute: str) -> Any:
        _withdraw(self.__name__, self)
        return getattr(import_module(self.__name__), attribute)


def _withdraw(name: str, stand_in: ModuleType) -> None:
    if sys.modules.get(name) is stand_in:
        del sys.modules[name]
