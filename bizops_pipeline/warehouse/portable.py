"""The SQL that every engine answers with the same rows, and the lint that keeps the package to it.

Here belong the list of portable functions and the rules for a `.sql` file of this package; not what an
engine needs in order to run one. Transpiling proves nothing: a transpiler passes an unknown function on and
maps an exact percentile to an approximate one. So a function gets on the list when it means the same on
DuckDB and Spark, under whatever name, and a construct that was seen to differ is refused with what to write
instead.

Run it with `python -m bizops_pipeline.warehouse.portable [FILE ...]`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from pathlib import Path

from sqlglot import TokenType, exp, parse
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token

FUNCTIONS: frozenset[str] = frozenset(
    """
    abs ceil ceiling exp floor greatest least ln mod power round sign sqrt
    concat concat_ws left length lower lpad ltrim md5 repeat replace reverse right rpad rtrim split_part
    substr substring trim upper regexp_extract
    cast coalesce nullif try_cast
    date_diff date_part date_trunc extract last_day make_date generate_series
    arg_max arg_min avg bool_and bool_or count max median min quantile_cont stddev_pop stddev_samp sum var_pop
    var_samp
    cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
    """.split()
)
"""Functions with the same meaning on every supported engine."""

LOADER_FUNCTIONS: frozenset[str] = frozenset({"try_strptime"})
"""Functions that only the loader of landing files may use; it always runs on the embedded engine."""

DATE_PARTS: frozenset[str] = frozenset(
    {"year", "quarter", "month", "week", "day", "hour", "minute", "second", "doy", "isodow", "isoyear"}
)
"""Parts of a date that are numbered alike everywhere."""

DATE_DIFF_UNITS: frozenset[str] = frozenset({"second", "day"})
"""Units of `date_diff` in which counted boundaries equal whole units, given whole seconds or dates."""

_INSTEAD: dict[str, str] = {
    "any_value": "which value comes out depends on the engine; use min, max or arg_max with a unique order",
    "array_agg": "a list has no counterpart in every reader; aggregate to a scalar or keep the rows",
    "approx_quantile": "an approximation differs by engine; use quantile_cont",
    "count_if": "write count(*) filter (where ...)",
    "datediff": "write date_diff('second', start, end)",
    "epoch": "write date_diff('second', start, end)",
    "first": "the order is the engine's; use arg_min or first_value over an ordered window",
    "hash": "the value differs by engine and version; use md5",
    "if": "write case when ... then ... else ... end",
    "ifnull": "write coalesce",
    "last": "the order is the engine's; use arg_max or last_value over an ordered window",
    "list": "a list has no counterpart in every reader; aggregate to a scalar or keep the rows",
    "mode": "ties are the engine's choice; count and rank with row_number",
    "now": "the result changes from run to run; take the as-of date as a parameter",
    "percentile_cont": "write quantile_cont(value, share)",
    "quantile": "write quantile_cont(value, share)",
    "random": "the result changes from run to run",
    "regexp_matches": "write like, or regexp_extract(...) <> ''",
    "regexp_replace": "the first match here, all elsewhere; use replace or regexp_extract",
    "strftime": "its format differs by engine; use extract, or join dim_date for a label",
    "string_agg": "its order differs by engine; keep the rows",
    "strptime": "text becomes a time in the source's mapping, before any model",
    "today": "the result changes from run to run; take the as-of date as a parameter",
    "try_strptime": "text becomes a time in the loader only",
    "uuid": "the result changes from run to run; hash the business key",
}

# Words that stand before a parenthesis without being a function.
_NOT_CALLS: frozenset[str] = frozenset(
    """
    all and any array as between bigint by case char character date decimal distinct else end except exists
    filter from group having ignore in intersect interval is join lateral like limit materialized not
    numeric offset on or order over partition qualify recursive rollup select set sets some then timestamp
    union using values varchar when where window with within
    """.split()
)

_CLOCK_TOKENS: frozenset[TokenType] = frozenset(
    {TokenType.CURRENT_DATE, TokenType.CURRENT_DATETIME, TokenType.CURRENT_TIME, TokenType.CURRENT_TIMESTAMP}
)

_TEMPLATE = re.compile(r"\{\{|\{%|\$\{")
_WORD = re.compile(r"[A-Za-z_]\w*")
_NEXT_STEP = re.compile(r"^\),\n(?=\w+ as \()", re.MULTILINE)
_KINDS_OF_JOIN = frozenset(
    {TokenType.INNER, TokenType.LEFT, TokenType.RIGHT, TokenType.FULL, TokenType.OUTER, TokenType.CROSS}
)
_DIALECT = DuckDB()


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One departure from the rules, on a line (from 1) of the text that was checked."""

    line: int
    reason: str


