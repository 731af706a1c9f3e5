"""What only the whole company can tell: names that must exist, be unique, fit each other and add up.

One function per rule, in the module of what it is about; each yields the problems it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.errors import Problem

Check = Callable[[Draft], Iterable[Problem]]

CHECKS: tuple[Check, ...] = ()
"""Every rule."""
