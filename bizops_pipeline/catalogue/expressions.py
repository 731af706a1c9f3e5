"""The SQL that a catalogue may contain: one expression of known columns and listed functions, nothing else.

This is the first wall against what a definition could do to the machine; the engine's own lock is the second.
An expression is read into a tree, every word before a parenthesis and every node of the tree must be on a list,
and the SQL that runs is written anew from the tree: casts and date parsing in their `try_` forms, divisions
guarded against zero, identifiers in quotes. So neither a bad value nor a hostile text gets further than here.

Three profiles: mappings (over a source's columns), metrics (over a contract's columns) and derived metrics
(over other metrics).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from bizops_pipeline.catalogue.allowed_sql import FUNCTIONS, NODES, TYPES, WORDS_BEFORE_PARENTHESES, Profile
from bizops_pipeline.catalogue.documents import one_of

AS_OF = "as_of"
"""Reserved name in metric expressions: the business date up to which records count."""

MAXIMUM_LENGTH = 2_000
MAXIMUM_TOKENS = 400
MAXIMUM_NESTING = 40
MAXIMUM_PADDING = 1_000

_UNITS = frozenset({"second", "day"})
# What an engine refuses for some values: alone, and with everything around it.
_MAY_RAISE = (exp.UnixToTime, exp.DateFromParts, exp.JSONExtractScalar)
_MAY_OVERFLOW = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.Abs)
_DIALECT = DuckDB()

_INSTEAD = {
    "avg": "a ratio of `sum(x)` and `count(x)`: averages of parts do not add up",
    "min": "type percentile with `percentile: 0`",
    "max": "type percentile with `percentile: 1`",
    "median": "type percentile with `percentile: 0.5`",
    "quantile_cont": "type percentile",
    "now": "`as_of`, the business date of the refresh",
    "if": "case when ... then ... else ... end",
}


class ExpressionError(ValueError):
    """An expression that is refused: what was found, what would be right, and at which character."""

    def __init__(self, found: str, expected: str, offset: int = 0) -> None:
        super().__init__(f"{found}; expected: {expected}")
        self.found = found
        self.expected = expected
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An additive part of a metric, taken apart: SQL over contract columns."""

    function: Literal["count", "sum"]
    argument: str | None
    """None for `count(*)`."""
    filter: str | None


def check_mapping(text: str) -> None:
    """Refuse a text that is no mapping expression; which columns a source has is not known here.

    Raises:
        ExpressionError: With what was found and what would be right.
    """
    _parse(text, "mapping")


def columns(text: str) -> set[str]:
    """Return the names that a mapping expression reads from the source, as they are written."""
    return {node.name for node in _parse(text, "mapping").find_all(exp.Column)}


def compile_mapping(text: str) -> str:
    """Return the SQL of a mapping expression: no value of the source can make it fail."""
    tree = _hardened(_parse(text, "mapping"))
    return _sql(exp.Try(this=tree) if tree.find(*_MAY_OVERFLOW) else tree)


def check_metric(text: str, known: Collection[str]) -> None:
    """Refuse a text that is no expression of one row of a contract with the known columns.

    Raises:
        ExpressionError: With what was found and what would be right.
    """
    _check_columns(_parse(text, "metric"), {*known, AS_OF}, "one of the columns")


def compile_metric(text: str, *, as_of: str | None = None) -> str:
    """Return the SQL of a metric expression; `as_of` is the SQL that stands for the as-of date."""
    return _sql(_hardened(_parse(text, "metric"), as_of))


def metric_columns(text: str) -> set[str]:
    """Return the contract columns that a metric expression or aggregate reads, without `as_of`."""
    return {node.name for node in _parse(text, "aggregate").find_all(exp.Column)} - {AS_OF}


def check_aggregate(text: str, known: Collection[str]) -> None:
    """Refuse a text that is not one additive aggregate over known columns.

    Raises:
        ExpressionError: With what was found and what would be right.
    """
    tree = _parse(text, "aggregate")
    _check_columns(tree, {*known, AS_OF}, "one of the columns")
    _take_apart(text)


def aggregate(text: str, *, as_of: str | None = None) -> Aggregate:
    """Return an additive aggregate taken apart; `as_of` is the SQL that stands for the as-of date."""
    function, argument, condition = _take_apart(text)
    return Aggregate(
        "sum" if isinstance(function, exp.Sum) else "count",
        None if argument is None else _sql(_hardened(argument, as_of)),
        None if condition is None else _sql(_hardened(condition, as_of)),
    )


def check_derived(text: str, known: Collection[str]) -> None:
    """Refuse a text that is no arithmetic over known metrics.

    Raises:
        ExpressionError: With what was found and what would be right.
    """
    _check_columns(_parse(text, "derived"), known, "one of the KPIs")


def derived_names(text: str) -> tuple[str, ...]:
    """Return the metrics that a derived expression reads, in the order in which they are written."""
    return tuple(dict.fromkeys(node.name for node in _parse(text, "derived").find_all(exp.Column, bfs=False)))


