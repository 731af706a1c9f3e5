"""What expressions of a catalogue may be made of: functions by name, types, and the parser's nodes, by profile.

Functions go by the word that is written, nodes by class; what is on neither list is refused, so a parser that
learns something new opens no gap.
"""

from __future__ import annotations

from typing import Literal

from sqlglot import exp

Profile = Literal["mapping", "metric", "aggregate", "derived"]
"""Mappings read one row of a source, metrics one row of a contract, aggregates its rows, derived other metrics."""

_ARITHMETIC: frozenset[str] = frozenset("abs ceil ceiling coalesce floor greatest least nullif round sign".split())

DERIVED_FUNCTIONS: frozenset[str] = _ARITHMETIC | {"sqrt"}
"""Functions of expressions over other metrics; the root of what is below zero is NULL."""

METRIC_FUNCTIONS: frozenset[str] = _ARITHMETIC | frozenset(
    """
    cast try_cast mod concat left length lower ltrim replace right rtrim split_part substr substring trim upper
    date_diff date_part date_trunc extract
    """.split()
)
"""Functions of expressions over contract columns: what every engine answers alike."""

MAPPING_FUNCTIONS: frozenset[str] = METRIC_FUNCTIONS | frozenset(
    """
    concat_ws contains ifnull lpad md5 nfc_normalize regexp_extract regexp_matches regexp_replace reverse rpad
    starts_with strip_accents json_extract_string
    epoch_ms make_date strptime to_timestamp try_strptime
    """.split()
)
"""Functions of expressions over a source's columns; they always run on the embedded engine."""

AGGREGATES: frozenset[str] = frozenset({"count", "sum"})
"""Aggregates whose values of parts add up to the value of the whole."""

TYPES: frozenset[str] = frozenset(
    """
    TINYINT SMALLINT INT BIGINT FLOAT DOUBLE DECIMAL BOOLEAN VARCHAR TEXT DATE TIMESTAMP TIMESTAMPNTZ TIMESTAMPTZ
    """.split()
)
"""Types to which an expression may cast."""

WORDS_BEFORE_PARENTHESES = frozenset(
    "and or not in case when then else between like ilike is filter where decimal numeric varchar".split()
)
SCALAR_NODES: tuple[type[exp.Expr], ...] = (
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Var,
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.DPipe,
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ,
    exp.Is, exp.In, exp.Between, exp.Like, exp.ILike, exp.Case, exp.If,
    exp.Cast, exp.TryCast, exp.DataType, exp.DataTypeParam,
    exp.Abs, exp.Ceil, exp.Coalesce, exp.Concat, exp.DateDiff, exp.DateTrunc, exp.Extract, exp.Floor, exp.Greatest,
    exp.Least, exp.Left, exp.Length, exp.Lower, exp.Nullif, exp.Replace, exp.Right, exp.Round, exp.Sign, exp.Sqrt,
    exp.SplitPart, exp.Substring, exp.TimestampTrunc, exp.Trim, exp.Upper,
    exp.Anonymous,  # a function without a class of its own; its name was on the list
)  # fmt: skip
MAPPING_NODES: tuple[type[exp.Expr], ...] = (
    *SCALAR_NODES, exp.Interval, exp.Array,
    exp.ConcatWs, exp.Contains, exp.DateFromParts, exp.MD5, exp.Pad, exp.RegexpExtract, exp.RegexpLike,
    exp.RegexpReplace, exp.Reverse, exp.StartsWith, exp.StrToTime, exp.UnixToTime,
    exp.JSONExtractScalar, exp.JSONPath, exp.JSONPathPart,
)  # fmt: skip
AGGREGATE_NODES: tuple[type[exp.Expr], ...] = (
    *SCALAR_NODES, exp.Count, exp.Sum, exp.Distinct, exp.Filter, exp.Where, exp.Star,
)  # fmt: skip

FUNCTIONS: dict[Profile, frozenset[str]] = {
    "mapping": MAPPING_FUNCTIONS,
    "metric": METRIC_FUNCTIONS,
    "aggregate": METRIC_FUNCTIONS | AGGREGATES,
    "derived": DERIVED_FUNCTIONS,
}
NODES: dict[Profile, tuple[type[exp.Expr], ...]] = {
    "mapping": MAPPING_NODES,
    "metric": SCALAR_NODES,
    "aggregate": AGGREGATE_NODES,
    "derived": SCALAR_NODES,
}
