"""A view of kpi_value for every way in which a company cuts its KPIs: one scope, one set of dimensions, one grain.

In such a view no two rows hold the same records, so an analyst cannot add them twice; members and dimensions are
columns. They follow from the catalogue, so they are made with the publication.
"""

from __future__ import annotations

from dataclasses import dataclass

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE, METRIC_CATALOGUE
from bizops_pipeline.contracts.marts.vocabulary import TELLING_GRAINS
from bizops_pipeline.contracts.table import Column, Table, number, text
from bizops_pipeline.metrics.scopes import BySet, by_set
from bizops_pipeline.naming import MARTS, literal, quoted
from bizops_pipeline.publish.tables import VIEWS

PERIODS = TELLING_GRAINS[:-1]
"""One view each for the company and plain members, the first that a KPI has only for dimensions."""

_NAMED = ("label", "unit", "direction", "value_domain")
_VALUES = (
    "period_start period_end value numerator denominator n target warn status null_reason is_complete is_provisional "
    "previous_value year_ago_value previous_to_date_value year_ago_to_date_value quality_grade"
).split()
AMOUNT = number(
    "amount",
    "The value again where rows of this view may be added up: sums and counts. NULL for ratios, medians, distinct "
    "counts, stocks and totals to date.",
)


@dataclass(frozen=True, slots=True)
class CutView:
    """A view with its contract and its query over schema `marts` of the published database."""

    table: Table
    query: str


def cut_views(company: Company) -> tuple[CutView, ...]:
    """Return the views of a company, in order of name; those that every company has are left out."""
    grains: dict[BySet, set[str]] = {}
    for kpi in company.shown_kpis:
        for names in kpi.by:
            grains.setdefault(by_set(names, None, f"KPI {kpi.id}"), set()).update(kpi.grains)
    wanted = [
        (by, grain)
        for by, found in grains.items()
        for grain in [each for each in PERIODS if each in found][: 1 if by.dimensions else None]
    ]
    standing = {view.name for view in VIEWS}
    views = (_view(by, grain) for by, grain in wanted)
    return tuple(sorted((view for view in views if view.table.name not in standing), key=lambda view: view.table.name))


def _view(by: BySet, grain: str) -> CutView:
    cut = f"by_{'_'.join(by.dimensions)}" if by.dimensions else ""
    scope = by.scope if by.scope != "company" or not cut else ""
    name = "_".join(part for part in ("kpi", scope, cut, grain) if part)
    member = (
        (text(f"{by.scope}_id", f"Member of the scope {by.scope}.", required=True),) if by.scope != "company" else ()
    )
    taken = {"kpi_id", *_NAMED, *_VALUES, AMOUNT.name, *(column.name for column in member)}
    dimensions = {each: f"dimension_{each}" if each in taken else each for each in by.dimensions}
    columns = (
        KPI_VALUE.column("kpi_id"),
        *(METRIC_CATALOGUE.column(each) for each in _NAMED),
        *member,
        *(text(shown, f"Dimension {each}.", required=True) for each, shown in dimensions.items()),
        *(KPI_VALUE.column(each) for each in _VALUES[:3]),
        AMOUNT,
        *(KPI_VALUE.column(each) for each in _VALUES[3:]),
    )
    key = ("kpi_id", *(column.name for column in member), *dimensions.values(), "period_start")
    whose = "the whole company" if by.scope == "company" else f"each {by.scope.replace('_', ' ')}"
    each = f" by {' and '.join(by.dimensions)}" if by.dimensions else ""
    description = (
        f"KPIs of {whose}{each}, by {grain}, and no other rows. Add up `amount` only, and that of one KPI; what has "
        "none, such as a ratio, is in kpi_value at each longer grain. A view."
    )
    table = Table(MARTS, name, f"one row per KPI, {', '.join(key[1:])}", key, columns, description)
    return CutView(table, _query(by, grain, columns, dimensions))


def _query(by: BySet, grain: str, columns: tuple[Column, ...], dimensions: dict[str, str]) -> str:
    sources = {shown: f"kpi.dimensions ->> {literal('$.' + each)}" for each, shown in dimensions.items()}
    sources |= {each: f"catalogue.{each}" for each in _NAMED}
    sources |= {f"{by.scope}_id": "kpi.scope_id", AMOUNT.name: "case when catalogue.type = 'simple' then kpi.value end"}
    listed = ",\n    ".join(
        f"{sources.get(column.name, f'kpi.{column.name}')} as {quoted(column.name)}" for column in columns
    )
    keys = "[" + ", ".join(literal(name) for name in by.dimensions) + "]"
    cut = f"json_keys(kpi.dimensions) = {keys}" if by.dimensions else "kpi.dimensions = '{}'"
    return (
        f"-- grain: one row per KPI, member, dimensions and {grain}\nselect\n    {listed}\n"
        "from marts.kpi_value as kpi\n"
        "left join marts.metric_catalogue as catalogue on catalogue.kpi_id = kpi.kpi_id\n"
        f"where kpi.grain = {literal(grain)} and kpi.scope_type = {literal(by.scope)}\n"
        f"    and {cut}"
    )
