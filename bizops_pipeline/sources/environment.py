"""References to the environment in a catalogue: `${NAME}`. Their values are secrets and appear in no message."""

from __future__ import annotations

import re
from collections.abc import Mapping

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class MissingVariable(LookupError):
    """The environment has no variable of the name that is the error's only argument."""


def resolve(text: str, environment: Mapping[str, str]) -> str:
    """Return a text with every `${NAME}` replaced; raises MissingVariable for a name that is not set."""

    def value(match: re.Match[str]) -> str:
        found = environment.get(match[1])
        if not found:
            raise MissingVariable(match[1])
        return found

    return REFERENCE.sub(value, text)


def redact(message: str, text: str, environment: Mapping[str, str]) -> str:
    """Return a message without the values that `text` takes from the environment."""
    for name in REFERENCE.findall(text):
        if value := environment.get(name):
            message = message.replace(value, f"${{{name}}}")
    return message
