"""Weekly check-ins of the key results that people report by hand."""

from datetime import timedelta
from pathlib import Path

import numpy as np

from retailer_generator import clock
from retailer_generator.company import QUARTER_END, QUARTER_START, REPORTED
from retailer_generator.files import write as write_file
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream


def write(out: Path, cut: int, ledger: Ledger) -> None:
    rows = []
    days = (QUARTER_END - QUARTER_START).days
    for key_result in REPORTED:
        rng = stream("okr_tool", key_result.id)
        author = rng.bytes(6).hex()
        for week in range(key_result.weeks):
            day = QUARTER_START + timedelta(days=5 + 7 * week)  # Mondays
            at = clock.midnight(day) + 9 * clock.HOUR + int(rng.integers(0, 3600))
            way = key_result.reached * (day - QUARTER_START).days / days + float(rng.normal(0, 0.02))
            value = key_result.baseline + (key_result.target - key_result.baseline) * max(0.0, way)
            shown = round(value) if key_result.target > 1.5 else round(value, 2)
            confidence = min(1.0, max(0.1, round(0.35 + 0.5 * key_result.reached + float(rng.normal(0, 0.06)), 1)))
            rows.append((at, key_result.id, shown, confidence, author))
    rows = sorted(row for row in rows if row[0] < cut)
    lines = ["key_result_id,checked_in_at,value,confidence,author"]
    for at, name, value, confidence, author in rows:
        stamp = np.datetime_as_string(np.datetime64(at, "s"))
        lines.append(f"{name},{stamp}Z,{value},{confidence},{author}")
    write_file(out / "extracts" / "okr" / "checkins.csv", ("\n".join(lines) + "\n").encode())
    ledger.wrote("okr_tool.checkins", np.zeros(len(rows), np.int8))
