"""The dimensions and bridges that come from the company's catalogue, not from its sources."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from bizops_pipeline.catalogue.models import Company, KeyResult, Objective, Service
from bizops_pipeline.contracts.audit import CONSUMED
from bizops_pipeline.contracts.core import organisation, steering, work
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.model.practices import practice_rows
from bizops_pipeline.model.service_marks import service_mark_rows
from bizops_pipeline.naming import UNALLOCATED, fingerprint, literal, quoted
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.changes import Written
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

Rows = Sequence[Mapping[str, Any]]

ALWAYS, FOR_EVER = date(1900, 1, 1), date(9999, 12, 31)
SCOPES = ("value_stream", "service", "team", "vendor")
_STEP = Decimal("0.000001")
_ROUNDING = Decimal("0.00001")


def write(engine: Engine, company: Company, run: Run) -> dict[str, Written]:
    """Write every table that the catalogue defines; only rows that differ are touched."""
    defined = definition_rows(company)
    with engine.transaction():
        changes.ensure_all(engine, [(table, ()) for table in (CONSUMED, *defined)])
        return {table.name: _write(engine, table, rows, run) for table, rows in defined.items()}


def _write(engine: Engine, table: Table, rows: Rows, run: Run) -> Written:
    query = values_query(table, rows)
    mark = fingerprint(query)
    stored = int(engine.scalar(f"select count(*) from {table.qualified}"))
    if not run.full and stored == len(rows) and changes.seen(engine, table.id, mark) is not None:
        return Written(0, 0, stored)
    written = changes.replace(engine, table, query, run)
    changes.mark_seen(engine, table.id, mark, run)
    return written


def definition_rows(company: Company) -> dict[Table, Rows]:
    """Return the rows of every table that the catalogue defines."""
    return {
        organisation.DIM_VALUE_STREAM: _value_streams(company),
        organisation.DIM_STAGE: _stages(company),
        work.DIM_STAGE_STATUS: _stage_statuses(company),
        organisation.DIM_TEAM: _teams(company),
        organisation.DIM_SERVICE: _services(company),
        organisation.BRIDGE_SERVICE_VALUE_STREAM: _service_value_streams(company),
        steering.DIM_OBJECTIVE: [_objective(each) for each in company.objectives],
        **service_mark_rows(company.organisation.services),
        steering.DIM_KEY_RESULT: [
            _key_result(company, objective, each) for objective in company.objectives for each in objective.key_results
        ],
        **practice_rows(company.practices),
    }


def values_query(table: Table, rows: Rows) -> str:
    """Return a query that gives `rows` with the table's columns and types; a missing value is NULL."""
    names = [column.name for column in table.columns]
    casts = ", ".join(
        f"cast({quoted(column.name)} as {column.type}) as {quoted(column.name)}" for column in table.columns
    )
    values = ", ".join("(" + ", ".join(_value(row.get(name)) for name in names) + ")" for row in rows)
    listed = ", ".join(quoted(name) for name in names)
    if not rows:
        nothing = ", ".join(f"cast(null as {column.type}) as {quoted(column.name)}" for column in table.columns)
        return f"select {nothing} where 1 = 0"
    return f"select {casts} from (values {values}) as defined({listed})"


def service_shares(service: Service) -> list[dict[str, Any]]:
    """Return the validity intervals of a service's value streams; at every day their weights sum to 1.

    What the catalogue leaves open goes to the unallocated value stream; a rest that is only rounding (three
    thirds) goes to the largest share.
    """
    days = {ALWAYS, FOR_EVER}
    for share in service.value_streams:
        days |= {share.from_ or ALWAYS, share.to or FOR_EVER}
    borders = sorted(days)
    intervals: list[dict[str, Any]] = []
    for first, last in pairwise(borders):
        for value_stream, weight in _weights(service, first).items():
            before = next(
                (
                    each
                    for each in intervals
                    if each["valid_to"] == first and (each["value_stream_id"], each["weight"]) == (value_stream, weight)
                ),
                None,
            )
            if before:
                before["valid_to"] = last
                continue
            intervals.append(
                {
                    "service_id": service.id,
                    "value_stream_id": value_stream,
                    "weight": weight,
                    "valid_from": first,
                    "valid_to": last,
                }
            )
    return intervals


def _weights(service: Service, day: date) -> dict[str, Decimal]:
    weights: dict[str, Decimal] = {}
    for share in service.value_streams:
        if (share.from_ or ALWAYS) <= day < (share.to or FOR_EVER):
            weight = Decimal(str(share.weight)).quantize(_STEP)
            weights[share.value_stream] = weights.get(share.value_stream, Decimal(0)) + weight
    rest = 1 - sum(weights.values(), Decimal(0))
    if weights and abs(rest) <= _ROUNDING:
        largest = max(weights, key=lambda name: (weights[name], name))
        weights[largest] += rest
    elif rest > 0:
        weights[UNALLOCATED] = weights.get(UNALLOCATED, Decimal(0)) + rest
    return weights


