"""What a cumulative KPI may accumulate."""

import pytest

TOTAL = "{id: total, type: simple, entity: fct_order, time: ordered_at, expr: count(*), unit: count, direction: up}"
BUYERS = TOTAL.replace("total", "buyers").replace("simple", "distinct").replace("count(*)", "customer_id")
SHARE = (
    "{id: share, type: ratio, entity: fct_order, time: ordered_at, numerator: count(*), denominator: %s, unit: ratio, "
    "direction: up, by: [[channel]]%s}"
)


@pytest.mark.parametrize(
    ("other", "accepted"),
    [
        (TOTAL, True),
        (BUYERS, False),
        (SHARE % ("{metric: total}", ""), True),
        (SHARE % ("{metric: buyers}", ""), False),
        (SHARE % ("{calendar: days}", ""), False),
        (SHARE % ("count(*)", ", share_of: [channel]"), False),
    ],
    ids=["sum", "distinct", "ratio", "ratio-of-distinct", "per-day", "share-of-all"],
)
def test_only_sums_can_be_accumulated(problems_of, other: str, accepted: bool) -> None:
    id = other.split(",")[0].removeprefix("{id: ")
    running = f"{{id: running, type: cumulative, metric: {id}, reset: year, unit: count, direction: up}}"
    listed = dict.fromkeys((TOTAL, BUYERS, other, running))
    problems = problems_of({"catalogue/kpis/k.yaml": "kpis:\n" + "".join(f"  - {each}\n" for each in listed)})
    assert [problem.found for problem in problems if "accumulated" in problem.found] == (
        [] if accepted else [f"`{id}` of type {'distinct' if other == BUYERS else 'ratio'} cannot be accumulated"]
    )