def violations(sql: str, *, loader: bool = False) -> list[str]:
    """Return why `sql`, a query or an expression, is not portable; empty when it is."""
    return [violation.reason for violation in check(sql, loader=loader)]


def check(sql: str, *, loader: bool = False) -> list[Violation]:
    """Return every use in `sql` of a function or construct that engines do not share, by line."""
    try:
        tokens = _DIALECT.tokenize(sql)
        trees = [tree for tree in parse(sql, read=_DIALECT) if tree is not None]
    except SqlglotError as error:
        return [_unreadable(error)]
    found = set(_function_violations(sql, tokens, trees, loader=loader))
    for tree in trees:
        found.update(_construct_violations(sql, tree))
    return sorted(found)


def check_file(text: str, *, loader: bool = False) -> list[Violation]:
    """Return every departure of a `.sql` file from the portable subset and from the form of a model."""
    template = _TEMPLATE.search(text)
    if template:
        line = _line(text, template.start())
        return [Violation(line, "a template: the file holds plain SQL, values come as parameters")]
    found = check(text, loader=loader)
    try:
        tokens = _DIALECT.tokenize(text)
        trees = [tree for tree in parse(text, read=_DIALECT) if tree is not None]
    except SqlglotError:
        return found
    return sorted([*found, *_form_violations(text, tokens, trees)])


def main(arguments: list[str] | None = None) -> int:
    """Lint the given files, or every `.sql` file of the package; print `file:line reason`; 1 on any."""
    package = Path(__file__).resolve().parents[1]
    given = sys.argv[1:] if arguments is None else arguments
    paths = [Path(name).resolve() for name in given] or sorted(package.rglob("*.sql"))
    count = 0
    for path in paths:
        loader = path.is_relative_to(package / "landing")
        shown = path.relative_to(package.parent) if path.is_relative_to(package.parent) else path
        for violation in check_file(path.read_text(encoding="utf-8"), loader=loader):
            print(f"{shown}:{violation.line} {violation.reason}")
            count += 1
    print(f"{len(paths)} SQL files, {count} violations of the portable subset")
    return 1 if count else 0


def _function_violations(sql: str, tokens: list[Token], trees: list[exp.Expr], *, loader: bool) -> Iterator[Violation]:
    """Yield each function call, as written, that is not on the list."""
    allowed = FUNCTIONS | LOADER_FUNCTIONS if loader else FUNCTIONS
    # `with sales(day, amount) as ...` and `... as t(day)` name columns; they call nothing.
    with_columns = {alias.name.lower() for tree in trees for alias in tree.find_all(exp.TableAlias) if alias.columns}
    for token, following in zip_longest(tokens, tokens[1:]):
        if token.token_type in _CLOCK_TOKENS:
            reason = f"{token.text.lower()}: {_INSTEAD['now']}"
            yield Violation(_line(sql, token.start), reason)
            continue
        if following is None or following.token_type != TokenType.L_PAREN:
            continue
        written = _written(sql, token).lower()
        if not _WORD.fullmatch(written) or written in allowed | _NOT_CALLS | with_columns:
            continue
        instead = _INSTEAD.get(written, "not on the list of portable functions")
        yield Violation(_line(sql, token.start), f"{written}(): {instead}")


def _construct_violations(sql: str, tree: exp.Expr) -> Iterator[Violation]:
    """Yield each construct of the tree that engines answer differently or not at all."""
    for node in tree.walk():
        for kind, reason_for in _CONSTRUCTS.items():
            if isinstance(node, kind):
                reason = reason_for(node)
                if reason:
                    yield Violation(_node_line(sql, node), reason)


def _form_violations(sql: str, tokens: list[Token], trees: list[exp.Expr]) -> Iterator[Violation]:
    """Yield what is wrong with the form of a model file: header, case of keywords, joins, steps, columns."""
    first = _line(sql, tokens[0].start) if tokens else len(sql.splitlines()) + 1
    header = [line.strip() for line in sql.splitlines()[: first - 1]]
    if not any(line.startswith("-- grain:") for line in header):
        yield Violation(1, "no `-- grain:` comment line before the query: say what one row stands for")

    for token, following in zip_longest(tokens, tokens[1:]):
        written = _written(sql, token)
        call = following is not None and following.token_type == TokenType.L_PAREN
        keyword = token.token_type not in (TokenType.VAR, TokenType.IDENTIFIER, TokenType.STRING)
        words = _WORD.match(written) is not None
        if words and (keyword or call) and written != written.lower():
            yield Violation(_line(sql, token.start), f"{written}: keywords and functions are lower case")

    for before, token in pairwise(tokens):
        if token.token_type == TokenType.JOIN and before.token_type not in _KINDS_OF_JOIN:
            yield Violation(_line(sql, token.start), "join: say of which kind, `inner join`")
    for step in _NEXT_STEP.finditer(sql):
        yield Violation(_line(sql, step.end()), "a blank line stands between the steps of a query")

    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        yield Violation(first, "the file holds exactly one query")
        return
    for select in _outermost(trees[0]):
        for column in select.expressions:
            if column.is_star:
                line = _node_line(sql, column, default=_node_line(sql, select))
                yield Violation(line, "the outermost select lists its columns, `*` is for inner queries")


