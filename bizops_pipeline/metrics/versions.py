"""Which meaning every KPI has and had: new ones are noted field by field, values of ended ones are kept.

A meaning is what decides the values. Names, owners, texts, targets, grains and cuts may change without a new one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from bizops_pipeline.catalogue.models import Company, Kpi
from bizops_pipeline.contracts.marts.history import KPI_VALUE_ENDED, METRIC_VERSION
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.naming import fingerprint, literal, quoted
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

MEANING = (
    "unit direction type entity time where expr numerator denominator percentile from_ to over_time metric reset "
    "window base event match within complement share_of parts caps scale min_denominator needs begins"
).split()
"""Fields of a definition that decide the values."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A meaning that a refresh found changed or gone."""

    kpi_id: str
    position: int


def meaning(kpi: Kpi) -> dict[str, Any]:
    """Return what decides the values of a KPI, without what has its default."""
    return kpi.model_dump(mode="json", by_alias=True, exclude_defaults=True, include=set(MEANING))


def follow(engine: Engine, company: Company, run: Run) -> dict[str, str]:
    """Bring marts.metric_version up to date and keep the values of meanings that ended; call before values change.

    Returns the KPIs whose meaning changed with what changed.
    """
    latest = {
        row["kpi_id"]: row
        for row in engine.dicts(
            f"select * from {METRIC_VERSION.qualified} "
            "qualify row_number() over (partition by kpi_id order by position desc) = 1"
        )
    }
    now = {kpi.id: (kpi, meaning(kpi)) for kpi in company.kpis}
    ended, new, changed = [], [], {}
    for id, row in latest.items():
        if row["valid_to"] is None and (id not in now or not _is_same(row, *now[id])):
            ended.append(Ended(id, row["position"]))
    for id, (kpi, found) in now.items():
        before = latest.get(id)
        if before and _is_same(before, kpi, found):
            if before["valid_to"] is not None:
                _reopen(engine, id, before["position"])
            continue
        row = _row(kpi, found, before, run)
        new.append(row)
        if before and row["fingerprint"] != before["fingerprint"]:
            changed[id] = row["changes"]
    _end(engine, ended, run)
    engine.insert(METRIC_VERSION, new)
    engine.execute(
        f"update {METRIC_VERSION.qualified} set last_seen_on = ?, last_run_id = ? where valid_to is null",
        (run.as_of, run.id),
    )
    return changed


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return field by field what became what."""
    return "; ".join(
        f"{name}: {_shown(before.get(name))} -> {_shown(after.get(name))}"
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    )


def _is_same(row: Mapping[str, Any], kpi: Kpi, found: Mapping[str, Any]) -> bool:
    return bool(row["kpi_version"] == kpi.version and row["fingerprint"] == _fingerprint(found))


def _fingerprint(found: Mapping[str, Any]) -> str:
    return fingerprint(json.dumps(found, sort_keys=True))


def _row(kpi: Kpi, found: Mapping[str, Any], before: Mapping[str, Any] | None, run: Run) -> dict[str, Any]:
    changes = None
    if before:
        versions = f"version: {before['kpi_version']} -> {kpi.version}" if before["kpi_version"] != kpi.version else ""
        fields = difference(yaml.safe_load(before["definition"]), found)
        changes = "; ".join(text for text in (versions, fields) if text)
    return {
        "kpi_id": kpi.id,
        "position": before["position"] + 1 if before else 1,
        "kpi_version": kpi.version,
        "fingerprint": _fingerprint(found),
        "definition": yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=110),
        "valid_from": run.as_of if before else None,
        "last_seen_on": run.as_of,
        "first_run_id": run.id,
        "first_sequence": run.sequence,
        "last_run_id": run.id,
        "changes": changes,
        "is_unversioned": bool(before and before["kpi_version"] == kpi.version),
    }


def _end(engine: Engine, ended: list[Ended], run: Run) -> None:
    """Close meanings and copy their values aside: the mart forgets them when the new ones are written."""
    if not ended:
        return
    listed = ", ".join(f"({literal(each.kpi_id)}, {each.position})" for each in ended)
    of = f"(select * from (values {listed}) as ended(kpi_id, position))"
    engine.execute(
        f"update {METRIC_VERSION.qualified} as version set valid_to = ? "
        f"where exists (select 1 from {of} as ended "
        "where ended.kpi_id = version.kpi_id and ended.position = version.position)",
        (run.as_of,),
    )
    columns = ", ".join(quoted(name) for name in KPI_VALUE.column_names)
    stored = ", ".join(f"stored.{quoted(name)}" for name in KPI_VALUE.column_names)
    engine.execute(
        f"insert into {KPI_VALUE_ENDED.qualified} (position, ended_on, {columns}) "
        f"select ended.position, cast(? as date), {stored} from {KPI_VALUE.qualified} as stored "
        f"join {of} as ended on ended.kpi_id = stored.kpi_id "
        f"where stored.grain <> 'day' or not exists (select 1 from {KPI_VALUE.qualified} as other "
        "where other.kpi_id = stored.kpi_id and other.grain <> 'day')",
        (run.as_of,),
    )


def _reopen(engine: Engine, kpi_id: str, position: int) -> None:
    """Let a meaning hold again that was only switched off; its values are computed again."""
    engine.execute(
        f"update {METRIC_VERSION.qualified} set valid_to = null where kpi_id = ? and position = ?", (kpi_id, position)
    )
    engine.execute(f"delete from {KPI_VALUE_ENDED.qualified} where kpi_id = ? and position = ?", (kpi_id, position))


def _shown(value: Any) -> str:
    return "(none)" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
