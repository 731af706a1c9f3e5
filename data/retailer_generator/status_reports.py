"""Weekly status reports of the third quarter of 2026: lights and shares as people saw them, not as records say.

Two key results are reported green by the business while what is measured says red: satisfaction for the whole
quarter, revenue until the middle of September. The others are reported as they are, or a little late.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from retailer_generator import clock
from retailer_generator.company import QUARTER_START
from retailer_generator.files import write as write_file
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream

WEEKS = 13
FIRST_MONDAY = date(2026, 7, 6)


@dataclass(frozen=True)
class Line:
    """A line of the weekly report: a light a week (g, a, r), and the share that is claimed to be done at the end."""

    subject: str
    side: str
    team: str
    lights: str
    claimed: float
    is_objective: bool = False


LINES = (
    Line("csat_2026q3", "business", "customer_care", "ggggggggggggg", 0.90),
    Line("net_revenue_2026q3", "business", "assortment", "ggggggggggarr", 0.80),
    Line("lead_time_2026q3", "it", "platform", "rraaggggggggg", 1.00),
    Line("change_failure_2026q3", "it", "platform", "ggggggggggggg", 1.00),
    Line("critical_incidents_2026q3", "it", "checkout_engineering", "aaaaggggggggg", 1.00),
    Line("payment_failover_2026q3", "it", "checkout_engineering", "ggaaaarrrarrr", 0.55),
    Line("runbooks_tested_2026q3", "it", "checkout_engineering", "ggggaaarrrrrr", 0.20),
    Line("wider_assortment_2026q3", "business", "assortment", "gggggggggaaaa", 0.75, is_objective=True),
)
"""Everybody reports on every Monday at half past eight; comments are what people write into such a field."""

COMMENTS = ("", "on plan", "some delay in the vendor's delivery", "team is confident", "see the minutes")
_WORDS = {"g": "Green", "a": "Amber", "r": "Red"}
_HEADER = "id,reported,key_result,objective,light,percent,side,team,author,comment"


def write(out: Path, cut: int, ledger: Ledger) -> dict[str, object]:
    rows = [row for week in range(WEEKS) for row in _week(week) if row[0] < cut]
    lines = [_HEADER]
    for number, (at, line, light, percent, author, comment) in enumerate(rows, start=1):
        subject = ("", line.subject) if line.is_objective else (line.subject, "")
        stamp = np.datetime_as_string(np.datetime64(at, "s"))
        written = (
            f"R{number:04d}",
            f"{stamp}Z",
            *subject,
            _WORDS[light],
            percent,
            line.side,
            line.team,
            author,
            comment,
        )
        lines.append(",".join(str(each) for each in written))
    write_file(out / "extracts" / "okr" / "status_reports.csv", ("\n".join(lines) + "\n").encode())
    ledger.wrote("status_reports.reports", np.zeros(len(rows), np.int8))
    return {
        "key_results": ["csat_2026q3", "net_revenue_2026q3"],
        "side": "business",
        "green_reports": {
            name: sum(row[1].subject == name and row[2] == "g" for row in rows)
            for name in ("csat_2026q3", "net_revenue_2026q3")
        },
    }


def _week(week: int) -> list[tuple[int, Line, str, int, str, str]]:
    day = FIRST_MONDAY + timedelta(days=7 * week)
    rows = []
    for place, line in enumerate(LINES):
        rng = stream("status_reports", line.subject, week)
        at = clock.midnight(day) + 8 * clock.HOUR + 30 * 60 + place * 60 + int(rng.integers(0, 60))
        passed = (day - QUARTER_START).days / 91
        percent = round(100 * min(1.0, max(0.0, line.claimed * passed + float(rng.normal(0, 0.02)))))
        author = stream("status_reports", "author", line.subject).bytes(6).hex()
        rows.append((at, line, line.lights[week], percent, author, COMMENTS[int(rng.integers(0, len(COMMENTS)))]))
    return rows
