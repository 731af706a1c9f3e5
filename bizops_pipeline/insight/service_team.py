"""marts.service_team_stage and service_team_metric: how far business and IT around a value stream have come.

The metrics of the gates are judged where they lie; what passes through Python is their outcome per period, a few rows
a team, for the machine of `stage`. Both tables are computed from the whole history at every refresh.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bizops_pipeline.catalogue.models import Company, ServiceTeam
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.marts.steering import SERVICE_TEAM_METRIC, SERVICE_TEAM_STAGE
from bizops_pipeline.contracts.table import Table, number, text
from bizops_pipeline.failpoints import failpoint
from bizops_pipeline.insight.stage import GATES, Outcome, Stage, gate_outcome, stages
from bizops_pipeline.model.definitions import values_query
from bizops_pipeline.naming import literal
from bizops_pipeline.queries import query_file
from bizops_pipeline.warehouse.changes import Written, check_returns_contract, ensure_all, replace
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

GATE = Table(
    "temp",
    "service_team_gate",
    "one row per service team, gate and KPI",
    ("service_team_id", "gate", "kpi_id"),
    (
        text("service_team_id", "Service team.", required=True),
        text("gate", "Gate.", required=True),
        text("kpi_id", "KPI.", required=True),
        text("direction", "Direction of the KPI.", required=True),
        number("given_target", "Target that the service team sets itself."),
        text("grain", "Grain of its periods.", required=True),
        text("value_stream_id", "Its value stream.", required=True),
        text("company_id", "The company.", required=True),
    ),
    "The gates of service teams while their stages are computed.",
)

MEASURED = "service_team_measured"


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric of a gate in a period."""

    kpi_id: str
    outcome: Outcome
    shortfall: float | None


def build(engine: Engine, company: Company, run: Run) -> dict[str, Written]:
    """Compute the stages of the company's service teams and return what was written, by table."""
    tables = (SERVICE_TEAM_METRIC, SERVICE_TEAM_STAGE)
    ensure_all(engine, [(table, ()) for table in (KPI_VALUE, *tables)])
    with engine.transaction():
        engine.execute(f"create or replace temp table {GATE.name} as {values_query(GATE, list(_gates(company)))}")
        text = query_file(__package__, SERVICE_TEAM_METRIC.name)
        engine.execute(f"create or replace temp table {MEASURED} as {text}")
        metrics = f"select *, {literal(run.id)} as run_id from {MEASURED}"
        check_returns_contract(engine, SERVICE_TEAM_METRIC, metrics)
        written = {SERVICE_TEAM_METRIC.name: replace(engine, SERVICE_TEAM_METRIC, metrics, run)}
        rows = [{**row, "run_id": run.id} for team in service_teams(company) for row in _stages(engine, company, team)]
        stages_query = values_query(SERVICE_TEAM_STAGE, rows)
        written[SERVICE_TEAM_STAGE.name] = replace(engine, SERVICE_TEAM_STAGE, stages_query, run)
        for name in (MEASURED, GATE.name):
            engine.execute(f"drop table {name}")
        failpoint("stages_judged")
    return written


def service_teams(company: Company) -> tuple[ServiceTeam, ...]:
    """Return the company's service teams."""
    return company.organisation.service_teams


def members(company: Company, team: ServiceTeam) -> dict[str, list[str]]:
    """Return the teams in a service team by side: those it names, else those that answer for its value stream.

    These are the owners of the value stream and the teams of the services that serve it.
    """
    organisation = company.organisation
    names = set(team.teams)
    if not names:
        stream = next(each for each in organisation.value_streams if each.id == team.value_stream)
        names = {name for name in (stream.owner_business, stream.owner_it) if name}
        names |= {
            service.team
            for service in organisation.services
            if service.team and any(share.value_stream == team.value_stream for share in service.value_streams)
        }
    found: dict[str, list[str]] = {"business": [], "it": []}
    for each in organisation.teams:
        if each.id in names:
            found[each.side].append(each.id)
    return found


def _gates(company: Company) -> Iterator[Mapping[str, Any]]:
    for team in service_teams(company):
        for gate, metrics in (("stability", team.stability), ("optimization", team.optimization)):
            for metric in metrics:
                yield {
                    "service_team_id": team.id,
                    "gate": gate,
                    "kpi_id": metric.kpi,
                    "direction": company.kpi(metric.kpi).direction,
                    "given_target": metric.target,
                    "grain": team.grain,
                    "value_stream_id": team.value_stream,
                    "company_id": company.settings.id,
                }