def _value_streams(company: Company) -> Rows:
    rows: list[dict[str, Any]] = [
        {
            "value_stream_id": each.id,
            "name": each.name,
            "customer": each.customer,
            "owner_business": each.owner_business,
            "owner_it": each.owner_it,
            "value_domain": each.value_domain,
        }
        for each in company.organisation.value_streams
    ]
    return [*rows, {"value_stream_id": UNALLOCATED, "name": "Not allocated to a value stream"}]


def _stages(company: Company) -> Rows:
    return [
        {
            "value_stream_id": value_stream.id,
            "stage_id": stage.id,
            "name": stage.name or stage.id,
            "position": position,
            "kind": stage.kind,
        }
        for value_stream in company.organisation.value_streams
        for position, stage in enumerate(value_stream.stages, start=1)
    ]


def _stage_statuses(company: Company) -> Rows:
    listed = [
        (value_stream.id, status, stage)
        for value_stream in company.organisation.value_streams
        for stage in value_stream.stages
        for status in stage.statuses
    ]
    streams = Counter(status for _, status, _ in listed)
    return [
        {
            "value_stream_id": value_stream,
            "original_status": status,
            "stage_id": stage.id,
            "kind": stage.kind,
            "is_only": streams[status] == 1,
        }
        for value_stream, status, stage in listed
    ]


def _teams(company: Company) -> Rows:
    rows: list[dict[str, Any]] = [
        {"team_id": each.id, "name": each.name, "side": each.side} for each in company.organisation.teams
    ]
    return [*rows, {"team_id": UNALLOCATED, "name": "No team named"}]


def _services(company: Company) -> Rows:
    rows: list[dict[str, Any]] = [
        {
            "service_id": each.id,
            "name": each.name or each.id,
            "tier": each.tier,
            "team_id": each.team or UNALLOCATED,
            "launched_on": each.launched_on,
            "agreed_seconds_per_day": round(Decimal(str(each.agreed_hours_per_day)) * 3600),
        }
        for each in company.organisation.services
    ]
    return [*rows, {"service_id": UNALLOCATED, "name": "No service named", "team_id": UNALLOCATED}]


def _service_value_streams(company: Company) -> Rows:
    nobody = Service(id=UNALLOCATED)
    return [interval for service in (*company.organisation.services, nobody) for interval in service_shares(service)]


def _objective(objective: Objective) -> dict[str, Any]:
    return {
        "objective_id": objective.id,
        "title": objective.title,
        "level": objective.level,
        "parent_id": objective.parent,
        "value_stream_id": objective.value_stream,
        "team_id": objective.team,
        "value_domain": objective.value_domain,
        "kind": objective.kind,
        "owner_business": objective.owners.business,
        "owner_it": objective.owners.it,
        "period_from": objective.period.from_,
        "period_to": objective.period.to,
    }


def _key_result(company: Company, objective: Objective, key_result: KeyResult) -> dict[str, Any]:
    scope = next((name for name in SCOPES if name in key_result.where), None)
    dimensions = {name: value for name, value in key_result.where.items() if name != scope}
    measured = key_result.kpi is not None
    return {
        "key_result_id": key_result.id,
        "objective_id": objective.id,
        "title": key_result.title or key_result.id,
        "type": key_result.type,
        "source": key_result.source or ("measured" if measured else "reported"),
        "kpi_id": key_result.kpi,
        "grain": key_result.grain if measured else None,
        "scope_type": (scope or "company") if measured else None,
        "scope_id": (key_result.where[scope] if scope else company.settings.id) if measured else None,
        "dimensions": canonical_json(dimensions) if measured else None,
        "baseline": _exact(key_result.baseline),
        "target": _exact(key_result.target),
        "start_on": key_result.start or objective.period.from_,
        "due_on": key_result.due or objective.period.to,
        "weight": _exact(key_result.weight),
        "supports_id": key_result.supports,
    }


def canonical_json(values: Mapping[str, str]) -> str:
    """Return dimensions as one text: keys sorted, no spaces, `{}` for none."""
    return json.dumps(dict(values), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _exact(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _value(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, datetime):
        return f"timestamp '{value}'"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, bool | int | Decimal):
        return format(value, "f") if isinstance(value, Decimal) else str(value).lower()
    return literal(str(value))
