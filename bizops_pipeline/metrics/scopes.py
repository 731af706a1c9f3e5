"""What values are cut by: a scope (company, service, team, value stream, vendor) and dimensions of the fact."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bizops_pipeline.contracts.core.organisation import BRIDGE_SERVICE_VALUE_STREAM, DIM_SERVICE
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.metrics.expressions import MetricError
from bizops_pipeline.naming import UNALLOCATED, literal, quoted
from bizops_pipeline.warehouse.engine import Engine

SCOPE_COLUMN = {"service": "service_id", "team": "service_id", "value_stream": "service_id", "vendor": "vendor_id"}
"""Column of the fact from which each scope is reached."""

NONE = "(none)"
"""Member of a dimension that stands for NULL."""


@dataclass(frozen=True, slots=True, order=True)
class BySet:
    """One entry of a KPI's `by`: at most one scope, and dimension columns in alphabetical order."""

    scope: str
    dimensions: tuple[str, ...]

    @property
    def id(self) -> str:
        """Name of the set in the compiler's tables."""
        return ",".join((self.scope, *self.dimensions))

    @property
    def base(self) -> frozenset[str]:
        """Columns of the fact by which records are grouped before they are given to members."""
        scope = {SCOPE_COLUMN[self.scope]} if self.scope != "company" else set()
        return frozenset(scope | set(self.dimensions))

    @property
    def is_weighted(self) -> bool:
        """Whether a record may belong to several members, by weight."""
        return self.scope == "value_stream"

    def scope_id(self, company_id: str) -> str:
        """Return the SQL of the scope's member for a row of `base` joined by `join`."""
        unallocated = literal(UNALLOCATED)
        return {
            "company": literal(company_id),
            "service": f"coalesce(base.service_id, {unallocated})",
            "team": f"coalesce(service.team_id, {unallocated})",
            "value_stream": f"coalesce(stream.value_stream_id, {unallocated})",
            "vendor": f"coalesce(base.vendor_id, {literal(NONE)})",
        }[self.scope]

    @property
    def join(self) -> str:
        """Return the SQL that joins the members' table to `base`; a stream must be valid on `base.member_day`."""
        if self.scope == "team":
            return f"left join {DIM_SERVICE.qualified} as service on service.service_id = base.service_id"
        if self.scope == "value_stream":
            return (
                f"left join {BRIDGE_SERVICE_VALUE_STREAM.qualified} as stream on stream.service_id = base.service_id\n"
                "        and base.member_day >= stream.valid_from and base.member_day < stream.valid_to"
            )
        return ""

    def weighted(self, amount: str) -> str:
        """Return the SQL of an exact amount times the weight of the member."""
        if not self.is_weighted:
            return amount
        return f"cast({amount} as decimal(29,9)) * coalesce(stream.weight, cast(1 as decimal(9,6)))"

    def dimension_columns(self, alias: str = "base") -> str:
        """Return the SQL of the dimension columns, each preceded by a comma."""
        return "".join(f", {alias}.{quoted(name)}" for name in self.dimensions)

    @property
    def json(self) -> str:
        """Return the SQL of the canonical JSON of the dimension columns."""
        if not self.dimensions:
            return "'{}'"
        pairs = [f"'{json.dumps(name)}:\"', {_escaped(name)}, '\"'" for name in self.dimensions]
        return "concat('{', " + ", ',', ".join(pairs) + ", '}')"


def by_set(names: Iterable[str], entity: Table | None, owner: str) -> BySet:
    """Return the set for an entry of `by`; raises MetricError when the entity cannot be cut by it."""
    names = tuple(names)
    scopes = [name for name in names if name in SCOPE_COLUMN]
    if len(scopes) > 1:
        raise MetricError(f"{owner}: by [{', '.join(names)}] has more than one scope ({', '.join(scopes)})")
    dimensions = tuple(sorted({name for name in names if name not in SCOPE_COLUMN and name != "company"}))
    found = BySet(scopes[0] if scopes else "company", dimensions)
    if entity is not None:
        check_has(entity, found, owner)
    return found


def check_has(entity: Table, by: BySet, owner: str) -> None:
    """Raise MetricError unless a fact has the columns of a set."""
    for column in sorted(by.base):
        if not entity.has(column):
            raise MetricError(f"{owner}: {entity.name} has no column {column}, so it cannot be cut by {by.id}")


def canonical_dimensions(dimensions: Mapping[str, str]) -> str:
    """Return dimensions as `marts.kpi_value` writes them: compact JSON with sorted keys, `{}` for none."""
    return json.dumps(dict(dimensions), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def mapping_fingerprint(engine: Engine) -> str:
    """Return the content of what maps services to teams and value streams, for fingerprints."""
    teams = engine.rows(f"select service_id, team_id from {DIM_SERVICE.qualified} order by service_id, team_id")
    streams = engine.rows(
        "select service_id, value_stream_id, weight, valid_from, valid_to "
        f"from {BRIDGE_SERVICE_VALUE_STREAM.qualified} order by service_id, value_stream_id, valid_from"
    )
    return repr((teams, streams))


def _escaped(column: str) -> str:
    sql = f"coalesce(cast({quoted(column)} as varchar), {literal(NONE)})"
    for plain, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        sql = f"replace({sql}, '{plain}', '{escape}')"
    return sql
