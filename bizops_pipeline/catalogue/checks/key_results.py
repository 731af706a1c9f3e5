"""Key results: what they name exists, a KPI or a person can measure them, and progress can be computed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import get_args

from bizops_pipeline.catalogue.checks.known import kpi_expected, unknown
from bizops_pipeline.catalogue.checks.objectives import key_results
from bizops_pipeline.catalogue.checks.targets import cuts_of, members_exist
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.models import CompanySettings, KeyResult, Kpi, Objective, Weekday
from bizops_pipeline.catalogue.validation import Located
from bizops_pipeline.errors import Problem

_TO_BE_REACHED = ("numeric", "percent")
_TO_BE_KEPT = ("stay_above", "stay_below", "range")
_MEASURABLE = (*_TO_BE_REACHED, *_TO_BE_KEPT, "baseline")

Path = tuple[str | int, ...]


def key_results_can_be_measured(draft: Draft) -> Iterator[Problem]:
    """A measured key result names a KPI, a grain of it and a cut of it; what it supports exists."""
    for objective, path, result in key_results(draft):
        known = draft.declared.key_results
        yield from unknown("key result", result.supports, known, objective, *path, "supports")
        if result.kpi is None:
            yield from _without_kpi(objective, path, result)
            continue
        if result.type not in _MEASURABLE:
            found = f"a KPI on a key result of type {result.type}"
            yield objective.problem(
                *path, "kpi", found=found, expected=f"a type among {', '.join(_MEASURABLE)}", at="key"
            )
        if result.kpi not in draft.declared.kpis:
            found = f"unknown KPI `{result.kpi}`"
            yield objective.problem(*path, "kpi", found=found, expected=kpi_expected(draft, result.kpi))
            continue
        kpi = draft.kpi(result.kpi)
        if kpi is None:
            continue
        if kpi.value.made_of:
            found = f"`{result.kpi}`, which is computed from {kpi.value.made_of}"
            yield objective.problem(*path, "kpi", found=found, expected="a KPI over entities")
            continue
        if result.grain not in kpi.value.grains:
            found = f"`{result.kpi}` is not computed by {result.grain}"
            at = "grain" if "grain" in result.model_fields_set else "kpi"
            grains = ", ".join(grain for grain in kpi.value.grains if grain != "all")
            expected = f"`grain:` with one of {grains}" if grains else "a KPI with a grain that has periods"
            yield objective.problem(*path, at, found=found, expected=expected)
        if set(result.where) not in [set(entry) for entry in kpi.value.by]:
            found = f"`{result.kpi}` is not cut by [{', '.join(result.where)}]"
            at = "where" if result.where else "kpi"
            yield objective.problem(*path, at, found=found, expected=f"one of its cuts: {cuts_of(kpi.value)}")
        yield from members_exist(draft, objective, kpi.value, (*path, "where"), result.where)
        yield from _has_a_period(draft, objective, path, result)


def _without_kpi(objective: Located[Objective], path: tuple[str | int, ...], result: KeyResult) -> Iterator[Problem]:
    if result.source == "measured":
        found = f"`{result.id}` is measured, but by no KPI"
        yield objective.problem(*path, "source", found=found, expected="`kpi: ...`, or `source: reported`")
    for key in ("where", "grain"):
        if key in result.model_fields_set:
            found = f"`{key}` on a key result without a KPI"
            yield objective.problem(*path, key, found=found, expected=f"`kpi: ...`, or remove `{key}`", at="key")


def progress_is_defined(draft: Draft) -> Iterator[Problem]:
    """Each type has the values that its progress needs, and a way to go between baseline and target."""
    for objective, path, result in key_results(draft):
        needs = {
            **dict.fromkeys(_TO_BE_REACHED, ("baseline", "target")),
            "stay_above": ("target",),
            "stay_below": ("target",),
            "range": ("target", "upper"),
            "milestone": ("milestones",),
        }.get(result.type, ())
        missing = [name for name in needs if getattr(result, name) in (None, ())]
        if missing:
            listed = " and ".join(f"`{name}`" for name in missing)
            found = f"`{result.id}` of type {result.type} without {listed}"
            yield objective.problem(*path, found=found, expected=f"{listed} of the key result")
        if result.type in _TO_BE_REACHED and result.target is not None and result.target == result.baseline:
            found = f"a target equal to the baseline ({result.target:g})"
            expected = "a target to move to, or `type: stay_above` or `stay_below` to keep a value"
            yield objective.problem(*path, "target", found=found, expected=expected)
        if result.upper is not None and result.type != "range":
            found = f"`upper` on a key result of type {result.type}"
            yield objective.problem(*path, "upper", found=found, expected="`type: range`, or no `upper`", at="key")
        elif result.upper is not None and result.target is not None and result.upper <= result.target:
            found = f"a range from {result.target:g} to {result.upper:g}"
            yield objective.problem(*path, "upper", found=found, expected="an `upper` above `target`")
        if result.milestones and result.type != "milestone":
            found = f"milestones on a key result of type {result.type}"
            yield objective.problem(
                *path, "milestones", found=found, expected="`type: milestone`, or no milestones", at="key"
            )


def targets_are_on_the_better_side(draft: Draft) -> Iterator[Problem]:
    """Targets lead where the KPI's direction says it is better; a KPI of which no direction is better says how."""
    for objective, path, result in key_results(draft):
        kpi = draft.kpi(result.kpi) if result.kpi else None
        if kpi is None:
            continue
        direction = kpi.value.direction
        if direction == "context" and "type" not in result.model_fields_set:
            found = f"`{result.kpi}`, of which neither up nor down is better, without a type"
            expected = "`type: numeric`, `stay_above`, `stay_below` or `range`, to say what is meant"
            yield objective.problem(*path, "kpi", found=found, expected=expected)
        wrong = {"up": "stay_below", "down": "stay_above"}.get(direction)
        if result.type == wrong:
            found = f"{wrong} on `{result.kpi}`, of which {direction} is better"
            yield objective.problem(
                *path, "type", found=found, expected=f"the other one, or `type: numeric` to go {direction}"
            )
        for at, target in targets(result):
            if result.type not in _TO_BE_REACHED or direction not in ("up", "down") or target == result.baseline:
                continue
            if result.baseline is not None and (target < result.baseline) == (direction == "up"):
                found = f"a target of {target:g} from {result.baseline:g}, but {direction} is better for `{result.kpi}`"
                side = "above" if direction == "up" else "below"
                yield objective.problem(*path, *at, found=found, expected=f"a target {side} the baseline")