def _stages(engine: Engine, company: Company, team: ServiceTeam) -> Iterator[dict[str, Any]]:
    """Yield a team's rows of service_team_stage without the refresh."""
    measured = _measured(engine, team)
    outcomes = [
        (period, {gate: gate_outcome(each.outcome for each in of_gate) for gate, of_gate in gates.items()})
        for period, gates in sorted(measured.items())
    ]
    common, ends = _about(company, team), _period_ends(engine, team)
    outcome_values = _outcome_values(engine, team)
    for stage in stages(outcomes, team.hold, team.fall_back):
        metrics = measured[stage.period].get(stage.gate, []) if stage.gate else []
        standing = {**_standing(team, stage, metrics), "period_end": ends[stage.period]}
        yield {**common, **standing, **outcome_values.get(stage.period, {})}


def _standing(team: ServiceTeam, stage: Stage, metrics: Sequence[Measured]) -> dict[str, Any]:
    short = [each for each in metrics if each.shortfall]
    furthest = max(short, key=lambda each: (each.shortfall or 0, each.kpi_id), default=None)
    return {
        "period_start": stage.period,
        "stage": stage.stage,
        "previous_stage": stage.previous,
        "stage_since": stage.since,
        "gate": stage.gate,
        "gate_status": stage.gate_outcome,
        "gate_metrics": len(metrics) if stage.gate else None,
        "gate_metrics_held": sum(each.outcome == "held" for each in metrics) if stage.gate else None,
        "periods_held": stage.held,
        "periods_needed": team.hold if stage.gate else None,
        "distance": max(0, team.hold - (stage.held or 0)) if stage.gate else None,
        "furthest_metric": furthest.kpi_id if furthest else None,
        "furthest_shortfall": repr(furthest.shortfall) if furthest else None,
        "periods_missed": stage.missed,
        "periods_to_fall_back": team.fall_back,
    }


def _about(company: Company, team: ServiceTeam) -> dict[str, Any]:
    sides = members(company, team)
    return {
        "service_team_id": team.id,
        "name": team.name or team.id,
        "value_stream_id": team.value_stream,
        "grain": team.grain,
        "business_teams": len(sides["business"]),
        "it_teams": len(sides["it"]),
        "business_members": ", ".join(sides["business"]) or None,
        "it_members": ", ".join(sides["it"]) or None,
        "is_shared": bool(sides["business"] and sides["it"]),
        "outcome_kpi_id": team.outcome,
    }


def _measured(engine: Engine, team: ServiceTeam) -> dict[date, dict[str, list[Measured]]]:
    """Return the metrics of each gate in each period."""
    found: dict[date, dict[str, list[Measured]]] = {}
    query = (
        f"select period_start, gate, kpi_id, outcome, shortfall from {MEASURED} where service_team_id = ? "
        "order by period_start, gate, kpi_id"
    )
    for period, gate, kpi_id, outcome, shortfall in engine.rows(query, (team.id,)):
        gates = found.setdefault(period, {name: [] for name in GATES})
        gates[gate].append(Measured(kpi_id, outcome, shortfall))
    return found


def _period_ends(engine: Engine, team: ServiceTeam) -> dict[date, date]:
    query = f"select distinct period_start, period_end from {KPI_VALUE.qualified} where grain = ?"
    return dict(engine.rows(query, (team.grain,)))


def _outcome_values(engine: Engine, team: ServiceTeam) -> dict[date, dict[str, Any]]:
    """Return the values of the team's outcome by period, for its value stream where the KPI is cut by it."""
    if team.outcome is None:
        return {}
    query = (
        f"select period_start, value, target, status from {KPI_VALUE.qualified} "
        "where kpi_id = ? and grain = ? and dimensions = '{}' "
        "and (scope_type = 'company' or (scope_type = 'value_stream' and scope_id = ?)) "
        "qualify scope_type = max(scope_type) over ()"  # value_stream comes after company
    )
    return {
        period: {
            "outcome_value": None if value is None else repr(value),
            "outcome_target": None if target is None else repr(target),
            "outcome_status": status,
        }
        for period, value, target, status in engine.rows(query, (team.outcome, team.grain, team.value_stream))
    }
