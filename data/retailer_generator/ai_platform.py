"""The platform that runs the company's AI models: registry, use, reviews, seats and cost.

What the models achieve and how their inputs change is in `ai_evidence`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from retailer_generator import ai_evidence, clock, demand, mess, text
from retailer_generator.files import Export, body
from retailer_generator.files import write as write_file
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream


@dataclass(frozen=True)
class Model:
    """A model as its platform knows it; money in euros, or francs for what a Swiss vendor bills."""

    id: str
    requests: int  # on an average day, by systems
    price: float  # of a request
    people: int  # cost of a month
    training: int  # cost of a quarter
    approved: date
    versions: tuple[date, ...]  # days on which they were deployed
    paid_until: date = clock.END
    licence: int = 0  # francs a month


UNUSED, UNDEPLOYED = "price_optimiser", "returns_predictor"
ASSISTANT = "desk_assistant"
MODELS = (
    Model("recommender", 950, 0.0012, 620, 240, date(2024, 11, 18), (ai_evidence.RECOMMENDER_FROM, date(2025, 10, 6))),
    Model("demand_forecaster", 300, 0.01, 640, 180, date(2024, 12, 2), (ai_evidence.FORECASTER_FROM,)),
    Model("fraud_score", 30, 0.015, 120, 0, date(2025, 2, 10), (ai_evidence.FRAUD_FROM,), licence=190),
    Model("search_ranker", 420, 0.0009, 380, 120, date(2025, 5, 5), (date(2025, 8, 4), date(2026, 2, 2))),
    Model(ASSISTANT, 0, 0.03, 450, 0, date(2025, 6, 16), (date(2025, 9, 1),)),
    Model(UNUSED, 0, 0.0, 520, 150, date(2025, 7, 7), (date(2025, 12, 1),)),
    Model(UNDEPLOYED, 0, 0.0, 700, 0, date(2025, 9, 15), (), paid_until=date(2026, 1, 31)),
)
AGENTS, ANALYSTS = 24, 6
_REVIEWS = ["accepted", "edited", "rejected"]
_ARTIFACTS = ("model_card", "data_sheet", "bias_test", "human_oversight", "security_review")
MISSING = (("fraud_score", "bias_test"), ("search_ranker", "model_card"))
EXPIRED = ("fraud_score", "human_oversight", date(2026, 5, 1))


def write(out: Path, scale: float, until: date, cut: int, ledger: Ledger) -> dict[str, object]:
    """Writes what the platform exports; returns what is planted."""
    folder = out / "extracts" / "ml_platform"
    requests = {model.id: _requests(model, scale) for model in MODELS}
    used = _assistant_uses()
    requests[ASSISTANT] = np.bincount(used.day, used.requests, clock.DAYS).astype(np.int64)
    _write_registry(folder, cut, ledger)
    _write_seats(folder, cut, ledger)
    _write_usage(folder, requests, used, until, cut, ledger)
    _write_reviews(folder, used, cut, ledger)
    _write_costs(folder, requests, cut, ledger)
    unused = MODELS[[model.id for model in MODELS].index(UNUSED)]
    return {
        **ai_evidence.write(folder, scale, cut, ledger),
        "unused_model": {"model": UNUSED, "deployed": unused.versions[0].isoformat(), "requests": 0},
        "undeployed_model": {"model": UNDEPLOYED},
        "missing_artifacts": [f"{model}/{artifact}" for model, artifact in MISSING],
        "expired_artifact": {"artifact": f"{EXPIRED[0]}/{EXPIRED[1]}", "on": EXPIRED[2].isoformat()},
    }


@dataclass(frozen=True)
class Uses:
    """One entry for each agent and day on which the agent used the assistant."""

    at: np.ndarray
    day: np.ndarray
    agent: np.ndarray
    requests: np.ndarray


def day_of(day: date) -> int:
    return (day - clock.START).days


def _requests(model: Model, scale: float) -> np.ndarray:
    """Requests of systems on each day."""
    if not (model.requests and model.versions):
        return np.zeros(clock.DAYS, np.int64)
    count = stream("ml_platform", "requests", model.id).poisson(demand.curve() * model.requests * scale)
    return np.where(np.arange(clock.DAYS) >= day_of(model.versions[0]), count, 0)


def _assistant_uses() -> Uses:
    """Agents take to the assistant bit by bit, on working days."""
    rng = stream("ml_platform", "assistant")
    first = day_of(MODELS[[model.id for model in MODELS].index(ASSISTANT)].versions[0])
    day, agent = (grid.ravel() for grid in np.meshgrid(np.arange(first, clock.DAYS), np.arange(AGENTS), indexing="ij"))
    likely = 0.25 + 0.5 * (day - first) / (clock.DAYS - first)
    likely = np.where(clock.weekdays()[day] < 5, likely, 0) * np.where(agent % 6 == 5, 0.08, 1)
    worked = rng.random(len(day)) < likely
    day, agent = day[worked], agent[worked]
    at = np.sort(clock.at(day, rng.integers(8, 18, len(day)) * clock.HOUR + rng.integers(0, clock.HOUR, len(day)), rng))
    return Uses(at, day, agent, 1 + rng.poisson(7, len(day)))


def _person(agent: np.ndarray) -> pa.Array:
    return text.numbered("agent-", agent + 101, 3)


def _write_usage(
    folder: Path, requests: dict[str, np.ndarray], used: Uses, until: date, cut: int, ledger: Ledger
) -> None:
    """JSON lines: a line for each day of a system, and for each day of an agent."""
    names = [model.id for model in MODELS]
    systems = [(np.flatnonzero(requests[m.id]), i) for i, m in enumerate(MODELS) if m.requests]
    day = np.concatenate([days for days, _ in systems])
    model = np.concatenate([np.full(len(days), i) for days, i in systems])
    at = clock.at(day, np.full(len(day), 23 * clock.HOUR), stream("ml_platform", "exported"))
    count = np.concatenate([requests[names[i]][days] for days, i in systems])
    at = np.concatenate([at, used.at])
    order = np.argsort(at, kind="stable")
    model = np.concatenate([model, np.full(len(used.at), names.index(ASSISTANT))])[order]
    count = np.concatenate([count, used.requests])[order]
    agent = np.concatenate([np.full(len(day), -1000), used.agent])[order]
    marks = mess.mark("ml_platform.usage", np.arange(len(at)))
    name = text.put(text.pick(names, model), marks == mess.code("ml_platform.usage", "unknown_model"), "playground")
    lines = text.join(
        '{"model":"', name, '","at":"', text.utc_iso(at[order]), '","user":', text.quoted(_person(agent)),
        ',"requests":', text.number(count), "}",
    )  # fmt: skip
    broken = marks == mess.code("ml_platform.usage", "malformed_json")
    lines = text.put(lines, broken, '{"model":"recommender","at":')
    export = Export(lambda period: folder / f"usage-{period}.jsonl.gz", "ml_platform.usage", None, False, ledger)
    export.add(at[order], lines, marks)
    for month in clock.months(until):
        export.flush(month, cut)


def _write_reviews(folder: Path, used: Uses, cut: int, ledger: Ledger) -> None:
    """What agents did with the assistant's drafts; four in five working days have a review."""
    rng = stream("ml_platform", "reviews")
    reviewed = np.flatnonzero(rng.random(len(used.at)) < 0.8)
    decision = rng.choice(3, len(reviewed), p=[0.71, 0.19, 0.10])
    outputs = 1 + rng.binomial(used.requests[reviewed] - 1, 0.4)
    at = used.at[reviewed] + rng.integers(60, 1800, len(reviewed))
    order = np.argsort(at, kind="stable")
    order = order[at[order] < cut]
    marks = mess.mark("ml_platform.reviews", np.arange(len(order)))
    unknown = marks == mess.code("ml_platform.reviews", "unknown_decision")
    undated = marks == mess.code("ml_platform.reviews", "bad_date")
    columns = [
        text.numbered("RV", np.arange(1, len(order) + 1), 6),
        text.pick([ASSISTANT], np.zeros(len(order), np.int64)),
        text.put(text.utc_iso(at[order]), undated, "2026-02-30T10:00:00Z"),
        text.put(text.pick(_REVIEWS, decision[order]), unknown, "skipped"),
        text.number(outputs[order]),
    ]
    content = b"review,model,reviewed_at,decision,drafts\n" + body(text.lines(columns, ","))
    write_file(folder / "reviews.csv.gz", content)
    ledger.wrote("ml_platform.reviews", marks)


