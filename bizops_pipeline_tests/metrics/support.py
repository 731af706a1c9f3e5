"""A small company in memory: facts from inline rows, a build, and values looked up by name."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from bizops_pipeline import metrics
from bizops_pipeline.catalogue.library import library_files
from bizops_pipeline.catalogue.models import Company, CompanySettings, Kpi, Organisation, SourceTable
from bizops_pipeline.catalogue.models.source import EntityMap
from bizops_pipeline.contracts.audit import CONSUMED
from bizops_pipeline.contracts.core import CORE_TABLES
from bizops_pipeline.contracts.core.allocation import BRIDGE_ITEM_MEMBER, BRIDGE_ITEM_SERVICE
from bizops_pipeline.contracts.core.organisation import BRIDGE_SERVICE_VALUE_STREAM, DIM_DATE, DIM_SERVICE
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Table, Type
from bizops_pipeline.model.calendar import calendar_query
from bizops_pipeline.model.definitions import values_query
from bizops_pipeline.model.registry import model
from bizops_pipeline.naming import CHANGE_SEQUENCE, STATE, canonical_dimensions, quoted
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.warehouses import copy_of, written_once

ZEROS: dict[Type, Any] = {
    Type.TEXT: "",
    Type.BOOLEAN: False,
    Type.INTEGER: 0,
    Type.TIMESTAMP: datetime(2024, 1, 1),
    Type.DATE: date(2024, 1, 1),
}


class World:
    """An engine with facts that a test fills, changes and builds KPIs from."""

    def __init__(self, kpis: Iterable[Kpi], as_of: str = "2024-03-31", threads: int = 1, **settings: Any) -> None:
        self.company = company(kpis, **settings).model_copy(update={"source_tables": (source_of_everything(),)})
        self.as_of = date.fromisoformat(as_of)
        self.sequence = 0
        calendar = calendar_query(self.company.settings, date(2019, 12, 1), date(2027, 1, 31))
        begun = written_once(calendar, lambda engine: _write_calendar(engine, calendar))
        self.engine = copy_of(begun, threads=threads)

    def services(self, teams: Mapping[str, str], streams: Mapping[str, Mapping[str, float]]) -> None:
        """Say who owns each service and which streams it serves by which share."""
        for table in (DIM_SERVICE, BRIDGE_SERVICE_VALUE_STREAM):
            changes.ensure(self.engine, table)
        self.engine.insert(DIM_SERVICE, [{"service_id": id, "team_id": team} for id, team in teams.items()])
        for service, shares in streams.items():
            for stream, weight in shares.items():
                self.share(service, stream, weight)

    def share(self, service: str, stream: str, weight: float, since: str = "1900-01-01", until: str = "9999-12-31"):
        """Say that a service serves a stream between two days."""
        changes.ensure(self.engine, BRIDGE_SERVICE_VALUE_STREAM)
        row = {"service_id": service, "value_stream_id": stream, "weight": weight}
        self.engine.insert(BRIDGE_SERVICE_VALUE_STREAM, [{**row, "valid_from": since, "valid_to": until}])

    def map_items(self, *shares: tuple[str, str, str, float, str]) -> None:
        """Say which items belong to which services: entity, item, service, weight and first day of every share."""
        columns = [column.name for column in BRIDGE_ITEM_SERVICE.columns]
        starts = {
            item: sorted({since for kind, id, *_, since in shares if (kind, id) == item})
            for item in {(kind, id) for kind, id, *_ in shares}
        }
        rows = []
        for kind, id, service, weight, since in shares:
            later = [each for each in starts[kind, id] if each > since]
            rows.append(
                (kind, id, service, Decimal(str(weight)), "explicit", None, since, later[0] if later else "9999-12-31")
            )
        run = Run(f"run-{self.sequence + 1}", self.sequence + 1, self.as_of, datetime(2025, 1, 1))
        query = values_query(BRIDGE_ITEM_SERVICE, [dict(zip(columns, row, strict=True)) for row in rows])
        tables = (BRIDGE_ITEM_SERVICE, BRIDGE_ITEM_MEMBER, DIM_SERVICE, BRIDGE_SERVICE_VALUE_STREAM)
        changes.ensure_all(self.engine, [(table, ()) for table in tables])
        for table, rows_of in ((BRIDGE_ITEM_SERVICE, query), (BRIDGE_ITEM_MEMBER, model("bridge_item_member").sql)):
            changes.replace(self.engine, table, rows_of, run)

    def add(self, name: str, *rows: Mapping[str, Any]) -> None:
        """Add facts; columns that matter are given, keys and business dates are filled in."""
        table = CORE_TABLES[name]
        changes.ensure(self.engine, table)
        known = self.engine.scalar(f"select count(*) from {table.qualified}") + self.engine.scalar(
            f"select count(*) from {changes.before_table(table)}"
        )
        self.engine.insert(table, [self._row(table, row, known + index) for index, row in enumerate(rows)])

    def remove(self, name: str, key: str) -> None:
        """Remove a fact as the model would: with its before-image."""
        table = CORE_TABLES[name]
        columns = ", ".join(quoted(column) for column in table.column_names)
        where = f"where {quoted(table.key[0])} = ?"
        self.engine.execute(
            f"insert into {changes.before_table(table)} ({columns}, {CHANGE_SEQUENCE}) "
            f"select {columns}, {self.sequence + 1} from {table.qualified} {where}",
            (key,),
        )
        self.engine.execute(f"delete from {table.qualified} {where}", (key,))

    def build(self, as_of: str | None = None, *, full: bool = False) -> metrics.MetricsResult:
        self.sequence += 1
        self.as_of = date.fromisoformat(as_of) if as_of else self.as_of
        run = Run(f"run-{self.sequence}", self.sequence, self.as_of, datetime(2025, 1, 1), full)
        made = metrics.build(self.engine, self.company, run)
        self.check_promises()
        return made

    def check_promises(self) -> None:
        """What holds for every row of every build: key, NULL with a reason, finite, value of its parts."""
        key = ", ".join(KPI_VALUE.key)
        broken = {
            "key": f"select {key} from marts.kpi_value group by {key} having count(*) > 1",
            "reason": "select * from marts.kpi_value where (value is null) <> (null_reason is not null)",
            "finite": "select * from marts.kpi_value where not isfinite(value)",
            "status": "select * from marts.kpi_value where (value is null) <> (status = 'no_value')",
        }
        for promise, query in broken.items():
            assert not self.engine.rows(query), promise
        found = self.engine.describe("select * from marts.kpi_value")
        assert found == [(column.name, str(column.type)) for column in KPI_VALUE.columns]

    def rows(
        self, kpi: str, grain: str, scope: str = "company", member: str | None = None, **dimensions: str
    ) -> list[dict[str, Any]]:
        """Return the rows of one series in order of time."""
        return self.engine.dicts(
            "select * from marts.kpi_value where kpi_id = ? and grain = ? and scope_type = ? and scope_id = ? "
            "and dimensions = ? order by period_start",
            (kpi, grain, scope, member or self.company.settings.id, canonical_dimensions(dimensions)),
        )

    def row(
        self,
        kpi: str,
        grain: str = "all",
        start: str | None = None,
        scope: str = "company",
        member: str | None = None,
        **dimensions: str,
    ) -> dict[str, Any]:
        """Return one row: of the period that starts on a day, or the only one."""
        found = self.rows(kpi, grain, scope, member, **dimensions)
        found = [row for row in found if start is None or row["period_start"] == date.fromisoformat(start)]
        assert len(found) == 1, found
        return found[0]

    def value(
        self,
        kpi: str,
        grain: str = "all",
        start: str | None = None,
        scope: str = "company",
        member: str | None = None,
        **dimensions: str,
    ) -> Any:
        return self.row(kpi, grain, start, scope, member, **dimensions)["value"]

    def values(
        self, kpi: str, grain: str, scope: str = "company", member: str | None = None, **dimensions: str
    ) -> dict[str, Any]:
        """Return the values of one series by the first day of the period."""
        return {str(row["period_start"]): row["value"] for row in self.rows(kpi, grain, scope, member, **dimensions)}

    def everything(self) -> list[tuple[Any, ...]]:
        """Return the mart without run ids."""
        return self.engine.rows("select * exclude (run_id) from marts.kpi_value order by all")

    def _row(self, table: Table, given: Mapping[str, Any], index: int) -> dict[str, Any]:
        row: dict[str, Any] = {column.name: ZEROS.get(column.type) for column in table.columns if column.required}
        row |= {table.key[0]: f"{table.name}-{index}", **given, CHANGE_SEQUENCE: self.sequence + 1}
        if table.has("service_id"):
            row["service_id"] = given.get("service_id", "unallocated")
        for column in table.columns:
            if column.business_date_of and column.name not in given:
                row[column.name] = self._day(row.get(column.business_date_of))
        unknown = set(given) - set(table.column_names)
        assert not unknown, unknown
        return row

    def _day(self, moment: Any) -> Any:
        if moment is None:
            return None
        return self.engine.scalar(
            f"select date from {DIM_DATE.qualified} where utc_start <= ? and utc_end > ?", (moment, moment)
        )


def _write_calendar(engine: DuckDBEngine, calendar: str) -> None:
    engine.execute(f"create schema {STATE}")
    changes.ensure_all(engine, ((table, ()) for table in (CONSUMED, DIM_DATE)))
    names = ", ".join(quoted(name) for name in DIM_DATE.column_names)
    engine.execute(f"insert into {DIM_DATE.qualified} ({names}) select {names} from ({calendar})")


def company(kpis: Iterable[Kpi], **settings: Any) -> Company:
    known = CompanySettings(**{"id": "acme", "name": "Acme", **settings})
    return Company(
        root=Path("."),
        settings=known,
        organisation=Organisation(),
        source_tables=(),
        kpis=tuple(kpis),
        objectives=(),
        suites=(),
        fingerprint="",
    )


def source_of_everything(lacking: Iterable[str] = ()) -> SourceTable:
    """Return a source that feeds all entities with all columns but those named: `refund`, `ticket.reopened_at`."""
    left_out = set(lacking)
    return SourceTable.model_construct(
        entities={
            name: EntityMap(
                map={each: each for each in entity.column_names if f"{name}.{each}" not in left_out},
            )
            for name, entity in ENTITIES.items()
            if name not in left_out
        }
    )


def kpi(id: str, type: str, **fields: Any) -> Kpi:
    """Return a KPI with defaults for what the case does not care about."""
    fields = {"unit": "ratio", "direction": "up", **fields}
    return Kpi.model_validate({"id": id, "type": type, **fields})


def standard(*domains: str) -> list[Kpi]:
    """Return the library's definitions of domains."""
    return [
        Kpi.model_validate(dict(definition)) for domain in domains for definition in library_files()[domain].values()
    ]


def at(text: str, **later: float) -> datetime:
    """Return a moment, optionally shifted: at("2024-01-01 10:00", hours=3)."""
    return datetime.fromisoformat(text) + timedelta(**later)
