"""What a published value means: the value itself, its parts, its formula, and why there is none when there is none.

Reads a published database and the company's catalogue. What lies behind the value, rows and files, is `evidence`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bizops_pipeline.answers.reading import read_only
from bizops_pipeline.catalogue.dependencies import references
from bizops_pipeline.catalogue.models import Company, Kpi
from bizops_pipeline.catalogue.suggestion import suggestion
from bizops_pipeline.contracts.vocabulary import SCOPE_COLUMN
from bizops_pipeline.display import display, display_target
from bizops_pipeline.errors import UsageError
from bizops_pipeline.metrics.beginnings import begins_of_kpis
from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline.metrics.explain import telling_grain
from bizops_pipeline.metrics.to_date import summed_since
from bizops_pipeline.naming import canonical_dimensions
from bizops_pipeline.warehouse.engine import Engine

MEMBERS_SHOWN = 12

LENGTHS = ("day", "week", "month", "quarter", "year")
"""Grains from the shortest up."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which value: a KPI, and as far as said a scope, dimensions, a grain and a period as people write it."""

    kpi_id: str
    scope: tuple[str, str] | None = None
    dimensions: tuple[tuple[str, str], ...] = ()
    grain: str | None = None
    period: str | None = None


@dataclass(frozen=True, slots=True)
class PartValue:
    """The value of a KPI that this one is computed from, in the same cut.

    What a running total sums is not that of its period: `first` to `last` are then the days, `first` None when it
    sums all there are.
    """

    kpi_id: str
    label: str
    value: float | None
    shown: str
    null_reason: str | None
    first: date | None = None
    last: date | None = None

    @property
    def days(self) -> str:
        """The days that are summed, as text; empty of a value of the same period."""
        if self.last is None:
            return ""
        return f"{self.first} to {self.last}" if self.first else f"up to {self.last}"


