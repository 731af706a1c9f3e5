"""What the company's AI models achieve and how their inputs change: experiments and daily monitors.

The effects are planted: with a model the outcome differs by exactly the amount given here, plus chance.
"""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from retailer_generator import clock, demand, text
from retailer_generator.files import write as write_file
from retailer_generator.files import write_parquet
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream

RECOMMENDER_FROM, RECOMMENDER_ALL = date(2025, 2, 3), date(2025, 10, 6)
FORECASTER_FROM, FORECASTER_ALL = date(2025, 4, 1), date(2025, 11, 3)
FRAUD_FROM = date(2025, 6, 2)

CONVERSION, UPLIFT = 0.20, 0.024  # share of visits that order, and what the recommender adds
MARGIN, MARGIN_SPREAD, FORECAST_GAIN = 6.0, 4.0, 0.35  # euros per product and day
CHARGEBACKS, CHARGEBACKS_LESS = 0.012, 0.005  # share of orders

DRIFTING, DRIFT_FEATURE, DRIFT_FROM = "search_ranker", "query_length", date(2026, 6, 15)
_BINS = np.array([0.18, 0.26, 0.27, 0.19, 0.10])
_SHIFTED = np.array([0.05, 0.13, 0.25, 0.30, 0.27])
_FEATURES = (
    ("recommender", "basket_value", RECOMMENDER_FROM),
    ("recommender", "visits_30d", RECOMMENDER_FROM),
    ("demand_forecaster", "units_sold", FORECASTER_FROM),
    ("fraud_score", "order_value", FRAUD_FROM),
    (DRIFTING, DRIFT_FEATURE, date(2025, 8, 4)),
    (DRIFTING, "click_position", date(2025, 8, 4)),
)
_SAMPLE = 600  # records that a monitor looks at on a day

Row = tuple[int, str, str, str, str, str, str, int, str, str, str]


def write(folder: Path, scale: float, cut: int, ledger: Ledger) -> dict[str, object]:
    """Writes experiments and monitors; returns what is planted in them."""
    rows = sorted([*_recommender(scale), *_forecaster(), *_fraud(scale)])
    last = int(clock.day_number(np.array([cut - 1]))[0])
    lines = ["day,experiment,model,kpi,design,arm,phase,units,outcomes,total,squares"]
    shown = [row for row in rows if row[0] <= last]
    for day, *columns in shown:
        lines.append(",".join([_iso(day), *(str(column) for column in columns)]))
    write_file(folder / "experiments.csv.gz", ("\n".join(lines) + "\n").encode())
    ledger.wrote("ml_platform.experiments", np.zeros(len(shown), np.int8))
    _write_monitors(folder, last, ledger)
    return {
        "randomised_experiment": {"model": "recommender", "kpi": "conversion_rate", "effect": UPLIFT},
        "control_group": {"model": "demand_forecaster", "kpi": "net_revenue", "effect": FORECAST_GAIN},
        "before_after": {"model": "fraud_score", "kpi": "refund_rate", "effect": CHARGEBACKS_LESS},
        "drift": {"model": DRIFTING, "feature": DRIFT_FEATURE, "from": DRIFT_FROM.isoformat()},
    }


def _recommender(scale: float) -> list[Row]:
    """Visits are split by lot, two to one at the weekend and evenly otherwise, until all see the model."""
    rng = stream("ml_platform", "recommender")
    first, everyone = _day(RECOMMENDER_FROM), _day(RECOMMENDER_ALL)
    rows: list[Row] = []
    visits = rng.poisson(demand.curve() * 124 * scale)
    for day in range(first, clock.DAYS):
        treated = visits[day] * 2 // 3 if clock.weekdays()[day] >= 5 else visits[day] // 2
        level = CONVERSION * (1.15 if clock.weekdays()[day] >= 5 else 1.0)
        arms = {"treatment": treated, "control": visits[day] - treated} if day < everyone else {"rollout": visits[day]}
        for arm, units in arms.items():
            ordered = int(rng.binomial(units, level + (UPLIFT if arm != "control" else 0)))
            name = ("rec-2025", "recommender", "conversion_rate", "randomised", arm, "after")
            rows.append((day, *name, int(units), str(ordered), "", ""))
    return rows


