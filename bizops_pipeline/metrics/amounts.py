"""Whether the values of a KPI are amounts, of which a part has less than the whole, or say the same of every part.

An expression over other KPIs is an amount where it multiplies by one more amount than it divides by: the difference
of two sums and a sum times a rate are, a sum by a count and the growth of a sum are not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlglot import exp

from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.metrics import expressions

_JUDGEMENTS = (exp.Predicate, exp.Connector, exp.Not, exp.Sign)
"""What says something of amounts without being one."""


def amounts_among(kpis: Iterable[Kpi]) -> frozenset[str]:
    """Return those of some KPIs that are amounts; each must come after those it refers to."""
    found: set[str] = set()
    for kpi in kpis:
        if _is_amount(kpi, found):
            found.add(kpi.id)
    return frozenset(found)


def _is_amount(kpi: Kpi, amounts: Collection[str]) -> bool:
    if kpi.type == "snapshot":
        return kpi.percentile is None
    if kpi.type == "cumulative":
        return kpi.metric in amounts
    if kpi.type == "derived":
        return _power(expressions.parse(kpi.expr or "", f"KPI {kpi.id}"), amounts) > 0
    return kpi.type in ("simple", "distinct")


def _power(node: exp.Expr, amounts: Collection[str]) -> float:
    """Return how many amounts an expression multiplies by, less those it divides by."""
    if isinstance(node, exp.Column):
        return float(node.name in amounts)
    if isinstance(node, exp.Mul):
        return _power(node.this, amounts) + _power(node.expression, amounts)
    if isinstance(node, exp.Div):
        return _power(node.this, amounts) - _power(node.expression, amounts)
    if isinstance(node, exp.Sqrt):
        return _power(node.this, amounts) / 2
    if isinstance(node, _JUDGEMENTS):
        return 0
    # A constant is of the kind of what it is added to or compared with.
    parts = [each for each in node.iter_expressions() if not isinstance(each, (exp.Literal, *_JUDGEMENTS))]
    return max((_power(each, amounts) for each in parts), default=0)