@dataclass(frozen=True, slots=True)
class Meaning:
    """The definition behind a value."""

    label: str
    description: str | None
    formula: str | None
    type: str
    unit: str
    direction: str
    owner: str | None
    version: int
    file: str | None
    citation: str | None
    definition: str
    counts_from: date | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A published value with all that the publication says of it; `stored` is its row of marts.kpi_value."""

    kpi_id: str
    build_id: str
    run_id: str
    as_of: date
    stored: dict[str, Any]
    shown: str
    target_shown: str
    previous_shown: str
    year_ago_shown: str
    meaning: Meaning
    parts: tuple[PartValue, ...]
    why_null: str | None
    restated: tuple[dict[str, Any], ...]

    @property
    def cut(self) -> Cut:
        """The part of the facts that the value is of."""
        row = self.stored
        member = None if row["scope_type"] == "company" else row["scope_id"]
        first = date.min if row["grain"] == "all" else row["period_start"]
        dimensions = tuple(sorted(json.loads(row["dimensions"]).items()))
        return Cut(row["grain"], row["scope_type"], member, dimensions, first, row["period_end"])


def explain_value(database: Path, company: Company, asked: Asked) -> Explanation:
    """Return what a publication says of one value; raises UsageError that names what there is instead."""
    kpi = _kpi(company, asked.kpi_id)
    engine = read_only(database)
    try:
        published = engine.dicts("select build_id, run_id, as_of, reporting_currency from marts.publication")[0]
        row = _row(engine, kpi, asked)
        currency = published["reporting_currency"]
        return Explanation(
            kpi.id,
            published["build_id"],
            published["run_id"],
            published["as_of"],
            row,
            display(row["value"], kpi.unit, currency),
            display_target(row["target"], row["warn"] if kpi.direction == "band" else None, kpi.unit, currency),
            display(row["previous_value"], kpi.unit, currency),
            display(row["year_ago_value"], kpi.unit, currency),
            _meaning(engine, kpi),
            tuple(parts_of(engine, company, kpi, row, currency, published["as_of"])),
            why_null(kpi, row),
            tuple(_restated(engine, row)),
        )
    finally:
        engine.close()


def parse_period(text: str, grain: str | None) -> tuple[str, date]:
    """Return the grain and a day of the period that `2026`, `2026-Q3`, `2026-09`, `2026-W36` or a day names."""
    shapes: dict[str, tuple[str, Callable[..., date]]] = {
        "year": (r"(\d{4})", lambda year: date(int(year), 1, 1)),
        "quarter": (r"(\d{4})-?Q([1-4])", lambda year, number: date(int(year), 3 * int(number) - 2, 1)),
        "month": (r"(\d{4})-(\d{2})", lambda year, month: date(int(year), int(month), 1)),
        # The Thursday of an ISO week lies in it on whatever day the company's weeks begin, but for Friday to Sunday.
        "week": (r"(\d{4})-?W(\d{1,2})", lambda year, week: date.fromisocalendar(int(year), int(week), 4)),
        "day": (r"(\d{4}-\d{2}-\d{2})", date.fromisoformat),
    }
    for named, (shape, day_of) in shapes.items():
        found = re.fullmatch(shape, text.strip(), re.IGNORECASE)
        if found:
            try:
                day = day_of(*found.groups())
            except ValueError as error:
                raise UsageError(f"--period {text!r} is not in the calendar: {error}") from None
            if grain and names_several(named, grain):
                raise UsageError(
                    f"--period {text!r} is a {named} and has more than one {grain}; name one by its first day, "
                    f"--period {day}"
                )
            return grain or named, day
    raise UsageError(f"--period {text!r} is not a period; write 2026, 2026-Q3, 2026-09, 2026-W36 or 2026-09-30")


def names_several(named: str, grain: str) -> bool:
    """Tell whether a period of one grain has several of another."""
    return grain in LENGTHS and LENGTHS.index(grain) < LENGTHS.index(named)


def why_null(kpi: Kpi, row: Mapping[str, Any]) -> str | None:
    """Return in a sentence why a value is NULL, None when there is one."""
    reason = row["null_reason"]
    if reason is None:
        return None
    if reason == "below_minimum" and kpi.suppress:
        return f"The period has fewer than {kpi.min_denominator} records; of so small a group nothing is said."
    match reason:
        case "no_events":
            return "Nothing happened in the period that could be measured, so there is nothing to divide or to sort."
        case "no_denominator":
            return "There were records, but what the value is divided by is zero or unknown."
        case "below_minimum":
            counted = row["n"] if row["denominator"] is None else f"{float(row['denominator']):g}"
            return (
                f"The period has {counted} records and the definition asks for at least {kpi.min_denominator} before "
                "it says anything."
            )
        case "immature":
            window = f"the window of {kpi.within}" if kpi.within else "the window of a conversion that it reads"
            return f"Nothing of the period is old enough: {window} has not closed for any record."
        case "source_missing":
            needed = f", or what it needs besides: {', '.join(kpi.needs)}" if kpi.needs else ""
            return f"No source feeds a fact that it reads{needed}."
        case _:
            return "A blocking check of what it reads failed."


def _kpi(company: Company, id: str) -> Kpi:
    known = [kpi.id for kpi in company.shown_kpis]
    if id in known:
        return company.kpi(id)
    hint = suggestion(id, known, "`bizops kpis --only on` lists those there are")
    raise UsageError(f"{company.settings.name} has no KPI `{id}` with values; {hint}")


def _row(engine: Engine, kpi: Kpi, asked: Asked) -> dict[str, Any]:
    """Return the row of marts.kpi_value that is asked for, or say what there is."""
    scope, member = asked.scope or ("company", "")
    if scope not in ("company", *SCOPE_COLUMN):
        raise UsageError(f"--scope {scope!r} is not one of company, {', '.join(SCOPE_COLUMN)}")
    dimensions = canonical_dimensions(dict(asked.dimensions))
    grain, day = (asked.grain or telling_grain(kpi), None)
    if asked.period:
        grain, day = parse_period(asked.period, asked.grain)
    if grain not in kpi.grains:
        raise UsageError(f"{kpi.id} is not computed by {grain}; its grains are {', '.join(kpi.grains)}")
    series = "kpi_id = ? and scope_type = ? and (scope_type = 'company' or scope_id = ?) and dimensions = ?"
    given: list[object] = [kpi.id, scope, member, dimensions]
    if not engine.scalar(f"select 1 from marts.kpi_value where {series} limit 1", given):
        raise UsageError(_what_there_is(engine, kpi, asked))
    when = "(is_complete or grain = 'all')" if day is None else "? between period_start and period_end"
    query = f"select * from marts.kpi_value where {series} and grain = ? and {when} order by period_start desc limit 1"
    rows = engine.dicts(query, [*given, grain, *([day] if day else [])])
    if not rows:
        first, last = engine.rows(
            f"select min(period_start), max(period_end) from marts.kpi_value where {series} and grain = ?",
            [*given, grain],
        )[0]
        asked_for = f"no value by {grain} at {asked.period}" if day else f"no complete {grain} yet"
        raise UsageError(f"{kpi.id} has {asked_for}; by {grain} there are values from {first} to {last}")
    return rows[0]


def _what_there_is(engine: Engine, kpi: Kpi, asked: Asked) -> str:
    """Return how a KPI is cut, and the members of the scope that was asked for."""
    if not engine.scalar("select 1 from marts.kpi_value where kpi_id = ? limit 1", (kpi.id,)):
        return f"{kpi.id} is newer than what is published, or has had nothing to count; run `bizops refresh`"
    pairs = [*([asked.scope] if asked.scope else []), *asked.dimensions]
    wanted = ", ".join(f"{name}={value}" for name, value in pairs) or "the company as a whole"
    said = f"{kpi.id} has no values of {wanted}. It has them of {'; '.join(_option(cut) for cut in kpi.by)}."
    scope = asked.scope[0] if asked.scope else "company"
    members = engine.rows(
        "select distinct scope_id, dimensions from marts.kpi_value where kpi_id = ? and scope_type = ? "
        f"and (scope_type <> 'company' or dimensions <> '{{}}') order by scope_id, dimensions limit {MEMBERS_SHOWN}",
        (kpi.id, scope),
    )
    shown = "; ".join(_member(scope, member, json.loads(dimensions)) for member, dimensions in members)
    return f"{said} For example: {shown}." if shown else said


def _option(cut: Sequence[str]) -> str:
    """Return the options that name a cut."""
    named = [f"{'--scope' if name in SCOPE_COLUMN else '--by'} {name}=..." for name in cut]
    return " ".join(named) or "the company"


def _member(scope: str, member: str, dimensions: Mapping[str, str]) -> str:
    whose = [] if scope == "company" else [f"--scope {scope}={member}"]
    return " ".join([*whose, *(f"--by {name}={value}" for name, value in dimensions.items())])


def _meaning(engine: Engine, kpi: Kpi) -> Meaning:
    row = engine.dicts("select * from marts.metric_catalogue where kpi_id = ?", (kpi.id,))[0]
    same = "label description formula type unit direction owner citation definition counts_from".split()
    return Meaning(version=row["kpi_version"], file=row["definition_file"], **{name: row[name] for name in same})


def _referred(kpi: Kpi) -> list[str]:
    return list(dict.fromkeys(id for _, id in references(kpi)))


def parts_of(
    engine: Engine, company: Company, kpi: Kpi, row: Mapping[str, Any], currency: str, as_of: date
) -> Iterator[PartValue]:
    """Yield the published values of the KPIs that a row of the mart is computed from."""
    if kpi.type == "cumulative":
        yield _summed(company, kpi, row, currency, as_of)
        return
    begins = begins_of_kpis(company)
    since = begins[kpi.id]
    is_first = row["grain"] == "all" or row["period_start"] < since
    for id in _referred(kpi):
        other = company.kpi(id)
        if begins[id] < since and (is_first or _is_running(company, other)):
            # Not the value that is published of it, which counts from an earlier day.
            yield PartValue(id, other.label or id, None, f"counted from {since}", None)
        else:
            yield _part(engine, other, row, currency)


def _is_running(company: Company, kpi: Kpi) -> bool:
    """Tell whether a KPI, or one that it refers to, sums up over more than the period."""
    return kpi.type == "cumulative" or any(_is_running(company, company.kpi(id)) for id in _referred(kpi))


def _summed(company: Company, kpi: Kpi, row: Mapping[str, Any], currency: str, as_of: date) -> PartValue:
    """Return what a running total is the value of: another KPI over all the days up to the end of the period."""
    other = company.kpi(kpi.metric or "")
    last = min(row["period_end"], as_of)
    first = max(summed_since(kpi, last, company.settings), begins_of_kpis(company)[kpi.id])
    value = None if row["value"] is None else row["value"] * kpi.scale
    shown = display(value, other.unit, currency)
    since = None if first == date.min else first
    return PartValue(other.id, other.label or other.id, value, shown, row["null_reason"], since, last)


def _part(engine: Engine, kpi: Kpi, row: Mapping[str, Any], currency: str) -> PartValue:
    key = ("scope_type", "scope_id", "dimensions", "grain", "period_end")
    found = engine.dicts(
        f"select value, null_reason from marts.kpi_value where kpi_id = ? and {' and '.join(f'{n} = ?' for n in key)}",
        [kpi.id, *(row[name] for name in key)],
    )
    value, reason = (found[0]["value"], found[0]["null_reason"]) if found else (None, None)
    # A KPI that is only a part of others has no rows of its own; what the facts give for it stands in the evidence.
    shown = display(value, kpi.unit, currency) if found else "not published by itself"
    return PartValue(kpi.id, kpi.label or kpi.id, value, shown, reason)


def _restated(engine: Engine, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not engine.exists("marts", "restatement"):
        return []
    key = ("kpi_id", "scope_type", "scope_id", "dimensions", "grain", "period_end")
    return engine.dicts(
        "select noticed_on, old_value, new_value, cause, inputs from marts.restatement "
        f"where {' and '.join(f'{name} = ?' for name in key)} order by noticed_on",
        [row[name] for name in key],
    )
