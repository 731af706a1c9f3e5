"""The dimensions and bridges that come from the company's catalogue, not from its sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from bizops_pipeline.catalogue.models import Company, Service
from bizops_pipeline.contracts.audit import CONSUMED
from bizops_pipeline.contracts.core import organisation, work
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.contracts.vocabulary import ALWAYS, FOR_EVER
from bizops_pipeline.model.objectives import objective_rows
from bizops_pipeline.model.practices import practice_rows
from bizops_pipeline.model.service_marks import service_mark_rows
from bizops_pipeline.naming import UNALLOCATED, fingerprint, literal, quoted
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.changes import Written
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

Rows = Sequence[Mapping[str, Any]]

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
        **objective_rows(company),
        **practice_rows(company.practices),
        **service_mark_rows(company.organisation.services),
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