def compile_derived(text: str) -> str:
    """Return the SQL of a derived expression over columns that are named like the metrics."""
    return _sql(_hardened(_parse(text, "derived")))


@lru_cache(maxsize=2_048)
def _parse(text: str, profile: Profile) -> exp.Expr:
    """Return the tree of an expression; callers that change it work on a copy."""
    _check_text(text, profile)
    try:
        tree = sqlglot.parse_one(text, read=_DIALECT, into=exp.Condition)
        nodes = list(tree.walk())
    except SqlglotError as error:
        raise _unreadable(text, error) from None
    except RecursionError:
        raise ExpressionError("an expression nested too deeply", "a simpler expression") from None
    for node in nodes:
        _check_node(node, profile)
    return tree


def _check_text(text: str, profile: Profile) -> None:
    if not text.strip():
        raise ExpressionError("an empty expression", "an SQL expression")
    if len(text) > MAXIMUM_LENGTH:
        raise ExpressionError(f"an expression of {len(text):,} characters", f"at most {MAXIMUM_LENGTH:,}")
    try:
        tokens = _DIALECT.tokenize(text)
    except SqlglotError as error:
        raise _unreadable(text, error) from None
    if len(tokens) > MAXIMUM_TOKENS:
        raise ExpressionError(f"an expression of {len(tokens)} words and signs", f"at most {MAXIMUM_TOKENS}")
    _check_comments(text, tokens)
    depth = 0
    for index, token in enumerate(tokens):
        if token.token_type == TokenType.SEMICOLON:
            raise ExpressionError("a second statement (`;`)", "one expression", token.start)
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        if depth > MAXIMUM_NESTING:
            raise ExpressionError("an expression nested too deeply", f"at most {MAXIMUM_NESTING} levels", token.start)
        if token.token_type == TokenType.L_PAREN and index > 0:
            previous = tokens[index - 1]
            _check_call(text[previous.start : previous.end + 1], previous.start, profile)


def _check_comments(text: str, tokens: list[Any]) -> None:
    """Refuse comments: what stands between the tokens must be blank."""
    end = 0
    for start, following in [*((token.start, token.end + 1) for token in tokens), (len(text), len(text))]:
        gap = text[end:start]
        if gap.strip() and ("--" in gap or "/*" in gap):
            offset = end + len(gap) - len(gap.lstrip())
            raise ExpressionError("a comment", "an expression without comments", offset)
        end = following


def _check_call(word: str, offset: int, profile: Profile) -> None:
    """Refuse a word before a parenthesis that is neither a listed function nor a word of the language."""
    name = word.lower()
    if not (name[0].isalpha() or name[0] in '_"'):
        return
    allowed = FUNCTIONS[profile]
    if name in allowed or name in WORDS_BEFORE_PARENTHESES:
        return
    if name in ("count", "sum", "avg", "min", "max", "median", "quantile_cont") and profile != "aggregate":
        where = "types simple and ratio" if profile == "metric" else "metrics"
        raise ExpressionError(
            f"the aggregate `{name}`", f"an expression of one row; aggregates belong to {where}", offset
        )
    expected = _INSTEAD.get(name) or one_of(name, allowed, "one of the functions")
    raise ExpressionError(f"the function `{word}`, which is not on the list", expected, offset)


def _check_node(node: exp.Expr, profile: Profile) -> None:
    offset = _offset(node)
    if not isinstance(node, NODES[profile]):
        raise ExpressionError(
            _construct(node), "an expression of columns, constants, operators and listed functions", offset
        )
    if isinstance(node, exp.Column) and len(node.parts) > 1:
        expected = (
            "a column's own name" if profile != "mapping" else "a column; `column ->> '$.field'` reaches inside JSON"
        )
        raise ExpressionError(f"the qualified name `{node.sql(_DIALECT)}`", expected, offset)
    if isinstance(node, exp.DataType) and node.this.name not in TYPES:
        expected = (
            "one of `bigint`, `boolean`, `date`, `decimal(p, s)`, `double`, `timestamp`, `timestamptz`, `varchar`"
        )
        raise ExpressionError(f"a cast to {node.sql(_DIALECT).lower()}", expected, offset)
    if isinstance(node, exp.DateDiff) and profile != "mapping" and node.text("unit").lower() not in _UNITS:
        raise ExpressionError(f"date_diff by {node.text('unit').lower()}", "'second', or 'day' between dates", offset)
    if isinstance(node, exp.Interval) and not isinstance(node.this, exp.Literal):
        raise ExpressionError("an interval that is not fixed", "a constant such as `interval 2 day`", offset)
    if isinstance(node, exp.Pad):
        width = node.expression
        if not (isinstance(width, exp.Literal) and not width.is_string and int(float(width.this)) <= MAXIMUM_PADDING):
            raise ExpressionError("padding to a length that is not fixed", f"a number up to {MAXIMUM_PADDING}", offset)
    if isinstance(node, exp.Array):
        is_formats = isinstance(node.parent, exp.StrToTime | exp.Anonymous)
        if not is_formats or not all(isinstance(item, exp.Literal) and item.is_string for item in node.expressions):
            raise ExpressionError("a list", "a list only as the formats of strptime", offset)
    if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
        raise ExpressionError("`*`", "`count(*)`, or the columns by name", offset)


