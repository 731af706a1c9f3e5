"""What the security team keeps: the scanner's list of vulnerabilities, the risk register, tests of controls.

The scanner gives UTC; the register and the tests are spreadsheets with German dates and decimals.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

from retailer_generator import clock, mess, text
from retailer_generator.company import SERVICE_IDS
from retailer_generator.files import body
from retailer_generator.files import write as write_file
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream

VULNERABILITIES, RISKS, CONTROLS = 900, 30, 24
NEGLECTED, NEGLECTED_COUNT = "erp", 6  # critical vulnerabilities that nobody fixes in time
_SEVERITIES = ["CRITICAL", "HIGH", "MEDIUM", "LOW"]
_DUE = np.array([7, 30, 90, 180])
_TYPICAL = np.array([4, 15, 45, 80])  # days to fix
_CATEGORIES = ["availability", "data protection", "fraud", "supplier", "compliance"]
_QUARTER = 91


def write(out: Path, cut: int, ledger: Ledger) -> dict[str, object]:
    """Writes the three lists; returns the planted neglect."""
    folder = out / "extracts" / "security"
    _write_risks(folder, cut, ledger)
    _write_controls(folder, cut, ledger)
    return _write_vulnerabilities(folder, cut, ledger)


def _write_vulnerabilities(folder: Path, cut: int, ledger: Ledger) -> dict[str, object]:
    rng = stream("security", "vulnerabilities")
    found = clock.midnight(clock.START) + rng.integers(0, clock.DAYS * clock.DAY, VULNERABILITIES)
    severity = rng.choice(4, VULNERABILITIES, p=[0.06, 0.24, 0.45, 0.25])
    service = rng.integers(0, len(SERVICE_IDS), VULNERABILITIES)
    fixed = found + (rng.lognormal(0, 0.9, VULNERABILITIES) * _TYPICAL[severity] * clock.DAY).astype(np.int64)
    late = clock.utc(2026, 8, 3) + np.arange(NEGLECTED_COUNT) * 5 * clock.DAY
    found = np.concatenate([found, late])
    fixed = np.concatenate([fixed, np.full(NEGLECTED_COUNT, clock.NEVER)])
    severity = np.concatenate([severity, np.zeros(NEGLECTED_COUNT, np.int64)])
    service = np.concatenate([service, np.full(NEGLECTED_COUNT, SERVICE_IDS.index(NEGLECTED))])
    planted = np.arange(len(found)) >= VULNERABILITIES
    order = np.argsort(found, kind="stable")
    found, fixed, severity, service, planted = (a[order] for a in (found, fixed, severity, service, planted))
    due = clock.local(found) // clock.DAY + _DUE[severity]
    seen = np.flatnonzero(found < cut)
    marks = mess.spared(mess.mark("security.vulnerabilities", seen), planted[seen])
    done = clock.known(fixed[seen], cut)
    marks = mess.spared(
        marks, (marks == mess.code("security.vulnerabilities", "fixed_before_found")) & (done == clock.NEVER)
    )
    backwards = marks == mess.code("security.vulnerabilities", "fixed_before_found")
    columns = [
        text.numbered("VUL-", seen + 1, 5),
        text.pick(_SEVERITIES, severity[seen]),
        text.put(
            text.pick(SERVICE_IDS, service[seen]),
            marks == mess.code("security.vulnerabilities", "unknown_service"),
            "legacy_intranet",
        ),
        text.utc_iso(found[seen]),
        text.utc_iso(np.where(backwards, found[seen] - clock.DAY, done)),
        text.iso_date(due[seen]),
    ]
    head = b"finding,severity,asset,first_seen,fixed,due\n"
    write_file(folder / "vulnerabilities.csv", head + body(text.lines(columns, ",")))
    ledger.wrote("security.vulnerabilities", marks)
    today = (cut - clock.HOUR) // clock.DAY
    overdue = (severity[seen] == 0) & (done == clock.NEVER) & (due[seen] < today)
    return {
        "critical_open_past_due": int(overdue.sum()),
        "of_them_neglected": int((overdue & planted[seen]).sum()),
        "service": NEGLECTED,
    }


def _write_risks(folder: Path, cut: int, ledger: Ledger) -> None:
    """Each risk is assessed about once a quarter, until it is closed."""
    rng = stream("security", "risks")
    rows = []
    start = clock.midnight(clock.START) // clock.DAY + 1
    for risk in range(1, RISKS + 1):
        first = start + int(rng.integers(0, 30 if risk <= RISKS * 2 // 3 else clock.DAYS - 120))
        likelihood, impact = float(rng.uniform(0.05, 0.6)), int(rng.lognormal(4.2, 0.9)) * 1000 + 5000
        category, service = int(rng.integers(0, len(_CATEGORIES))), int(rng.integers(0, len(SERVICE_IDS)))
        treated = rng.random() < 0.75
        for day in range(first, start + clock.DAYS, _QUARTER):
            gone = treated and likelihood < 0.08 and day > first
            rows.append((day + int(rng.integers(0, 6)), risk, category, service, likelihood, impact, gone))
            if gone:
                break
            likelihood *= float(rng.uniform(0.55, 0.9) if treated else rng.uniform(0.9, 1.2))
            likelihood = min(likelihood, 0.95)
    rows.sort()
    known = [row for row in rows if row[0] * clock.DAY + 12 * clock.HOUR < cut]
    table = np.array(known, dtype=np.float64).reshape(-1, 7).T  # nothing is known on the first days
    day, risk, category, service, impact = (table[each].astype(np.int64) for each in (0, 1, 2, 3, 5))
    likelihood, gone = table[4], table[6].astype(bool)
    columns = [
        text.numbered("R-", risk, 3),
        text.put(text.decimal(np.round(likelihood * 10_000).astype(np.int64), 2, ","), gone, None),
        text.put(text.number(impact), gone, None),
        text.pick(_CATEGORIES, category),
        text.pick(SERVICE_IDS, service),
        _german(day),
        pa.array(np.where(gone, "geschlossen", "offen")),
    ]
    head = "Risiko;Wahrscheinlichkeit %;Schaden EUR;Kategorie;Service;Bewertet am;Status\n"
    write_file(folder / "risks.csv", head.encode() + body(text.lines(columns, ";")))
    ledger.wrote("security.risks", np.zeros(len(known), np.int8))


def _write_controls(folder: Path, cut: int, ledger: Ledger) -> None:
    rng = stream("security", "controls")
    start = clock.midnight(clock.START) // clock.DAY + 1
    quarters = np.arange(start + 40, start + clock.DAYS, _QUARTER)
    day = np.repeat(quarters, CONTROLS) + rng.integers(0, 40, len(quarters) * CONTROLS)
    control = np.tile(np.arange(1, CONTROLS + 1), len(quarters))
    result = rng.choice(3, len(day), p=[0.84, 0.10, 0.06])
    service = control * 5 % len(SERVICE_IDS)
    order = np.lexsort((control, day))
    order = order[day[order] * clock.DAY + 12 * clock.HOUR < cut]
    columns = [
        text.numbered("C-", control[order], 2),
        text.pick(SERVICE_IDS, service[order]),
        _german(day[order]),
        text.pick(["bestanden", "nicht bestanden", "nicht getestet"], result[order]),
    ]
    head = b"Kontrolle;Service;Datum;Ergebnis\n"
    write_file(folder / "control_tests.csv", head + body(text.lines(columns, ";")))
    ledger.wrote("security.control_tests", np.zeros(len(order), np.int8))


def _german(day: np.ndarray) -> pa.Array:
    """31.12.2025 of days since 1970."""
    return pa.compute.utf8_slice_codeunits(text.dot_minutes(day * clock.DAY + 12 * clock.HOUR), 0, 10)
