"""marts.kpi_association: which IT-operational KPIs go with which business outcomes, and by how many weeks they lead.

All pairs of KPIs of the two layers that share a scope (the company, a value stream) are compared by their complete
weeks. The table is computed anew when KPI values or what is said of the KPIs changed, and left alone otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bizops_pipeline.catalogue.models import Company, Kpi
from bizops_pipeline.contracts.audit import CONSUMED
from bizops_pipeline.contracts.marts.insight import DISCOVERY, KPI_ASSOCIATION
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.failpoints import failpoint
from bizops_pipeline.insight.statement import association_statement
from bizops_pipeline.naming import fingerprint
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.changes import Written
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

if TYPE_CHECKING:
    from bizops_pipeline.insight.correlation import Correlation
    from bizops_pipeline.insight.weekly import WeeklyChanges

METHOD = "2"
"""Raised when the computation changes, so that what is stored is computed anew."""

LAGS = range(5)
"""Weeks by which an IT-operational KPI may lead."""

MINIMUM_WEEKS = 26
"""Fewest pairs of weeks of which anything is said: half a year."""

MINIMUM_MOVES = 13
"""Fewest weeks in which each of the two must have moved: half of the fewest weeks.

The test takes a correlation for the sum of many changes. Of a few, one that happens to fall into a week of another
great change makes a strong correlation out of a single event.
"""

DIGITS = 9
"""Digits that are stored: the last bits of a sum depend on the machine."""

LEADERS, FOLLOWERS = "it_operational", "business_outcome"
"""Layers of KPIs: changes of the first are compared with those of the second in the weeks after."""

_SIGNS = {"up": 1, "down": -1}


@dataclass(frozen=True, slots=True)
class Found:
    """A correlation, and the series that it is of."""

    changes: WeeklyChanges
    correlation: Correlation

    @property
    def pair(self) -> tuple[str, str, str, str]:
        """The KPIs and the scope."""
        ids = self.changes.leader_ids[self.correlation.leader], self.changes.follower_ids[self.correlation.follower]
        return (*ids, self.changes.scope_type, self.changes.scope_id)


def build(engine: Engine, company: Company, run: Run) -> tuple[Written, bool]:
    """Bring marts.kpi_association up to date; return its rows and whether it was computed anew."""
    changes.ensure_all(engine, [(table, ()) for table in (CONSUMED, KPI_VALUE, KPI_ASSOCIATION)])
    mark = _mark(engine, company)
    stored = int(engine.scalar(f"select count(*) from {KPI_ASSOCIATION.qualified}"))
    if not run.full and changes.seen(engine, KPI_ASSOCIATION.id, mark) is not None:
        return Written(0, 0, stored), False
    rows = list(_rows(engine, company, run))
    with engine.transaction():
        engine.execute(f"delete from {KPI_ASSOCIATION.qualified}")
        engine.insert(KPI_ASSOCIATION, rows)
        changes.mark_seen(engine, KPI_ASSOCIATION.id, mark, run)
        failpoint("associated")
    return Written(len(rows), stored, len(rows)), True


def compared(company: Company) -> list[str]:
    """Return the KPIs that are compared with one another."""
    return [*_of_layer(company, LEADERS), *_of_layer(company, FOLLOWERS)]


def _mark(engine: Engine, company: Company) -> str:
    """Return the hash of all that decides the rows: which KPI values there are, and what is said of the KPIs."""
    values = engine.rows(f"select sequence, fingerprint from {CONSUMED.qualified} where consumer = ?", (KPI_VALUE.id,))
    said = [(kpi.id, kpi.label, kpi.layer, kpi.direction, kpi.type) for kpi in company.shown_kpis]
    return fingerprint(METHOD, repr(values), repr(said), repr(_streams(company)))


def _streams(company: Company) -> dict[str, str]:
    """Return the names of the value streams by id."""
    return {stream.id: stream.name for stream in company.organisation.value_streams}


def _rows(engine: Engine, company: Company, run: Run) -> Iterator[Mapping[str, Any]]:
    leaders, followers = _of_layer(company, LEADERS), _of_layer(company, FOLLOWERS)
    if not (leaders and followers):
        return
    from bizops_pipeline.insight.correlation import correlations, q_values
    from bizops_pipeline.insight.weekly import weekly_changes

    found = [
        Found(scope, each)
        for scope in weekly_changes(engine, leaders, followers)
        for each in correlations(scope.leaders, scope.followers, LAGS, MINIMUM_WEEKS, MINIMUM_MOVES)
    ]
    strongest, kpis = _strongest(found), {kpi.id: kpi for kpi in company.shown_kpis}
    streams = _streams(company)
    for number, (each, q) in enumerate(zip(found, q_values([one.correlation.p for one in found]), strict=True)):
        yield _row(kpis, streams, run, each, q, is_strongest=number in strongest)


def _of_layer(company: Company, layer: str) -> list[str]:
    """Return the KPIs of a layer that have a value of its own for every week; running totals have not."""
    return [kpi.id for kpi in company.shown_kpis if kpi.layer == layer and kpi.type != "cumulative" and not kpi.made_of]


def _strongest(found: Sequence[Found]) -> set[int]:
    """Return the numbers of the strongest correlation of each pair and scope; of equals the shortest lag."""
    best: dict[tuple[str, str, str, str], int] = {}
    for number, each in enumerate(found):
        other = best.setdefault(each.pair, number)
        if _rank(each.correlation) > _rank(found[other].correlation):
            best[each.pair] = number
    return set(best.values())


def _rank(correlation: Correlation) -> tuple[float, int]:
    return round(abs(correlation.r), DIGITS), -correlation.lag


def _row(
    kpis: Mapping[str, Kpi], streams: Mapping[str, str], run: Run, found: Found, q: float, *, is_strongest: bool
) -> Mapping[str, Any]:
    it_id, business_id, scope_type, scope_id = found.pair
    it, business = kpis[it_id], kpis[business_id]
    correlation = found.correlation
    expected = _expected_sign(it, business)
    halves = correlation.first_half, correlation.second_half
    is_told = q < DISCOVERY and None not in halves
    stream = streams.get(scope_id, scope_id) if scope_type == "value_stream" else None
    slope = _slope(found) if is_strongest and is_told else None
    return {
        "it_kpi_id": it_id,
        "business_kpi_id": business_id,
        "scope_type": scope_type,
        "scope_id": scope_id,
        "lag_weeks": correlation.lag,
        "is_strongest": is_strongest,
        "r": _stored(correlation.r),
        "strength": _stored(abs(correlation.r)),
        "r_low": _stored(correlation.low),
        "r_high": _stored(correlation.high),
        "n": correlation.n,
        "n_effective": _stored(correlation.n_effective),
        "p_value": _stored(correlation.p),
        "q_value": _stored(q),
        "expected_sign": expected,
        "is_as_expected": None if expected is None else correlation.r * expected > 0,
        "r_first_half": _stored(halves[0]),
        "r_second_half": _stored(halves[1]),
        "halves_agree": None if None in halves else halves[0] * halves[1] > 0,  # type: ignore[operator]
        "slope": _stored(slope[0]) if slope else None,
        "slope_low": _stored(slope[1]) if slope else None,
        "slope_high": _stored(slope[2]) if slope else None,
        "first_week": found.changes.week(correlation.first),
        "last_week": found.changes.week(correlation.last),
        "statement": association_statement(it, business, correlation, q, stream=stream, is_told=is_told),
        "run_id": run.id,
        "data_as_of": run.as_of,
    }


def _expected_sign(it: Kpi, business: Kpi) -> int | None:
    """Return the sign by which better goes with better, None when one of the two has no better."""
    if it.direction in _SIGNS and business.direction in _SIGNS:
        return _SIGNS[it.direction] * _SIGNS[business.direction]
    return None


def _slope(found: Found) -> tuple[float, float, float]:
    from bizops_pipeline.insight.correlation import slope

    leader = found.changes.leaders[found.correlation.leader]
    return slope(leader, found.changes.followers[found.correlation.follower], found.correlation.lag)


def _stored(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")