def _take_apart(text: str) -> tuple[exp.Expr, exp.Expr | None, exp.Expr | None]:
    """Return aggregate, argument and filter of a text that is exactly one additive aggregate."""
    expected = "one `count(...)` or `sum(...)`, if need be with `filter (where ...)`"
    condition: exp.Expr | None = None
    tree = _parse(text, "aggregate")
    function = tree.unnest()
    if isinstance(function, exp.Filter):
        condition = function.expression.this
        function = function.this
    if not isinstance(function, exp.Count | exp.Sum):
        raise ExpressionError(f"`{text.strip()}`, which is not one additive aggregate", expected)
    argument = function.this
    if isinstance(argument, exp.Distinct) or (isinstance(function, exp.Count) and len(function.expressions) > 0):
        raise ExpressionError("a distinct count, which does not add up", "type distinct", _offset(tree))
    if argument is None:
        if isinstance(function, exp.Sum):
            raise ExpressionError("`sum()` of nothing", "`sum(column)`")
    elif isinstance(argument, exp.Star):
        if isinstance(function, exp.Sum):
            raise ExpressionError("`sum(*)`", "`sum(column)` or `count(*)`")
        if argument.args.get("except_") or argument.args.get("replace") or argument.args.get("except"):
            raise ExpressionError("`*` with exceptions", "`count(*)`")
        argument = None
    inner = [part for part in (argument, condition) if part is not None]
    for part in inner:
        nested = part.find(exp.Count, exp.Sum, exp.Filter)
        if nested is not None:
            raise ExpressionError("an aggregate inside an aggregate", expected, _offset(nested))
    return function, argument, condition


def _check_columns(tree: exp.Expr, known: Collection[str], what: str) -> None:
    for node in tree.find_all(exp.Column):
        if node.name not in known:
            raise ExpressionError(
                f"`{node.name}`, which is not known here", one_of(node.name, known, what), _offset(node)
            )


def _hardened(tree: exp.Expr, as_of: str | None = None) -> exp.Expr:
    """Return a copy that no value can make fail: `try_` forms, and NULL where a divisor is zero."""

    def harden(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast):
            return exp.TryCast(this=node.this, to=node.to)
        if isinstance(node, exp.StrToTime):
            return exp.Anonymous(this="try_strptime", expressions=[node.this, node.args["format"]])
        if isinstance(node, _MAY_RAISE):
            return exp.Try(this=node.copy())
        if isinstance(node, exp.Div | exp.Mod) and not _is_safe_divisor(node.expression):
            node.set("expression", exp.Nullif(this=node.expression.unnest(), expression=exp.Literal.number(0)))
        if isinstance(node, exp.Column) and node.name == AS_OF and as_of is not None:
            return exp.Paren(this=sqlglot.parse_one(as_of, read=_DIALECT, into=exp.Condition))
        return node

    holder = exp.Paren(this=tree.copy())
    for node in reversed(list(holder.this.walk())):  # what is inside first
        changed = harden(node)
        if changed is not node:
            node.replace(changed)
    hardened: exp.Expr = holder.this
    return hardened


def _is_safe_divisor(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and float(node.this) != 0


def _sql(tree: exp.Expr) -> str:
    return tree.sql(dialect=_DIALECT, identify=True, normalize_functions="lower", comments=False)


def _offset(node: exp.Expr) -> int:
    """Return the character at which a node begins: the first name in it, the parser knows no other places."""
    starts = [inner.meta["start"] for inner in node.walk() if "start" in inner.meta]
    return min(starts, default=0)


def _construct(node: exp.Expr) -> str:
    names = {
        exp.Window: "a window function",
        exp.Query: "a query",
        exp.Exists: "a query",
        exp.Placeholder: "a placeholder",
        exp.Parameter: "a parameter",
        exp.AtTimeZone: "`at time zone`",
        exp.JSONExtract: "`->`",
        exp.Command: "a statement",
    }
    for kind, name in names.items():
        if isinstance(node, kind):
            return name
    return f"{node.key.replace('_', ' ')}, which is not allowed here"


def _unreadable(text: str, error: SqlglotError) -> ExpressionError:
    details: dict[str, Any] = next(iter(getattr(error, "errors", None) or []), {})
    message = details.get("description") or str(error).splitlines()[0]
    highlight = details.get("highlight") or ""
    offset = 0
    if details.get("line") == 1 and details.get("col"):
        offset = max(0, min(int(details["col"]) - len(highlight), len(text)))
    found = f"not readable as SQL: {message.rstrip('.').lower() if message else 'unknown'}"
    return ExpressionError(found + (f" at `{highlight}`" if highlight else ""), "one SQL expression", offset)
