"""The outside world: what people post of the company, statistics, and answers to a feedback tool's questions.

Every system shows its records whole, a post with the first reply that is known.
"""

from datetime import date
from pathlib import Path

import numpy as np

from retailer_generator import clock, demand, mess, outages, text
from retailer_generator.company import TEAM_IDS, TEAMS
from retailer_generator.files import body
from retailer_generator.files import write as write_file
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream

POSTS = 2400
OUTAGE_DAYS = 3  # days from the checkout outage in which people are angry
_SENTIMENTS = ["negative", "neutral", "positive"]
_TEXTS = ["never again, @harbourhome", "lamp has arrived", "love the new shelf!"]
_NETWORKS = ["forum", "photo", "short_video"]
_SERIES = {"consumer_confidence": (-19.0, 1.4), "inflation": (2.3, 0.15)}
_KINDS = ["NPS", "CES", "eNPS"]


def write(out: Path, scale: float, cut: int, ledger: Ledger) -> dict[str, object]:
    """Writes the extracts of the outside world; returns the planted dip of sentiment."""
    _write_indicators(out, cut, ledger)
    _write_answers(out, scale, cut, ledger)
    return _write_posts(out, scale, cut, ledger)


def _write_posts(out: Path, scale: float, cut: int, ledger: Ledger) -> dict[str, object]:
    rng = stream("market", "posts")
    per_day = demand.daily("market.posts", POSTS * scale)
    down = int(clock.day_number(np.array([outages.CHECKOUT_DOWN[0]]))[0])
    per_day[down : down + OUTAGE_DAYS] += round(25 * scale) + 1
    day = np.repeat(np.arange(clock.DAYS), per_day)
    angry = (day >= down) & (day < down + OUTAGE_DAYS)
    posted = np.sort(demand.times(day, demand.HOURS_ONLINE, rng))
    luck = rng.random(len(day))
    mood = np.where(
        angry, (luck > 0.82).astype(np.int64) + (luck > 0.94), (luck > 0.24) + (luck > 0.60).astype(np.int64)
    )
    answered = rng.random(len(day)) < np.where(mood == 0, 0.85, 0.4)
    waits = 240 + rng.exponential(np.where(mood == 0, 3600, 9000)).astype(np.int64)
    replied = np.where(answered, posted + waits, clock.NEVER)
    number = np.arange(1, len(day) + 1)
    network = rng.integers(0, len(_NETWORKS), len(day))
    found = posted + 300
    row = np.flatnonzero(found < cut)
    marks = mess.mark("social.posts", number[row])
    judged = text.pick(_SENTIMENTS, mood[row])
    lines = text.join(
        '{"id":"', text.numbered("M", number[row], 6),
        '","network":"', text.pick(_NETWORKS, network[row]),
        '","author":{"handle":"@user', text.numbered("", number[row] % 811 + 1, 1),
        '"},"text":"', text.pick(_TEXTS, mood[row]),
        '","posted_at":"', text.offset_iso(posted[row]),
        '","sentiment":"', judged,
        '","classifier":"', text.pick(["lexicon-1", "bert-2"], (posted[row] >= clock.utc(2025, 7, 1)).astype(np.int64)),
        '","first_reply_at":', text.quoted(text.offset_iso(clock.known(replied[row], cut))),
        '}',
    )  # fmt: skip
    lines = text.put(lines, marks == mess.code("social.posts", "malformed_json"), '{"id":"M","text":"@user7 is')
    write_file(out / "extracts" / "social" / "posts.jsonl.gz", body(lines))
    ledger.wrote("social.posts", marks)
    shown = np.zeros(len(day), bool)
    shown[row] = marks == 0
    local_day = clock.day_number(posted)
    near = shown & (local_day >= down) & (local_day < down + OUTAGE_DAYS)
    before = shown & (local_day >= down - 28) & (local_day < down)
    return {
        "from": clock.days()[down].isoformat(),
        "days": OUTAGE_DAYS,
        "mentions": int(near.sum()),
        "negative": int((near & (mood == 0)).sum()),
        "positive": int((near & (mood == 2)).sum()),
        "net_sentiment_28_days_before": round(float((mood[before] - 1).mean()), 6) if before.any() else None,
    }


