"""Whether JSON text holds numbers so long that the engine would round them: looked for while the file lands."""

from __future__ import annotations

LENGTH = 16
"""Digits and points in a row from which on a number may not be kept as it is written."""
_RUN = b"0" * LENGTH
_TO_RUNS = bytes(ord("0") if byte in b"0123456789." else ord(" ") for byte in range(256))


class DigitsWatch:
    """Looks for long runs of digits and points over chunks of text."""

    def __init__(self) -> None:
        self._rest = b""
        self.found = False

    def take(self, outside: bytes) -> None:
        """Take the next text."""
        if self.found:
            return
        text = self._rest + outside
        self.found = _RUN in text.translate(_TO_RUNS)
        self._rest = text[1 - LENGTH :]

    def finish(self) -> None:
        """There is no more."""
