"""What planted.json says of payments, deliveries, posts and answers is counted again from the committed files."""

import csv
import gzip
import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

RETAILER = Path(__file__).resolve().parents[2] / "data" / "retailer"
EXTRACTS = RETAILER / "extracts"
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(scope="module")
def planted() -> dict[str, Any]:
    return json.loads((RETAILER / "planted.json").read_text())


def lines(file: Path) -> list[str]:
    return gzip.decompress(file.read_bytes()).decode().splitlines()


def rows(file: Path, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(lines(file), delimiter=delimiter))


def test_payments(planted):
    attempts = [row for file in sorted((EXTRACTS / "payments").iterdir()) for row in rows(file)]
    unknown = sum(row["event"] not in ("AUTHORISED", "REFUSED") for row in attempts)
    assert planted["tables"]["payments.payments"] == {"rows": len(attempts), "mess": {"unknown_event": unknown}}


def test_shipments_and_subscriptions(planted):
    assert planted["tables"]["logistics.shipments"]["rows"] == len(
        pq.read_table(EXTRACTS / "logistics" / "shipments.parquet")
    )
    assert planted["tables"]["billing.subscriptions"]["rows"] == len(
        rows(EXTRACTS / "billing" / "subscriptions.csv.gz")
    )


def test_the_partner_whose_deliveries_come_late(planted):
    due: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    broken = 0
    deliveries = rows(EXTRACTS / "partner" / "alpenkurier.csv.gz", "|")
    for row in deliveries:
        promised = datetime.strptime(row["Zusage"], "%d.%m.%Y").date()
        if row["Zustellung"].startswith("32."):
            broken += 1
            continue
        if promised > datetime(2026, 9, 30).date():
            continue
        quarter = f"{promised.year}Q{(promised.month + 2) // 3}"
        due[quarter] += 1
        came = row["Zustellung"] and datetime.strptime(row["Zustellung"], "%d.%m.%Y %H:%M").date() <= promised
        kept[quarter] += bool(came) and row["Vollständig"] == "ja"
    fact = planted["facts"]["late_partner"]
    assert planted["tables"]["partner.deliveries"] == {"rows": len(deliveries), "mess": {"bad_date": broken}}
    assert fact["quarters"] == {q: {"due": due[q], "on_time_in_full": kept[q]} for q in sorted(due)}
    assert kept["2026Q1"] / due["2026Q1"] > 0.9 > 0.6 > kept["2026Q3"] / due["2026Q3"]


def test_the_dip_of_sentiment_after_the_outage(planted):
    texts = lines(EXTRACTS / "social" / "posts.jsonl.gz")
    posts = [json.loads(text) for text in texts if text.endswith("}")]
    fact = planted["facts"]["sentiment_dip"]
    start = datetime.fromisoformat(fact["from"]).replace(tzinfo=BERLIN)
    end = start + timedelta(days=fact["days"])
    near = [post for post in posts if start <= datetime.fromisoformat(post["posted_at"]) < end]
    found = Counter(post["sentiment"] for post in near)
    assert (len(near), found["negative"], found["positive"]) == (fact["mentions"], fact["negative"], fact["positive"])
    assert found["positive"] - found["negative"] < -0.5 * len(near)
    assert fact["net_sentiment_28_days_before"] > 0
    assert planted["tables"]["social.posts"] == {
        "rows": len(texts),
        "mess": {"malformed_json": len(texts) - len(posts)},
    }


def test_answers(planted):
    answers = rows(EXTRACTS / "feedback" / "answers.csv.gz")
    wrong = sum(int(row["rating"]) > 10 for row in answers)
    assert planted["tables"]["feedback.answers"] == {"rows": len(answers), "mess": {"out_of_range": wrong}}
    assert {row["survey"] for row in answers} == {"NPS", "CES", "eNPS"}


def test_every_figure_is_released_and_then_revised(planted):
    text = (EXTRACTS / "statistics" / "indicators.csv").read_text()
    figures = list(csv.DictReader(text.splitlines(), delimiter=";"))
    releases = Counter((row["series"], row["geo"], row["period"]) for row in figures)
    assert planted["tables"]["statistics.indicators"]["rows"] == len(figures)
    assert set(releases.values()) == {1, 2}
