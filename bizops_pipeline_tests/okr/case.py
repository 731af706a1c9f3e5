"""A warehouse with nothing in it but what key results read, filled by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from bizops_pipeline.catalogue.models import Company, CompanySettings, Kpi, Objective, Organisation
from bizops_pipeline.contracts.audit import CONSUMED, ORIGIN
from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.staging.steering import CHECKIN
from bizops_pipeline.model.objectives import objective_rows
from bizops_pipeline.okr.build import build as build_all
from bizops_pipeline.okr.progress import build as build_progress
from bizops_pipeline.warehouse.changes import ensure
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.warehouses import copy_of, written_once

START, DUE = date(2026, 4, 1), date(2026, 4, 30)


@dataclass
class Case:
    """Key results, KPI values and check-ins of one test; `progress` builds and reads the result."""

    preset: str = "default"
    kpis: tuple[Kpi, ...] = ()
    objectives: dict[str, dict[str, Any]] = field(default_factory=dict)
    key_results: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    values: list[dict[str, Any]] = field(default_factory=list)
    checkins: list[dict[str, Any]] = field(default_factory=list)

    def objective(self, id: str = "objective", start: date = START, due: date = DUE, **given: Any) -> Case:
        """Add an objective, of April unless told otherwise."""
        self.objectives[id] = {"id": id, "title": id, "period": {"from": start, "to": due}, **given}
        self.key_results.setdefault(id, [])
        return self

    def key_result(self, id: str = "kr", objective: str = "objective", **given: Any) -> Case:
        """Add a key result; measured by KPI `kpi` per day unless told otherwise."""
        if objective not in self.objectives:
            self.objective(objective)
        source = {} if given.get("source") == "reported" else {"kpi": "kpi", "grain": "day"}
        self.key_results[objective].append({"id": id, **source, **given})
        return self

    def value(self, start: date, value: float | None, end: date | None = None, **given: Any) -> Case:
        """Add a value of KPI `kpi`, by default of one day."""
        self.values.append(
            {
                "kpi_id": "kpi",
                "kpi_version": 1,
                "scope_type": "company",
                "scope_id": "acme",
                "dimensions": "{}",
                "grain": "day",
                "period_start": start,
                "period_end": end or start,
                "value": value,
                "status": "no_target",
                "null_reason": "no_events" if value is None else None,
                "is_complete": True,
                "is_provisional": False,
                "run_id": "run",
                "data_as_of": end or start,
                **given,
            }
        )
        return self

    def checkin(self, at: datetime, value: float, confidence: float | None = None, id: str = "kr") -> Case:
        """Add a check-in."""
        number = len(self.checkins)
        row = {"checkin_id": f"c{number}", "key_result_id": id, "checked_in_at": at, "value": Decimal(str(value))}
        provenance = {"_row_key": str(number), "_source": "s", "_source_table": "t"}
        self.checkins.append({**row, "confidence": confidence, **provenance, "_change_sequence": 1})
        return self

    def engine(self) -> DuckDBEngine:
        """Return a warehouse that holds the case."""
        engine = copy_of(written_once("okr", _write_what_is_read))
        self.fill(engine)
        return engine

    def fill(self, engine: DuckDBEngine) -> None:
        """Make a warehouse hold the case as it is now, and nothing it held before."""
        for table in (KPI_VALUE, CHECKIN):
            engine.execute(f"delete from {table.qualified}")
        for table, rows in objective_rows(self.company()).items():
            ensure(engine, table)
            engine.execute(f"delete from {table.qualified}")
            engine.insert(table, rows)
        engine.insert(KPI_VALUE, self.values)
        for row in self.checkins:
            names = ", ".join(row)
            marks = ", ".join("?" for _ in row)
            engine.execute(f"insert into staging.checkin ({names}) values ({marks})", list(row.values()))

    def company(self) -> Company:
        """Return the company whose catalogue the key results come from."""
        objectives = [
            Objective.model_validate({**given, "key_results": self.key_results[id]})
            for id, given in self.objectives.items()
        ]
        return company(objectives=tuple(objectives), kpis=self.kpis, okr_status_preset=self.preset)

    def rows(self, mart: str, as_of: date) -> list[dict[str, Any]]:
        """Build for an as-of date and return the rows of a mart in order of its key.

        Progress is read by all that is built after it, and reads none of it.
        """
        engine = self.engine()
        try:
            build = build_progress if mart == "okr_progress" else build_all
            build(engine, self.company(), Run("run", 1, as_of, datetime(2026, 1, 1)))
            return engine.dicts(f"select * from marts.{mart} order by 1, as_of")
        finally:
            engine.close()

    def scores(self, as_of: date, id: str = "objective") -> dict[date, dict[str, Any]]:
        """Build for an as-of date and return an objective's rows by day."""
        return {row["as_of"]: row for row in self.rows("okr_objective", as_of) if row["objective_id"] == id}

    def all_progress(self, as_of: date) -> list[dict[str, Any]]:
        """Build for an as-of date and return every row in order."""
        return self.rows("okr_progress", as_of)

    def progress(self, as_of: date, on: date | None = None, id: str = "kr") -> dict[str, Any]:
        """Build for an as-of date and return the row of one day, by default the as-of date."""
        rows = [row for row in self.all_progress(as_of) if row["key_result_id"] == id and row["as_of"] == (on or as_of)]
        assert len(rows) == 1, f"{len(rows)} rows of {id} on {on or as_of}"
        return rows[0]


def company(*, objectives: tuple[Objective, ...] = (), kpis: tuple[Kpi, ...] = (), **settings: Any) -> Company:
    """Return a company with nothing but settings, objectives and KPIs."""
    return Company(
        root=Path(),
        settings=CompanySettings(id="acme", name="Acme", **settings),
        organisation=Organisation(),
        source_tables=(),
        kpis=kpis,
        objectives=objectives,
        suites=(),
        fingerprint="fingerprint",
    )


def _write_what_is_read(engine: DuckDBEngine) -> None:
    for table in (CONSUMED, DIM_DATE, KPI_VALUE, *objective_rows(company())):
        ensure(engine, table)
    ensure(engine, CHECKIN, ORIGIN)
    engine.insert(DIM_DATE, calendar(date(2025, 3, 1), date(2026, 8, 1)))


def calendar(first: date, last: date) -> list[dict[str, Any]]:
    """Return rows of dim_date in UTC."""
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return [
        {
            "date": day,
            "week_start": day - timedelta(days=day.weekday()),
            "month_start": day.replace(day=1),
            "quarter_start": day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1),
            "year_start": day.replace(day=1, month=1),
            "utc_start": datetime.combine(day, time()),
            "utc_end": datetime.combine(day + timedelta(days=1), time()),
        }
        for day in days
    ]


def milestone(name: str, weight: float, done: date | None = None) -> dict[str, Any]:
    """Return a milestone."""
    return {"name": name, "weight": weight, "done": done}