def targets_are_changed_in_order(draft: Draft) -> Iterator[Problem]:
    """Changes of a target lie inside the key result's days, one after the other, and change something."""
    for objective, path, result in key_results(draft):
        start, due = _days(objective.value, result)
        if result.changes and result.type not in (*_TO_BE_REACHED, *_TO_BE_KEPT):
            found = f"changes of a target on a key result of type {result.type}, which has none"
            yield objective.problem(*path, "changes", found=found, expected="remove `changes`", at="key")
            continue
        before, held = start, result.target
        for index, change in enumerate(result.changes):
            at = (*path, "changes", index)
            if not before < change.from_ <= due:
                found, expected = f"a change on {change.from_}", f"a day after {before} and not after {due}"
                yield objective.problem(*at, "from", found=found, expected=expected)
            if change.target == held:
                yield objective.problem(
                    *at, "target", found=f"the target that holds already ({held:g})", expected="another one"
                )
            if change.target == result.baseline and result.type in _TO_BE_REACHED:
                found = f"a target equal to the baseline ({change.target:g})"
                yield objective.problem(*at, "target", found=found, expected="a target to move to")
            if result.upper is not None and change.target >= result.upper:
                found = f"a range from {change.target:g} to {result.upper:g}"
                yield objective.problem(*at, "target", found=found, expected="a target below `upper`")
            before, held = max(before, change.from_), change.target


def curves_make_sense(draft: Draft) -> Iterator[Problem]:
    """Expected progress rises inside the key result's days, or follows a running total of the year before."""
    for objective, path, result in key_results(draft):
        at = (*path, "curve")
        if result.curve == "linear":
            continue
        if result.type in _TO_BE_KEPT:
            found = f"a curve on a key result of type {result.type}, which is to be kept from the first day"
            yield objective.problem(*at, found=found, expected="remove `curve`", at="key")
        elif result.curve == "seasonal":
            yield from _seasonal(draft, objective, path, result)
        else:
            yield from _phased(objective, path, result)


