"""Objectives and key results that cannot be measured, or do not fit each other, are refused with the reason."""

# ruff: noqa: E501 - a case is a line

from __future__ import annotations

from collections.abc import Callable

import pytest

from bizops_pipeline.errors import Problem

FindProblems = Callable[..., list[Problem]]

KPIS = """
kpis:
  - {id: orders, use: library}
  - {id: lead_time_for_changes, use: library}
  - {id: conversion_rate, use: library}
  - {id: revenue, unit: currency, direction: up, type: simple, entity: fct_order, time: ordered_at, expr: count(*)}
  - {id: revenue_to_date, unit: currency, direction: up, type: cumulative, metric: revenue, reset: quarter, grains: [day, month]}
  - {id: buyers, unit: count, direction: up, type: distinct, entity: fct_order, time: ordered_at, expr: customer_id, grains: [all]}
  - {id: sessions, unit: count, direction: context, type: simple, entity: fct_session, time: started_at, expr: count(*), grains: [month, year]}
"""
TREE = """
teams: [{id: platform, name: Platform, side: it}]
value_streams: [{id: sell, name: Sell}]
"""
HEAD = "title: O, owners: {it: x}, period: {from: 2026-01-01, to: 2026-03-31}"
WAY = "baseline: 1, target: 2"


def problems_with(problems_of: FindProblems, *objectives: str) -> list[Problem]:
    """Return the problems of a company with these objectives, each in flow style on a line of its own."""
    listed = "".join(f"  - {{{each}}}\n" for each in objectives)
    files = {
        "catalogue/kpis/k.yaml": KPIS,
        "catalogue/organisation.yaml": TREE,
        "catalogue/okrs/o.yaml": f"objectives:\n{listed}",
    }
    return problems_of(files)


KEY_RESULTS = [
    ("kpi: orders, baseline: 9, target: 2", "a target of 2 from 9, but up is better", "above the baseline"),
    (f"kpi: lead_time_for_changes, {WAY}", "a target of 2 from 1, but down is better", "below the baseline"),
    (f"kpi: orders, {WAY}, changes: [{{from: 2026-02-01, target: 0, reason: r}}]", "a target of 0 from 1", "above"),
    ("kpi: orders, type: stay_below, target: 2", "stay_below on `orders`, of which up is better", "the other one"),
    (f"kpi: sessions, {WAY}", "of which neither up nor down is better, without a type", "`type: numeric`"),
    (
        f"kpi: sessions, type: numeric, grain: year, {WAY}",
        "values by year, of which none is complete",
        "a shorter `grain`",
    ),
    (f"kpi: orders, grain: all, {WAY}", "`grain` is `all`", "a KPI of type `cumulative` by day tells a value to date"),
    (f"kpi: buyers, {WAY}", "`buyers` is not computed by month", "a KPI with a grain that has periods"),
    (f"kpi: sessions, type: numeric, grain: week, {WAY}", "is not computed by week", "one of month, year"),
    (f"{WAY}, changes: [{{from: 2026-01-01, target: 3, reason: r}}]", "a change on 2026-01-01", "after 2026-01-01"),
    (f"{WAY}, changes: [{{from: 2026-04-01, target: 3, reason: r}}]", "a change on 2026-04-01", "not after 2026-03-31"),
    (
        f"{WAY}, changes: [{{from: 2026-03-01, target: 3, reason: r}}, {{from: 2026-02-01, target: 4, reason: r}}]",
        "a change on 2026-02-01",
        "after 2026-03-01",
    ),
    (
        f"{WAY}, changes: [{{from: 2026-02-01, target: 2, reason: r}}]",
        "the target that holds already (2)",
        "another one",
    ),
    (
        f"{WAY}, changes: [{{from: 2026-02-01, target: 1, reason: r}}]",
        "a target equal to the baseline (1)",
        "to move to",
    ),
    (f"{WAY}, changes: [{{from: 2026-02-01, target: 3}}]", "`reason` is missing", "`reason`"),
    (
        "type: binary, changes: [{from: 2026-02-01, target: 3, reason: r}]",
        "changes of a target on a key result of type binary",
        "remove `changes`",
    ),
    (
        f"{WAY}, curve: [{{by: 2026-02-01, share: 0.5}}, {{by: 2026-03-01, share: 0.4}}]",
        "a share of 0.4 after one of 0.5",
        "rise",
    ),
    (f"{WAY}, curve: [{{by: 2026-04-01, share: 0.5}}]", "a share by 2026-04-01", "not after 2026-03-31"),
    (f"{WAY}, curve: [{{by: 2026-02-01, share: 50}}]", "`share` is `50`", "less than or equal to 1"),
    (f"{WAY}, curve: seasonal", "a seasonal curve without a running total", "type cumulative"),
    (f"kpi: orders, {WAY}, curve: seasonal", "a seasonal curve without a running total", "type cumulative"),
    (
        f"kpi: revenue_to_date, {WAY}, start: 2026-01-05, curve: seasonal",
        "starts anew every quarter",
        "inside one quarter",
    ),
    (
        "kpi: orders, type: stay_above, target: 2, curve: [{by: 2026-02-01, share: 0.5}]",
        "a curve on a key result of type stay_above",
        "remove `curve`",
    ),
    (
        "kpi: orders, type: stay_above, target: 2, zones: {}",
        "zones on a key result of type stay_above",
        "remove `zones`",
    ),
    (f"{WAY}, zones: {{commit: 0.8}}", "zones from 0.8 to 0.7", "below"),
    (f"kpi: orders, {WAY}, cadence: monthly", "`cadence` on a key result that nobody reports", "remove `cadence`"),
    ("type: milestone, milestones: [{name: a, weight: 2}, {name: b}]", "`b` without a weight", "on each, or on none"),
    (f"{WAY}, unit_value: 3", "`unit_value` where weights are given", "`weights: size`"),
]