def _outermost(query: exp.Expr) -> Iterator[exp.Select]:
    """Yield the selects whose columns are the columns of the result: one, or the sides of a union."""
    if isinstance(query, exp.Select):
        yield query
    elif isinstance(query, exp.SetOperation):
        yield from _outermost(query.left)
        yield from _outermost(query.right)
    elif isinstance(query, exp.Subquery):
        yield from _outermost(query.this)


def _join(node: exp.Expr) -> str | None:
    if node.args.get("using"):
        return "using: a qualified column is lost after it on some engines; write the join with `on`"
    if node.text("method"):
        return f"{node.text('method').lower()} join: not every engine has it; write the join with `on`"
    return None


def _order(node: exp.Expr) -> str | None:
    inside = isinstance(node.parent, exp.Func) and not isinstance(node.parent, exp.Window)
    return "order by inside an aggregate: use arg_min, arg_max or a window" if inside else None


def _date_part(node: exp.Expr) -> str | None:
    if isinstance(node, exp.Extract):
        part = node.this
    elif node.name.lower() == "date_part" and node.expressions:
        part = node.expressions[0]
    else:
        return None
    name = part.name.lower()
    if name == "epoch":
        return f"epoch of an interval or a time: {_INSTEAD['epoch']}"
    if name not in DATE_PARTS:
        return f"{name}: numbered or named differently by engine; use one of {', '.join(sorted(DATE_PARTS))}"
    return None


def _date_diff(node: exp.Expr) -> str | None:
    unit = node.text("unit").lower()
    if unit in DATE_DIFF_UNITS:
        return None
    return f"date_diff('{unit}'): boundaries here, whole units elsewhere; use 'second', or 'day' on dates"


def _group(node: exp.Expr) -> str | None:
    return "group by all: not every engine has it; name the columns" if node.args.get("all") else None


def _distinct(node: exp.Expr) -> str | None:
    return "distinct on: use row_number and qualify" if node.args.get("on") else None


def _set_operation(node: exp.Expr) -> str | None:
    return "union by name: list the columns in one order" if node.args.get("by_name") else None


def _always(reason: str) -> Callable[[exp.Expr], str]:
    return lambda node: reason


_CONSTRUCTS: dict[type[exp.Expr], Callable[[exp.Expr], str | None]] = {
    exp.Join: _join,
    exp.Order: _order,
    exp.Extract: _date_part,
    exp.Anonymous: _date_part,
    exp.DateDiff: _date_diff,
    exp.Group: _group,
    exp.Distinct: _distinct,
    exp.SetOperation: _set_operation,
    exp.AtTimeZone: _always("at time zone: its direction differs on a naive time; join the calendar instead"),
    exp.WithinGroup: _always("within group: write quantile_cont(value, share)"),
    exp.IntDiv: _always("//: differs on zero and on negatives; write cast(floor(a / b) as bigint)"),
    exp.Array: _always("a list value: not every reader has the type"),
    exp.Struct: _always("a struct value: not every reader has the type"),
    exp.Lambda: _always("a lambda: not every engine has it"),
    exp.Pivot: _always("pivot and unpivot: write the columns or a union all"),
    exp.TableSample: _always("sample: the result changes from run to run"),
}


def _written(sql: str, token: Token) -> str:
    return sql[token.start : token.end + 1]


def _line(sql: str, offset: int) -> int:
    return sql.count("\n", 0, offset) + 1


def _node_line(sql: str, node: exp.Expr, default: int = 1) -> int:
    """Return the line of the first name inside the node: the parser keeps positions of names only."""
    offsets = [inner.meta["start"] for inner in node.walk() if "start" in inner.meta]
    return _line(sql, min(offsets)) if offsets else default


def _unreadable(error: SqlglotError) -> Violation:
    details = getattr(error, "errors", None) or [{}]
    message = details[0].get("description") or str(error).splitlines()[0]
    return Violation(details[0].get("line") or 1, f"not readable as SQL: {message}")


if __name__ == "__main__":
    sys.exit(main())
