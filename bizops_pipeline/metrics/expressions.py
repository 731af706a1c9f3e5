"""Expressions of KPI definitions, parsed once: made safe, taken apart into additive aggregates, written as SQL.

Whether an expression may say what it says (columns, functions) is the catalogue's check; here it gets its
meaning: casts that fail and roots of what is below zero give NULL, nothing is divided by zero, `as_of` is the
business date of the refresh, and a product of columns does not overflow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from bizops_pipeline.catalogue.expressions import AS_OF
from bizops_pipeline.errors import MetricError


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One additive aggregate: `count` of rows or of a value, or `sum` of a value, with an optional condition."""

    kind: str
    value: str | None
    condition: str | None
    column: str | None
    """The value when it is a bare column, whose declared type says whether it can be summed as it is."""


@dataclass(frozen=True, slots=True)
class Formula:
    """Arithmetic over additive aggregates: `template` holds a column `part_<i>` for the i-th aggregate."""

    template: exp.Expr
    aggregates: tuple[Aggregate, ...]

    def sql(self, name_of: Callable[[int], str]) -> str:
        """Return the arithmetic with each aggregate replaced by the SQL that `name_of(i)` gives."""

        def named(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Column) and node.name.startswith("part_"):
                return parse_one(name_of(int(node.name.removeprefix("part_"))), read="duckdb")
            return node

        return render(self.template.transform(named))

    def divided_by(self, number: float) -> Formula:
        """Return the arithmetic divided by a number."""
        divisor = exp.Literal.number(repr(number))
        return Formula(exp.Div(this=exp.paren(self.template.copy()), expression=divisor), self.aggregates)


def parse(text: str, owner: str) -> exp.Expr:
    """Return the safe form of an expression; raises MetricError naming the owner when it cannot be read."""
    try:
        tree = parse_one(text, read="duckdb")
    except SqlglotError as error:
        raise MetricError(f"{owner}: {text!r} is not an SQL expression ({str(error).splitlines()[0]})") from error
    for node in reversed(list(tree.walk())):  # what is inside first: it stays safe when what is around it is replaced
        safe = _safe(node)
        if safe is not node:
            tree = safe if node is tree else tree
            node.replace(safe)
    return tree


def render(tree: exp.Expr) -> str:
    """Return an expression as SQL text."""
    return tree.sql(dialect="duckdb", normalize_functions="lower")


def value(text: str, owner: str) -> str:
    """Return an expression over the columns of a record in its safe form."""
    return render(_wide(parse(text, owner)))


def condition(text: str | None, owner: str) -> str | None:
    """Return a condition in its safe form, None for none."""
    return None if text is None else value(text, owner)


def both(first: str | None, second: str | None) -> str | None:
    """Return the conjunction of two optional conditions."""
    if first and second:
        return f"({first}) AND ({second})"
    return first or second


def uses_as_of(*texts: str | None) -> bool:
    """Tell whether any of some safe expressions refers to the business date of the refresh."""
    return any(text and _has_as_of(parse_one(text, read="duckdb")) for text in texts)


def at(text: str, as_of: date) -> str:
    """Return an expression with the business date filled in."""
    if AS_OF not in text:
        return text
    value = exp.cast(exp.Literal.string(as_of.isoformat()), "date")
    tree = parse_one(text, read="duckdb")
    return render(tree.transform(lambda node: value.copy() if _is_as_of(node) else node))


def formula(text: str, where: str | None, owner: str) -> Formula:
    """Take an additive expression apart; `where` limits every aggregate in it."""
    aggregates: list[Aggregate] = []

    def take(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Filter) and isinstance(node.this, exp.AggFunc):
            found = _aggregate(node.this, both(where, render(node.expression.this)), owner)
        elif isinstance(node, exp.AggFunc):
            found = _aggregate(node, where, owner)
        else:
            return node
        if found not in aggregates:
            aggregates.append(found)
        return exp.column(f"part_{aggregates.index(found)}")

    template = _wide(parse(text, owner)).transform(take)
    stray = [column.sql() for column in template.find_all(exp.Column) if not column.name.startswith("part_")]
    if stray or not aggregates:
        what = f"{stray[0]} stands outside an aggregate" if stray else "it has no aggregate"
        raise MetricError(f"{owner}: {text!r} must be made of count(...) and sum(...): {what}")
    return Formula(template, tuple(aggregates))


def _aggregate(node: exp.Expr, where: str | None, owner: str) -> Aggregate:
    if isinstance(node, exp.Count) and isinstance(node.this, exp.Distinct):
        raise MetricError(
            f"{owner}: a distinct count cannot be summed up from days; define a KPI of type distinct and refer "
            "to it as {metric: ...}"
        )
    if isinstance(node, exp.Count):
        if node.this is None or isinstance(node.this, exp.Star | exp.Literal):
            return Aggregate("count", None, where, None)
        return Aggregate("count", render(node.this), where, _bare(node.this))
    if isinstance(node, exp.Sum) and not isinstance(node.this, exp.Distinct):
        return Aggregate("sum", render(node.this), where, _bare(node.this))
    raise MetricError(f"{owner}: {render(node)} is not additive; use count(*), count(x) or sum(x)")


def _bare(node: exp.Expr) -> str | None:
    return node.name if isinstance(node, exp.Column) else None


def _safe(node: exp.Expr) -> exp.Expr:
    if type(node) is exp.Cast:
        return exp.TryCast(this=node.this, to=node.args["to"])
    if isinstance(node, exp.Div) and not _cannot_be_zero(node.expression):
        return exp.Div(this=node.this, expression=exp.Nullif(this=node.expression, expression=exp.Literal.number(0)))
    if isinstance(node, exp.Sqrt):
        return exp.Sqrt(
            this=exp.Case().when(exp.GTE(this=node.this.copy(), expression=exp.Literal.number(0)), node.this)
        )
    return node


def _wide(tree: exp.Expr) -> exp.Expr:
    """Give products of columns room for all their digits: two decimals of 18 digits have only 18 together."""
    for product in list(tree.find_all(exp.Mul)):
        if isinstance(product.parent, exp.Mul) or product.find(exp.AggFunc):
            continue
        if product.this.find(exp.Column) and product.expression.find(exp.Column):
            first = product.this
            while isinstance(first, exp.Mul):
                first = first.this
            one = exp.cast(exp.Literal.number(1), "decimal(19, 0)")
            first.replace(exp.Mul(this=one, expression=first.copy()))
    return tree


def _cannot_be_zero(node: exp.Expr) -> bool:
    if isinstance(node, exp.Literal):
        return not node.is_string and float(node.this) != 0
    return isinstance(node, exp.Nullif)


def _is_as_of(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and node.name.lower() == AS_OF and not node.table


def _has_as_of(tree: exp.Expr) -> bool:
    return any(_is_as_of(node) for node in tree.find_all(exp.Column))
