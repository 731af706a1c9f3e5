"""Columns of text, built without a loop over rows."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailer_generator.clock import DAY, NEVER, local, offset

_FIRST, _LAST = date(2015, 1, 1), date(2036, 1, 1)
_FIRST_NUMBER = (_FIRST - date(1970, 1, 1)).days
_DATES = [_FIRST + timedelta(days=n) for n in range((_LAST - _FIRST).days)]
_ISO = pa.array([day.isoformat() for day in _DATES])
_SLASH = pa.array([day.strftime("%d/%m/%Y") for day in _DATES])
_DOT = pa.array([day.strftime("%d.%m.%Y") for day in _DATES])
_CLOCK = pa.array([f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(DAY)])
_MINUTE = pa.array([f"{m // 60:02}:{m % 60:02}" for m in range(DAY // 60)])


def _stamp(t: np.ndarray, dates: pa.Array, gap: str, seconds: bool) -> pa.Array:
    """Date and time of naive seconds; null where they never came."""
    never = t == NEVER
    day = pa.array(t // DAY - _FIRST_NUMBER, mask=never)
    second = t % DAY
    clock = _CLOCK.take(pa.array(second)) if seconds else _MINUTE.take(pa.array(second // 60))
    return pc.binary_join_element_wise(dates.take(day), clock, gap)


def utc_iso(t: np.ndarray) -> pa.Array:
    """2026-03-13T16:00:05Z."""
    return join(_stamp(t, _ISO, "T", True), "Z")


def offset_iso(t: np.ndarray) -> pa.Array:
    """2026-03-13T17:00:05+01:00."""
    shift = pa.array(["+01:00", "+02:00"]).take(pa.array(offset(t) // 3600 - 1))
    return join(_stamp(local(t), _ISO, "T", True), shift)


def slash_minutes(t: np.ndarray) -> pa.Array:
    """13/03/2026 17:00, local."""
    return _stamp(local(t), _SLASH, " ", False)


def dot_minutes(t: np.ndarray) -> pa.Array:
    """13.03.2026 17:00, local."""
    return _stamp(local(t), _DOT, " ", False)


def iso_date(day: np.ndarray) -> pa.Array:
    """ISO date of days since 1970."""
    return _ISO.take(pa.array(day - _FIRST_NUMBER))


def dot_date(day: np.ndarray) -> pa.Array:
    """13.03.2026 from days since 1970."""
    return _DOT.take(pa.array(day - _FIRST_NUMBER))


def join(*parts: pa.Array | str) -> pa.Array:
    """Parts of one text side by side; null where any part is null."""
    return pc.binary_join_element_wise(*parts, "")


def number(values: np.ndarray) -> pa.Array:
    return pc.cast(pa.array(values), pa.string())


def numbered(prefix: str, values: np.ndarray, width: int) -> pa.Array:
    """An id such as SO0000123; null for numbers below 1."""
    digits = pc.utf8_lpad(pc.cast(pa.array(values, mask=values < 1), pa.string()), width, "0")
    return join(prefix, digits)


def decimal(units: np.ndarray, places: int = 2, point: str = ".") -> pa.Array:
    """A decimal from its smallest unit, without floats."""
    size = 10**places
    whole = number(np.abs(units) // size)
    rest = pc.utf8_lpad(number(np.abs(units) % size), places, "0")
    sign = pa.array(np.where(units < 0, "-", ""))
    return join(sign, whole, point, rest)


def pick(words: list[str], code: np.ndarray) -> pa.Array:
    return pa.array(words).take(pa.array(code))


def put(column: pa.Array, where: np.ndarray, value: str | pa.Array | None) -> pa.Array:
    """The column with another value at some rows."""
    if not where.any():
        return column
    other = value if isinstance(value, pa.Array) else pa.scalar(value, pa.string())
    return pc.if_else(pa.array(where), other, column)


def filled(column: pa.Array, token: str) -> pa.Array:
    return pc.fill_null(column, token)


def lines(columns: list[pa.Array], delimiter: str, null: str = "") -> pa.Array:
    """One text per row, without the line end."""
    return pc.binary_join_element_wise(*(filled(c, null) for c in columns), delimiter)


def quoted(column: pa.Array) -> pa.Array:
    """JSON or CSV text in quotes; null becomes the word null."""
    return filled(join('"', column, '"'), "null")
