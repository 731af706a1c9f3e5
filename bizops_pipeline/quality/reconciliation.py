"""Whether the layers agree: every record accounted for, money conserved, references known.

The two balances say that no record was lost on the way from the source to staging, the money totals that none
was lost or doubled by the model. They count in the tables themselves, so that a table changed by hand shows.
"""

from __future__ import annotations

from functools import cached_property, partial

from bizops_pipeline.catalogue.models import Company, SourceTable
from bizops_pipeline.contracts.audit import EXTRACT, QUARANTINE_RECORD, REJECT, STAGING_BALANCE
from bizops_pipeline.landing.raw import raw_of
from bizops_pipeline.quality import kpi_values, money, personal, references
from bizops_pipeline.quality.balance import Balance, count
from bizops_pipeline.quality.checks import SAMPLE_ROWS, CheckResult, attempt, judged
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

_DISPOSED = "inserted + updated + unchanged + deduplicated + rejected"


def reconcile_sources(engine: Engine, company: Company) -> list[CheckResult]:
    """Return the balances of loading and staging, the share of bad records and named columns, by source table."""
    results = []
    accounts = _Accounts(engine)
    for source in company.source_tables:
        name, table = f"{source.source}.{source.name}", raw_of(source).id
        for check_id, check in ((f"load_balance:{name}", _load_balance), (f"bad_records:{name}", _bad_records)):
            results.append(attempt(check_id, table, "blocking", partial(check, engine, source, accounts)))
    entities = sorted({entity for source in company.source_tables for entity in source.entities})
    for balance in count(engine, company, *entities):
        stored = accounts.staged.get((balance.entity, balance.source, balance.source_table))
        results.append(_staging_balance(balance, stored))
    return [*results, *personal.check_named_columns(engine, company)]


def reconcile_model(engine: Engine, company: Company, run: Run) -> list[CheckResult]:
    """Return the money totals from staging to facts, unknown references and unallocated rows."""
    return [
        *money.reconcile(engine, company.settings.reporting_currency),
        *references.check_references(engine, company, run),
    ]


def required_checks(company: Company) -> set[str]:
    """Return the ids of the checks without which a refresh must not be published."""
    required = {*money.CHECKS, *kpi_values.REQUIRED}
    for source in company.source_tables:
        name = f"{source.source}.{source.name}"
        required |= {f"load_balance:{name}", f"bad_records:{name}"}
        required |= {f"staging_balance:{name}:{entity}" for entity in source.entities}
    return required


class _Accounts:
    """What is on record of all source tables, by source and name: one query each, when it is first asked for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @cached_property
    def loaded(self) -> dict[tuple[str, str], tuple[int, ...]]:
        """Files, records, records accounted for, and files where these differ."""
        return {
            (source, table): tuple(counts)
            for source, table, *counts in self._engine.rows(
                "select source, source_table, count(*), coalesce(sum(rows_in), 0), "
                f"coalesce(sum({_DISPOSED}), 0), count(*) filter (where rows_in <> {_DISPOSED}) "
                f"from {EXTRACT.qualified} group by source, source_table"
            )
        }

    @cached_property
    def rejected(self) -> dict[tuple[str, str], int]:
        """Records that could not be loaded, in the current files."""
        return self._counts(f"sum(rejected) from {EXTRACT.qualified} where is_current")

    @cached_property
    def quarantined(self) -> dict[tuple[str, str], int]:
        """Records in quarantine."""
        return self._counts(f"count(distinct row_key) from {QUARANTINE_RECORD.qualified}")

    @cached_property
    def staged(self) -> dict[tuple[str, str, str], tuple[int, ...]]:
        """Rows in raw, kept, quarantined and deduplicated as the last build counted them, by entity too."""
        if not self._engine.exists(STAGING_BALANCE.schema, STAGING_BALANCE.name):
            return {}
        return {
            (entity, source, table): tuple(counts)
            for entity, source, table, *counts in self._engine.rows(
                "select entity, source, source_table, raw_rows, kept, quarantined, deduplicated "
                f"from {STAGING_BALANCE.qualified}"
            )
        }

    def _counts(self, counted: str) -> dict[tuple[str, str], int]:
        rows = self._engine.rows(f"select source, source_table, {counted} group by source, source_table")
        return {(source, table): int(number or 0) for source, table, number in rows}


def _load_balance(engine: Engine, source: SourceTable, accounts: _Accounts) -> CheckResult:
    where = "where source = ? and source_table = ?"
    names = (source.source, source.name)
    check_id, table = f"load_balance:{source.source}.{source.name}", raw_of(source).id
    files, records, disposed, unbalanced_files = accounts.loaded.get(names, (0, 0, 0, 0))
    unbalanced = (
        engine.dicts(
            f"select file, rows_in, {_DISPOSED} as disposed, inserted, updated, unchanged, deduplicated, rejected "
            f"from {EXTRACT.qualified} {where} and rows_in <> {_DISPOSED} order by file limit {SAMPLE_ROWS}",
            names,
        )
        if unbalanced_files
        else []
    )
    expected = "records = inserted + updated + unchanged + deduplicated + rejected, in every file"
    if not files and source.required:
        return judged(check_id, table, "blocking", False, observed="nothing was ever loaded", expected=expected)
    observed = f"{records} records in {files} files, {disposed} accounted for"
    return judged(check_id, table, "blocking", not unbalanced, observed=observed, expected=expected, sample=unbalanced)


def _staging_balance(balance: Balance, stored: tuple[int, ...] | None) -> CheckResult:
    counted = (balance.raw_rows, balance.kept, balance.quarantined, balance.deduplicated)
    observed = (
        f"{balance.raw_rows} raw = {balance.kept} kept + {balance.quarantined} quarantined "
        f"+ {balance.deduplicated} deduplicated"
    )
    if not balance.holds:
        observed = observed.replace(" = ", " <> ", 1)
    if stored != counted:
        observed += f"; the last build counted {stored}"
    return judged(
        f"staging_balance:{balance.source}.{balance.source_table}:{balance.entity}",
        f"staging.{balance.entity}",
        "blocking",
        balance.holds and stored == counted,
        observed=observed,
        expected="raw = kept + quarantined + deduplicated, as the last build counted",
    )


def _bad_records(engine: Engine, source: SourceTable, accounts: _Accounts) -> CheckResult:
    where = "where source = ? and source_table = ?"
    names = (source.source, source.name)
    quarantined, rejected = accounts.quarantined.get(names, 0), accounts.rejected.get(names, 0)
    raw = raw_of(source)
    rows = int(engine.scalar(f"select count(*) from {raw.qualified}")) if raw.exists(engine) else 0
    bad, records, allowed = quarantined + rejected, rows + rejected, source.threshold
    limit = max(allowed.share * records, allowed.rows)
    reasons = (
        engine.dicts(
            f"select rule as reason, count(*) as records from {QUARANTINE_RECORD.qualified} {where} group by rule "
            f"union all select reason, count(*) from {REJECT.qualified} {where} group by reason order by records desc",
            (*names, *names),
        )
        if bad > limit
        else []
    )
    return judged(
        f"bad_records:{source.source}.{source.name}",
        raw_of(source).id,
        "blocking",
        bad <= limit,
        observed=f"{bad} of {records} records ({quarantined} quarantined, {rejected} rejected)",
        expected=f"at most {limit:g}: the larger of {allowed.share * 100:.2f} % and {allowed.rows} records",
        sample=reasons,
    )
