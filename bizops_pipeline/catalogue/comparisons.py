"""Constants that an expression compares with columns: whether a column could ever hold them.

The engine refuses some of these only when the refresh has read everything, and answers others with no record at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from sqlglot import exp

from bizops_pipeline.catalogue.expressions import ExpressionError, offset_of, parsed_metric
from bizops_pipeline.catalogue.suggestion import one_of
from bizops_pipeline.contracts.table import Column, Type

_SINGLE = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_EXACT = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ, exp.In, exp.Case)
_TIMES = (Type.DATE, Type.TIMESTAMP)
_TRUTHS = frozenset({"true", "false", "t", "f", "yes", "no", "y", "n", "1", "0"})
_SHORT_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})$")


def check_comparisons(text: str, column: Callable[[str], Column | None]) -> None:
    """Refuse constants that the column they are compared with cannot hold; `column` finds a column by its name.

    Raises:
        ExpressionError: With what was found and what would be right.
    """
    for node, name, constant in _compared(parsed_metric(text)):
        known = column(name)
        expected = _expected(known, constant, isinstance(node, _EXACT)) if known else None
        if expected:
            raise ExpressionError(f"`{name}` compared with {constant.sql()}", expected, offset_of(node))


def check_condition(text: str, column: Callable[[str], Column | None]) -> None:
    """Refuse a lone column or constant that is neither true nor false as a condition.

    Raises:
        ExpressionError: With what was found and what would be right.
    """
    node = parsed_metric(text).unnest()
    known = column(node.name) if isinstance(node, exp.Column) else None
    if isinstance(node, exp.Literal) or (known and known.type is not Type.BOOLEAN):
        raise ExpressionError(
            f"`{text.strip()}`, which is not a condition", "a comparison, or a column of true and false"
        )


def _compared(tree: exp.Expr) -> Iterator[tuple[exp.Expr, str, exp.Literal]]:
    """Yield every comparison of a column with a constant, with the column's name."""
    for node in tree.find_all(*_SINGLE, exp.In, exp.Between, exp.Case):
        if isinstance(node, exp.Case):
            sides = [(node.this, branch.this) for branch in node.args["ifs"] if node.this]
        elif isinstance(node, exp.In):
            sides = [(node.this, each) for each in node.expressions]
        elif isinstance(node, exp.Between):
            sides = [(node.this, node.args["low"]), (node.this, node.args["high"])]
        else:
            sides = [(node.this, node.expression), (node.expression, node.this)]
        for left, right in sides:
            if isinstance(left.unnest(), exp.Column) and isinstance(right.unnest(), exp.Literal):
                yield node, left.unnest().name, right.unnest()


def _expected(column: Column, constant: exp.Literal, is_exact: bool) -> str | None:
    """Return what a column could be compared with instead of a constant; None when it could hold that."""
    value: str = constant.this
    if column.type is Type.TEXT:
        if not constant.is_string:
            return f"a text in quotes: '{value}'"
        return one_of(value, column.allowed) if is_exact and column.allowed and value not in column.allowed else None
    if column.type in _TIMES:
        return None if constant.is_string and _is_time(value) else "a date such as '2026-01-31', in quotes"
    if column.type is Type.BOOLEAN:
        return None if not constant.is_string or value.lower() in _TRUTHS else "true or false, without quotes"
    return None if _is_number(value) else "a number"


def _is_time(value: str) -> bool:
    short = _SHORT_DATE.match(value)
    try:
        if short:
            date(*(int(part) for part in short.groups()))
        else:
            datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_number(value: str) -> bool:
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False
