"""To which services a record belongs, by what share, and which value streams it reaches through them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bizops_pipeline.contracts.core.allocation import BRIDGE_ITEM_SERVICE
from bizops_pipeline.contracts.core.organisation import BRIDGE_SERVICE_VALUE_STREAM
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.warehouse.engine import Engine

WITHOUT_A_DAY = date(9999, 12, 30)
"""Day of a record that has none: it belongs where whatever holds for ever says."""

PLACES = 6
"""Decimals of a share, as weights have them."""


@dataclass(frozen=True, slots=True)
class ServiceShare:
    """A service with its share of a record, and the value streams of the service with theirs of the service."""

    service_id: str
    weight: float
    value_streams: tuple[tuple[str, float], ...]


def service_shares(
    engine: Engine, fact: Table, rows: Sequence[Mapping[str, Any]], day: date | None
) -> tuple[ServiceShare, ...]:
    """Return the services of a record, the largest share first, by what holds on a day.

    `rows` are the record's rows of a fact, one for each share where the fact keeps shares apart. As in KPIs, an item
    is shared in the facts that declare it, and elsewhere belongs to the services that the rows name.
    """
    if not fact.has("service_id"):
        return ()
    weights = _of_item(engine, fact, rows, day) or _of_rows(fact, rows)
    ordered = sorted(weights.items(), key=lambda found: (-found[1], found[0]))
    return tuple(ServiceShare(service, weight, _value_streams(engine, service, day)) for service, weight in ordered)


def streams_reached(shares: Sequence[ServiceShare]) -> tuple[tuple[str, float], ...]:
    """Return the value streams that a record reaches through its services, the largest share of the record first."""
    total: dict[str, float] = defaultdict(float)
    for share in shares:
        for stream, weight in share.value_streams:
            total[stream] += share.weight * weight
    rounded = ((stream, round(weight, PLACES)) for stream, weight in total.items())
    return tuple(sorted(rounded, key=lambda found: (-found[1], found[0])))


def _of_item(engine: Engine, fact: Table, rows: Sequence[Mapping[str, Any]], day: date | None) -> dict[str, float]:
    """Return the weights of the services of a fact's item, nothing for one that belongs to the service it names."""
    if fact.item is None or not engine.exists(BRIDGE_ITEM_SERVICE.schema, BRIDGE_ITEM_SERVICE.name):
        return {}
    at = day or WITHOUT_A_DAY
    found = engine.rows(
        f"select service_id, weight from {BRIDGE_ITEM_SERVICE.qualified} "
        "where item_type = ? and item_id = ? and valid_from <= ? and valid_to > ?",
        (fact.item.type, rows[0][fact.item.key], at, at),
    )
    return {service: float(weight) for service, weight in found}


def _of_rows(fact: Table, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return each service's share of the amount that the rows have, or of their number where they have none."""
    amounts = (column.name for column in fact.columns if column.name.endswith("_reporting") or column.unit == "s")
    amount = next(amounts, None)
    sums: dict[str, float] = defaultdict(float)
    for row in rows:
        if row["service_id"] is not None:
            sums[row["service_id"]] += abs(float(row[amount] or 0)) if amount else 1.0
    total = sum(sums.values())
    return {service: round(part / total, PLACES) if total else 1 / len(sums) for service, part in sums.items()}


def _value_streams(engine: Engine, service: str, day: date | None) -> tuple[tuple[str, float], ...]:
    at = day or WITHOUT_A_DAY
    rows = engine.rows(
        f"select value_stream_id, weight from {BRIDGE_SERVICE_VALUE_STREAM.qualified} "
        "where service_id = ? and valid_from <= ? and valid_to > ? order by weight desc, value_stream_id",
        (service, at, at),
    )
    return tuple((stream, float(weight)) for stream, weight in rows)