def options_fit_their_type(draft: Draft) -> Iterator[Problem]:
    """Zones, cadence and weights of milestones stand where they mean something."""
    for objective, path, result in key_results(draft):
        if result.zones is not None:
            if result.type not in (*_TO_BE_REACHED, "milestone"):
                found = f"zones on a key result of type {result.type}"
                yield objective.problem(*path, "zones", found=found, expected="remove `zones`", at="key")
            elif result.zones.commit >= result.zones.target:
                found = f"zones from {result.zones.commit:g} to {result.zones.target:g}"
                yield objective.problem(*path, "zones", found=found, expected="`commit` below `target`")
        if "cadence" in result.model_fields_set and (result.kpi or result.type == "milestone"):
            found = "`cadence` on a key result that nobody reports"
            yield objective.problem(*path, "cadence", found=found, expected="remove `cadence`", at="key")
        weighted = [index for index, step in enumerate(result.milestones) if "weight" in step.model_fields_set]
        if weighted and len(weighted) < len(result.milestones):
            missing = next(index for index in range(len(result.milestones)) if index not in weighted)
            found = f"`{result.milestones[missing].name}` without a weight, beside milestones that have one"
            yield objective.problem(
                *path, "milestones", missing, found=found, expected="a `weight` on each, or on none"
            )


def is_first_day(day: date, grain: str, settings: CompanySettings) -> bool:
    """Return whether a period of a grain begins on a day; weeks begin as the company says."""
    if grain == "week":
        return day.weekday() == get_args(Weekday).index(settings.week_start)
    months = {"month": 1, "quarter": 3, "year": 12}.get(grain)
    return months is None or (day.day == 1 and (day.month - 1) % months == 0)


def _has_a_period(draft: Draft, objective: Located[Objective], path: Path, result: KeyResult) -> Iterator[Problem]:
    """A value counts once its period is complete, so one must end while the key result lasts."""
    start, due = _days(objective.value, result)
    if draft.settings is None or start > due:
        return
    settings, length = draft.settings.value, (due - start).days + 1
    if not any(is_first_day(start + timedelta(days=n), result.grain, settings) for n in range(1, length + 1)):
        found = f"values by {result.grain}, of which none is complete between {start} and {due}"
        at = "grain" if "grain" in result.model_fields_set else "kpi"
        yield objective.problem(*path, at, found=found, expected="a shorter `grain`, or a longer period")


def _seasonal(draft: Draft, objective: Located[Objective], path: Path, result: KeyResult) -> Iterator[Problem]:
    kpi: Kpi | None = located.value if result.kpi and (located := draft.kpi(result.kpi)) else None
    reset = kpi.reset if kpi is not None and kpi.type == "cumulative" else None
    if reset in (None, "never"):
        found = "a seasonal curve without a running total that starts anew, whose last year could show the way"
        expected = "a `kpi` of type cumulative with `reset`, or dated shares"
        yield objective.problem(*path, "curve", found=found, expected=expected)
        return
    start, due = _days(objective.value, result)
    if draft.settings is None or start > due:
        return
    firsts = [
        day
        for n in range((due - start).days + 1)
        if is_first_day(day := start + timedelta(days=n), reset, draft.settings.value)
    ]
    if firsts != [start]:
        found = f"a seasonal curve from {start} to {due}, but `{result.kpi}` starts anew every {reset}"
        yield objective.problem(
            *path, "curve", found=found, expected=f"`start` and `due` inside one {reset}, from its first day"
        )


def _phased(objective: Located[Objective], path: Path, result: KeyResult) -> Iterator[Problem]:
    start, due = _days(objective.value, result)
    before, share = start - timedelta(days=1), 0.0
    for index, point in enumerate(result.curve if not isinstance(result.curve, str) else ()):
        at = (*path, "curve", index)
        if not before < point.by <= due:
            expected = f"a day after {before} and not after {due}"
            yield objective.problem(*at, "by", found=f"a share by {point.by}", expected=expected)
        if point.share < share:
            found = f"a share of {point.share:g} after one of {share:g}"
            yield objective.problem(*at, "share", found=found, expected="shares that rise")
        before, share = max(before, point.by), max(share, point.share)


def targets(result: KeyResult) -> Iterator[tuple[Path, float]]:
    """Yield the targets that a key result has one after the other, each with its place."""
    if result.target is not None:
        yield ("target",), result.target
    for index, change in enumerate(result.changes):
        yield ("changes", index, "target"), change.target


def _days(objective: Objective, result: KeyResult) -> tuple[date, date]:
    return result.start or objective.period.from_, result.due or objective.period.to