def _write_indicators(out: Path, cut: int, ledger: Ledger) -> None:
    """Monthly figures of two countries, released at the end of the month after and revised once, two months later."""
    rows = []
    months = clock.months(clock.END)
    for series, (level, step) in _SERIES.items():
        for region in ("DE", "AT"):
            rng = stream("market", "indicators", series, region)
            path = level + np.cumsum(rng.normal(0, step, len(months)))
            revision = rng.normal(0, step / 3, len(months))
            for position, month in enumerate(months):
                for delay, value in ((27, path[position]), (88, path[position] + revision[position])):
                    released = date.fromordinal(month.toordinal() + delay + 3)
                    rows.append((released, series, region, month, f"{value:.1f}"))
    rows = sorted(row for row in rows if clock.midnight(row[0]) < cut)
    lines = ["series;geo;period;value;released"]
    lines += [f"{series};{geo};{month:%Y-%m};{value};{released}" for released, series, geo, month, value in rows]
    write_file(out / "extracts" / "statistics" / "indicators.csv", ("\n".join(lines) + "\n").encode())
    ledger.wrote("statistics.indicators", np.zeros(len(rows), np.int8))


def _write_answers(out: Path, scale: float, cut: int, ledger: Ledger) -> None:
    """Answers of customers about recommending and effort, and of employees once a quarter, by team."""
    rng = stream("market", "answers")
    nps = demand.daily("market.nps", 1500 * scale)
    ces = demand.daily("market.ces", 900 * scale)
    pulse = np.array([n for n, day in enumerate(clock.days()) if day.day == 12 and day.month % 3 == 2])
    heads = [max(1, round(team.heads * scale)) for team in TEAMS]
    staff = np.repeat(np.arange(len(TEAMS)), heads)
    asked = np.tile(staff, len(pulse))
    asked_on = np.repeat(pulse, len(staff))
    takes_part = rng.random(len(asked)) < 0.6
    team, staff_day = asked[takes_part], asked_on[takes_part]
    day = np.concatenate([np.repeat(np.arange(clock.DAYS), nps), np.repeat(np.arange(clock.DAYS), ces), staff_day])
    kind = np.repeat([0, 1, 2], [int(nps.sum()), int(ces.sum()), len(team)])
    who = np.concatenate([np.full(len(day) - len(team), -1), team])
    at = demand.times(day, demand.HOURS_ONLINE, rng)
    mood = np.array([8.3, 5.6, 7.9])[kind] + np.where(who == TEAM_IDS.index("fulfilment_operations"), -1.3, 0.0)
    spread = np.array([2.1, 1.2, 1.8])[kind] * rng.normal(0, 1, len(day))
    score = np.clip(np.rint(mood + spread), np.array([0, 1, 0])[kind], np.array([10, 7, 10])[kind])
    order = np.argsort(at, kind="stable")
    at, kind, who, score = at[order], kind[order], who[order], score[order].astype(np.int64)
    number = np.arange(1, len(at) + 1)
    seen = at < cut
    at, kind, who, score, number = at[seen], kind[seen], who[seen], score[seen], number[seen]
    marks = mess.mark("feedback.answers", number)
    channel = text.put(text.pick(["web", "mobile"], number % 2), kind == 2, "")
    columns = [
        text.numbered("F", number, 6),
        text.pick(_KINDS, kind),
        text.offset_iso(at),
        text.put(text.number(score), marks == mess.code("feedback.answers", "out_of_range"), "11"),
        channel,
        text.put(text.pick(TEAM_IDS, np.maximum(who, 0)), who < 0, ""),
        text.put(text.join("guest", text.number(number), "@mail.example"), kind == 2, ""),
        text.pick(["", "quick answer please", "all good"], number % 3),
    ]
    head = b"answer,survey,submitted_at,rating,channel,team,email,comment\n"
    write_file(out / "extracts" / "feedback" / "answers.csv.gz", head + body(text.lines(columns, ",")))
    ledger.wrote("feedback.answers", marks)
