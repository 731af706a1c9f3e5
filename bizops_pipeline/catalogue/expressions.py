"""The SQL that a catalogue may contain: one expression of known columns and listed functions, nothing else.

This is the first wall against what a definition could do to the machine; the engine's own lock is the second.
An expression is read into a tree, every word before a parenthesis and every node of the tree must be on a list,
and the SQL that runs is written anew from the tree: casts and date parsing in their `try_` forms, divisions
guarded against zero, identifiers in quotes. So neither a bad value nor a hostile text gets further than here.

Four profiles: mappings (over a source's columns), metrics and aggregates (over a contract's columns, of one row and of
all) and derived metrics (over other metrics).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from bizops_pipeline.catalogue.allowed_sql import FUNCTIONS, NODES, TYPES, WORDS_BEFORE_PARENTHESES, Profile
from bizops_pipeline.catalogue.suggestion import one_of

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


def check_mapping(text: str) -> None:
    """Refuse a text that is no mapping expression; which columns a source has is not known here.

    Raises:
        ExpressionError: With what was found and what would be right.
    """
    _parse(text, "mapping")


def columns(text: str) -> set[str]:
    """Return the names that a mapping expression reads from the source, as they are written."""
    return {node.name for node in _parse(text, "mapping").find_all(exp.Column)}


def constant_results(text: str) -> tuple[str, ...]:
    """Return the constant texts that a mapping expression gives as they are: alone, or as a branch of a `case`."""
    return tuple(_constant_results(_parse(text, "mapping")))


def _constant_results(tree: exp.Expr) -> Iterator[str]:
    node = tree.unnest()
    if isinstance(node, exp.Literal) and node.is_string:
        yield node.this
    elif isinstance(node, exp.Case):
        for branch in (*(each.args["true"] for each in node.args["ifs"]), node.args.get("default")):
            yield from _constant_results(branch) if branch else ()
    elif isinstance(node, exp.Coalesce):
        for part in (node.this, *node.expressions):
            yield from _constant_results(part)


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


def check_aggregate(text: str, known: Collection[str]) -> None:
    """Refuse a text that is not made of additive aggregates over known columns.

    Raises:
        ExpressionError: With what was found and what would be right.
    """
    tree = _parse(text, "aggregate")
    _check_columns(tree, {*known, AS_OF}, "one of the columns")
    _check_additive(tree, text)


def summed_columns(text: str) -> tuple[tuple[str, int], ...]:
    """Return the columns that an aggregate sums as they are, each with its place in the text."""
    sums = _parse(text, "aggregate").find_all(exp.Sum)
    return tuple((node.this.name, offset_of(node.this)) for node in sums if isinstance(node.this, exp.Column))


def parsed_metric(text: str) -> exp.Expr:
    """Return the tree of an expression over a contract's columns, aggregated or not; it is not to be changed."""
    return _parse(text, "aggregate")


def derived_names(text: str) -> tuple[str, ...]:
    """Return the metrics that a derived expression reads, in the order in which they are written."""
    return tuple(dict.fromkeys(node.name for node in _parse(text, "derived").find_all(exp.Column, bfs=False)))


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
    except Exception:  # the parser's own faults on odd texts; which of them there are is not documented
        raise ExpressionError("not readable as SQL", "one SQL expression") from None
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
    offset = offset_of(node)
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


def _check_additive(node: exp.Expr, text: str) -> None:
    """Refuse a tree that is not made of additive aggregates in a way that keeps it additive."""
    node = node.unnest()
    if isinstance(node, exp.Add | exp.Sub):
        _check_additive(node.left, text)
        _check_additive(node.right, text)
    elif isinstance(node, exp.Mul | exp.Div) and isinstance(node.right, exp.Literal):
        _check_additive(node.left, text)
    elif isinstance(node, exp.Neg):
        _check_additive(node.this, text)
    elif isinstance(node, exp.Filter):
        _check_call_of_aggregate(node.this, text)
        _check_no_aggregate(node.expression)
    else:
        _check_call_of_aggregate(node, text)


def _check_call_of_aggregate(node: exp.Expr, text: str) -> None:
    expected = "`count(...)` or `sum(...)`, if need be with `filter (where ...)`, their sums and differences"
    if not isinstance(node, exp.Count | exp.Sum):
        raise ExpressionError(f"`{text.strip()}`, which does not add up over days", expected, offset_of(node))
    argument = node.this
    if isinstance(argument, exp.Distinct) or len(node.expressions) > 0:
        raise ExpressionError("a distinct count, which does not add up over days", "type distinct", offset_of(node))
    if isinstance(node, exp.Sum) and (argument is None or isinstance(argument, exp.Star)):
        raise ExpressionError(f"`{text.strip()}`", "`sum(column)` or `count(*)`")
    if argument is not None:
        _check_no_aggregate(argument)


def _check_no_aggregate(tree: exp.Expr) -> None:
    nested = tree.find(exp.Count, exp.Sum, exp.Filter)
    if nested is not None:
        raise ExpressionError("an aggregate inside an aggregate", "an expression of one row", offset_of(nested))


def _check_columns(tree: exp.Expr, known: Collection[str], what: str) -> None:
    for node in tree.find_all(exp.Column):
        if node.name not in known:
            raise ExpressionError(
                f"`{node.name}`, which is not known here", one_of(node.name, known, what), offset_of(node)
            )


def _hardened(tree: exp.Expr) -> exp.Expr:
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


def offset_of(node: exp.Expr) -> int:
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