def _write_seats(folder: Path, cut: int, ledger: Ledger) -> None:
    """Who may use the assistant and the price optimiser; every eighth agent moves on after ten months."""
    lines = []
    for model, people in ((ASSISTANT, AGENTS), (UNUSED, ANALYSTS)):
        first = day_of(next(each for each in MODELS if each.id == model).versions[0])
        for person in range(people):
            since = first + 7 * (person // 6)
            until = since + 300 if model == ASSISTANT and person % 8 == 7 else clock.DAYS
            if not _is_over(since, cut):
                continue
            prefix = "agent" if model == ASSISTANT else "buyer"
            leaves = _iso(until) if until < clock.DAYS and _is_over(until, cut) else ""
            lines.append(f"{model},{prefix}-{person + 101:03},{_iso(since)},{leaves}")
    write_file(folder / "seats.csv", ("\n".join(["model,person,from,to", *lines]) + "\n").encode())
    ledger.wrote("ml_platform.seats", np.zeros(len(lines), np.int8))


def _write_registry(folder: Path, cut: int, ledger: Ledger) -> None:
    """Versions and artefacts; an artefact is there a week before the first deployment."""
    versions, artifacts = [], []
    for model in MODELS:
        for number, deployed in enumerate(model.versions, start=1):
            trained = _iso(day_of(deployed) - 12)
            if _is_over(day_of(deployed), cut):
                versions.append(f"{model.id},{number}.0,{trained},{deployed.isoformat()}")
        ready = day_of(model.versions[0] if model.versions else model.approved) - 7
        for artifact in _ARTIFACTS:
            missing = (model.id, artifact) in MISSING or (not model.versions and artifact != "model_card")
            if not missing and _is_over(ready, cut):
                until = EXPIRED[2].isoformat() if (model.id, artifact) == EXPIRED[:2] else ""
                artifacts.append(f"{model.id},{artifact},{_iso(ready)},{until}")
    head = "model,version,trained_on,deployed_on"
    write_file(folder / "versions.csv", ("\n".join([head, *versions]) + "\n").encode())
    head = "model,artifact,present_from,valid_until"
    write_file(folder / "artifacts.csv", ("\n".join([head, *artifacts]) + "\n").encode())
    ledger.wrote("ml_platform.versions", np.zeros(len(versions), np.int8))
    ledger.wrote("ml_platform.artifacts", np.zeros(len(artifacts), np.int8))


def _write_costs(folder: Path, requests: dict[str, np.ndarray], cut: int, ledger: Ledger) -> None:
    """Inference by day; people, training and licences on the first day of their month or quarter."""
    rows: list[tuple[int, int, str, str, int, str]] = []
    for index, model in enumerate(MODELS):
        for day in np.flatnonzero(requests[model.id]).tolist():
            rows.append((day, index, model.id, "compute", round(requests[model.id][day] * model.price * 100), "EUR"))
        for month in clock.months(clock.END):
            first = day_of(month)
            if not day_of(model.approved) <= first <= day_of(model.paid_until):
                continue
            rows.append((first, index, model.id, "staff", model.people * 100, "EUR"))
            if model.training and month.month % 3 == 1:
                rows.append((first, index, model.id, "training", model.training * 100, "EUR"))
            if model.licence and model.versions and first >= day_of(model.versions[0]):
                rows.append((first, index, model.id, "licence", model.licence * 100, "CHF"))
    rows = sorted(row for row in rows if _is_over(row[0], cut))
    marks = mess.mark("ml_platform.costs", np.arange(len(rows)))
    drifted = mess.code("ml_platform.costs", "type_drift")
    lines = ["day,model,kind,amount,currency"]
    for (day, _, model, kind, cents, currency), mark in zip(rows, marks.tolist(), strict=True):
        amount = "tbd" if mark == drifted else f"{cents // 100}.{cents % 100:02}"
        lines.append(f"{_iso(day)},{model},{kind},{amount},{currency}")
    write_file(folder / "costs.csv.gz", ("\n".join(lines) + "\n").encode())
    ledger.wrote("ml_platform.costs", marks)


def _iso(day: int) -> str:
    return (clock.START + timedelta(days=day)).isoformat()


def _is_over(day: int, cut: int) -> bool:
    """Whether a day (0 = START) has ended by the cut; days before the first record have."""
    return day < 0 or bool(clock.day_number(np.array([cut - 1]))[0] >= day)
