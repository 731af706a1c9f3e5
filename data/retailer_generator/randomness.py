"""One random stream per name, so that a new table never changes an old one."""

import hashlib

import numpy as np

SEED = 20241001


def stream(*name: object) -> np.random.Generator:
    """The generator of a source, table and (where tables are made by month) month."""
    text = "/".join(str(part) for part in (SEED, *name))
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big"))


class Numbers:
    """Running numbers per series: ids depend on what came before, never on what comes after."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}

    def take(self, series: str, count: int) -> np.ndarray:
        first = self._next.get(series, 1)
        self._next[series] = first + count
        return np.arange(first, first + count, dtype=np.int64)