def _forecaster() -> list[Row]:
    """Half of 300 products are planned with the model from the day of its deployment; later all are."""
    rng = stream("ml_platform", "forecaster")
    start, first, everyone = _day(date(2025, 1, 1)), _day(FORECASTER_FROM), _day(FORECASTER_ALL)
    rows: list[Row] = []
    for day in range(start, clock.DAYS):
        arms = ("treatment", "control") if day < everyone else ("treatment", "rollout")
        for arm in arms:
            gain = FORECAST_GAIN if day >= first and arm != "control" else 0
            start_level = 0.8 if arm != "control" else 0.0  # the chosen products were the better ones before
            margin = np.rint(rng.normal(MARGIN + start_level + gain, MARGIN_SPREAD, 150) * 100).astype(np.int64)
            total, squares = int(margin.sum()), int((margin**2).sum())
            name = ("dmd-2025", "demand_forecaster", "net_revenue", "control_group", arm)
            phase = "after" if day >= first else "before"
            rows.append((day, *name, phase, 150, "", f"{total / 100:.2f}", f"{squares / 10_000:.4f}"))
    return rows


def _fraud(scale: float) -> list[Row]:
    """Every order is scored from the first day on, so there is only before and after."""
    rng = stream("ml_platform", "fraud")
    first = _day(FRAUD_FROM)
    orders = rng.poisson(demand.curve() * 30 * scale)
    rows: list[Row] = []
    for day in range(clock.DAYS):
        share = CHARGEBACKS - (CHARGEBACKS_LESS if day >= first else 0)
        name = ("frd-2025", "fraud_score", "refund_rate", "before_after", "treatment")
        phase = "after" if day >= first else "before"
        rows.append((day, *name, phase, int(orders[day]), str(int(rng.binomial(orders[day], share))), "", ""))
    return rows


def _write_monitors(folder: Path, last: int, ledger: Ledger) -> None:
    """For each feature and day, how many sampled records fell into each bin."""
    parts = []
    for model, feature, since in _FEATURES:
        rng = stream("ml_platform", "monitor", model, feature)
        days = np.arange(_day(since), clock.DAYS)
        shares = np.tile(_BINS, (len(days), 1))
        if (model, feature) == (DRIFTING, DRIFT_FEATURE):
            shares[days >= _day(DRIFT_FROM)] = _SHIFTED
        counts = rng.multinomial(_SAMPLE, shares)[days <= last]
        days = days[days <= last]
        parts.append((model, feature, np.repeat(days, len(_BINS)), np.tile(np.arange(len(_BINS)), len(days)), counts))
    sizes = [len(part[2]) for part in parts]
    since_1970 = np.concatenate([part[2] for part in parts]) + clock.midnight(clock.START) // clock.DAY + 1
    bins = np.concatenate([part[3] for part in parts])
    columns = {
        "model": pa.array(np.repeat([part[0] for part in parts], sizes)),
        "feature": pa.array(np.repeat([part[1] for part in parts], sizes)),
        "day": pa.array(since_1970.astype(np.int32)).cast(pa.date32()),
        "bin": text.pick([f"q{number}" for number in range(1, len(_BINS) + 1)], bins),
        "reference_share": pa.array(_BINS[bins]),
        "records": pa.array(np.concatenate([part[4].ravel() for part in parts])),
    }
    write_parquet(folder / "monitors.parquet", columns)
    ledger.wrote("ml_platform.monitors", np.zeros(len(bins), np.int8))


def _day(day: date) -> int:
    return (day - clock.START).days


def _iso(day: int) -> str:
    return (clock.START + timedelta(days=day)).isoformat()