@pytest.mark.parametrize(("fields", "found", "expected"), KEY_RESULTS, ids=[found for _, found, _ in KEY_RESULTS])
def test_a_key_result_that_makes_no_sense_is_refused(
    problems_of: FindProblems, fields: str, found: str, expected: str
) -> None:
    problems = problems_with(problems_of, f"id: o, {HEAD}, key_results: [{{id: kr, {fields}}}]")
    assert len(problems) == 1, problems
    assert found in problems[0].found
    assert expected in problems[0].expected


PART = f"key_results: [{{id: kr, {WAY}}}]"
OBJECTIVES = [
    (["id: o, " + HEAD], "`o` has no key result", "`roll_up: with_children`"),
    ([f"id: o, roll_up: with_children, {HEAD}, {PART}"], "counts its children and has none", "a child"),
    (
        [
            f"id: top, level: team, team: platform, {HEAD}, {PART}",
            f"id: o, parent: top, {HEAD}, key_results: [{{id: a, {WAY}}}]",
        ],
        "an objective of level company below `top` of level team",
        "a parent of level company",
    ),
    (
        [
            f"id: top, {HEAD}, {PART}",
            f"id: o, parent: top, title: O, owners: {{it: x}}, period: {{from: 2026-04-01, to: 2026-06-30}}, key_results: [{{id: a, {WAY}}}]",
        ],
        "a period from 2026-04-01 to 2026-06-30 below `top`",
        "periods that overlap",
    ),
    (
        [
            f"id: top, roll_up: with_children, {HEAD}",
            f"id: o, parent: top, title: O, owners: {{it: x}}, period: {{from: 2026-02-01, to: 2026-06-30}}, {PART}",
        ],
        "a period from 2026-02-01 to 2026-06-30 below `top`",
        "inside that of `top`",
    ),
    (
        [
            f"id: o, weights: size, {HEAD}, key_results: [{{id: a, {WAY}, unit_value: 1}}, {{id: b, type: binary, unit_value: 1}}]"
        ],
        "type binary, which has no way to go",
        "numeric and percent",
    ),
    ([f"id: o, weights: size, {HEAD}, key_results: [{{id: a, {WAY}}}]"], "`a` weighed by size", "`unit_value`"),
    (
        [f"id: o, weights: size, {HEAD}, key_results: [{{id: a, kpi: orders, {WAY}, weight: 2}}]"],
        "`weight` where key results are weighed by size",
        "`unit_value`",
    ),
    (
        [
            f"id: o, weights: size, {HEAD}, key_results: [{{id: a, kpi: orders, {WAY}}}, {{id: b, kpi: conversion_rate, baseline: 0.1, target: 0.2, unit_value: 3}}]"
        ],
        "`a` weighed by size, beside key results of other units",
        "on each of them",
    ),
]


@pytest.mark.parametrize(("objectives", "found", "expected"), OBJECTIVES, ids=[found for _, found, _ in OBJECTIVES])
def test_an_objective_that_makes_no_sense_is_refused(
    problems_of: FindProblems, objectives: list[str], found: str, expected: str
) -> None:
    problems = problems_with(problems_of, *objectives)
    assert len(problems) == 1, problems
    assert found in problems[0].found
    assert expected in problems[0].expected


def test_what_can_be_measured_is_accepted(problems_of: FindProblems) -> None:
    quarter = f"id: o, roll_up: with_children, {HEAD}"
    measured = [
        f"{{id: a, kpi: revenue_to_date, grain: day, {WAY}, curve: seasonal, zones: {{}}}}",
        f"{{id: b, kpi: orders, {WAY}, changes: [{{from: 2026-02-01, target: 3, reason: r}}], effect: output}}",
        "{id: c, kpi: sessions, type: range, target: 1, upper: 9}",
        f"{{id: d, {WAY}, cadence: monthly, curve: [{{by: 2026-02-01, share: 0.2}}]}}",
        "{id: e, type: milestone, milestones: [{name: a}, {name: b}]}",
    ]
    child = f"id: child, parent: o, level: team, team: platform, {HEAD}, key_results: [{', '.join(measured)}]"
    sized = f"id: sized, weights: size, {HEAD}, key_results: [{{id: f, kpi: orders, {WAY}}}]"
    assert problems_with(problems_of, quarter, child, sized) == []
