"""References to the environment, `${NAME}`: the only way by which a secret reaches a company's definitions.

Definitions keep the reference; the value is put in at the moment of use and appears in no message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bizops_pipeline.errors import SourceError

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ANY = re.compile(r"\$\{([^}]*)\}?")


def names(text: str) -> list[str]:
    """Return the names of the variables that a text refers to, in order."""
    return REFERENCE.findall(text)


def malformed(text: str) -> str | None:
    """Return the first `${...}` that is no reference, or None."""
    for match in _ANY.finditer(text):
        if not REFERENCE.fullmatch(match.group(0)):
            return match.group(0)
    return None


def is_present(name: str, environment: Mapping[str, str]) -> bool:
    """Tell whether a variable is set to something."""
    return bool(environment.get(name))


def resolve(text: str, environment: Mapping[str, str]) -> str:
    """Return a text with every `${NAME}` replaced by its value.

    Raises:
        SourceError: A variable is not set; the message names the variable, never a value.
    """
    missing = sorted({name for name in names(text) if not is_present(name, environment)})
    if missing:
        listed = " and ".join(missing)
        raise SourceError(
            f"the environment does not set {listed}: set it before the refresh, for example in the service's unit"
        )
    return REFERENCE.sub(lambda match: environment[match.group(1)], text)


def redact(message: str, text: str, environment: Mapping[str, str]) -> str:
    """Return a message in which the values that `text` refers to are replaced by their `${NAME}`.

    For the messages of libraries that repeat what they were given, such as a database driver's.
    """
    present = {name: environment[name] for name in names(text) if is_present(name, environment)}
    for name, value in sorted(present.items(), key=lambda item: -len(item[1])):
        message = message.replace(value, f"${{{name}}}")
    return message
