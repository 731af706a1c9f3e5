"""Where an expression of the catalogue loses a value: a cast or a parse that gives nothing for something.

Expressions are compiled to their `try_` forms, so a value that does not fit ends as NULL. Whether a NULL is a
loss depends on the expression: the branch not taken of a `case` and the parts of a `coalesce` that another
part stands in for lose nothing.
"""

from __future__ import annotations

from sqlglot import exp

from bizops_pipeline.model.staging import conversion
from bizops_pipeline.naming import literal, quoted

_NUMERIC = frozenset(
    {exp.DType.DECIMAL, exp.DType.DOUBLE, exp.DType.FLOAT, exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT}
)

# Nothing in, nothing out: while the whole is there, no part of it was lost.
_STRICT: tuple[type[exp.Expr], ...] = (
    exp.TryCast,
    exp.Paren,
    exp.Neg,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.Column,
    exp.Identifier,
    exp.Literal,
    exp.DataType,
    exp.DataTypeParam,
    exp.Trim,
    exp.Substring,
    exp.Replace,
    exp.Lower,
    exp.Upper,
    exp.Left,
    exp.Right,
)


def sql(node: exp.Expr) -> str:
    """Return an expression as the engine reads it."""
    return node.sql(dialect="duckdb")


def columns_of(expression: exp.Expr) -> set[str]:
    """Return the raw columns that an expression reads."""
    return {node.name for node in expression.find_all(exp.Column)}


def is_cast_to_timestamp(expression: exp.Expr) -> bool:
    """Tell whether an expression ends in a cast to a naive timestamp."""
    return isinstance(expression, exp.TryCast) and expression.to.this in (
        exp.DType.TIMESTAMP,
        exp.DType.TIMESTAMPNTZ,
        exp.DType.DATETIME,
    )


def is_epoch(expression: exp.Expr) -> bool:
    """Tell whether an expression counts from the epoch: its result is UTC, whatever its type says."""
    inner = expression.this if isinstance(expression, exp.Try) else expression
    return isinstance(inner, exp.UnixToTime)


def with_decimal_mark(expression: exp.Expr, decimal: str) -> exp.Expr:
    """Return an expression whose casts of plain texts to numbers read another decimal mark."""

    def rewritten(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.TryCast) and node.to.this in _NUMERIC and _is_plain_text(node.this):
            text = conversion.number_text(sql(node.this), decimal)
            return exp.TryCast(this=exp.maybe_parse(text, dialect="duckdb"), to=node.to.copy())
        return node

    # From the outside in, and not into what was rewritten.
    return expression.copy().transform(rewritten)


def lost_text(expression: exp.Expr, value: str) -> str | None:
    """Return SQL for the source's text where the expression lost it, else NULL; None when it cannot lose any.

    `value` is the column that holds the result of the expression.
    """
    condition = _lost(expression)
    if condition is None:
        return None
    if all(isinstance(node, _STRICT) or _is_parse(node) for node in expression.walk()):
        condition = f"{value} is null and {condition}"
    return f"case when {condition} then {_inputs(expression)} end"


def _lost(node: exp.Expr) -> str | None:
    """Return the condition under which a value is lost in a node, None when that cannot be."""
    if isinstance(node, exp.TryCast) or _is_parse(node):
        operand = node.this if isinstance(node, exp.TryCast) else node.expressions[0]
        here = f"({conversion.present(sql(operand))} and {sql(node)} is null)"
        return _any([_lost(operand), here])
    if isinstance(node, exp.Try):
        given = [conversion.present(quoted(name)) for name in sorted(columns_of(node))]
        here = " and ".join([*given, f"{sql(node)} is null"])
        return _any([_lost(node.this), f"({here})"])
    if isinstance(node, exp.Coalesce):
        return _lost_in_coalesce([node.this, *node.expressions])
    if isinstance(node, exp.Case):
        return _lost_in_case(node)
    return _any([_lost(child) for child in node.iter_expressions()])


def _lost_in_coalesce(parts: list[exp.Expr]) -> str | None:
    lost = _any([_lost(part) for part in parts])
    if lost is None:
        return None
    from_source = [f"{sql(part)} is null" for part in parts if part.find(exp.Column)]
    return f"({' and '.join(from_source)} and {lost})"


def _lost_in_case(node: exp.Case) -> str | None:
    branches = []
    for branch in node.args["ifs"]:
        condition = sql(branch.this)
        if node.this is not None:
            condition = f"{sql(node.this)} = {condition}"
        branches.append((condition, _lost(branch.args["true"])))
    default = node.args.get("default")
    lost_otherwise = _lost(default) if default is not None else None
    if lost_otherwise is None and all(lost is None for _, lost in branches):
        return None
    cases = " ".join(f"when {condition} then {lost or 'false'}" for condition, lost in branches)
    return f"(case {cases} else {lost_otherwise or 'false'} end)"


def _any(conditions: list[str | None]) -> str | None:
    found = [condition for condition in conditions if condition]
    return f"({' or '.join(found)})" if found else None


def _is_parse(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() == "try_strptime"


def _is_plain_text(node: exp.Expr) -> bool:
    """Tell whether an operand is the source's own text, and not a number that was computed from it."""
    return node.find(exp.Column) is not None and node.find(exp.TryCast, exp.Binary) is None


def _inputs(expression: exp.Expr) -> str:
    names = sorted(columns_of(expression))
    if not names:
        return literal(sql(expression))
    if len(names) == 1:
        return conversion.as_text(quoted(names[0]))
    shown = ", ', ', ".join(
        f"{literal(name + ' = ')}, coalesce({conversion.as_text(quoted(name))}, 'nothing')" for name in names
    )
    return f"concat({shown})"
