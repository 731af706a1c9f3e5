"""What planted.json says of the AI models is counted again from the committed files, by scipy and statsmodels."""

import csv
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

RETAILER = Path(__file__).resolve().parents[2] / "data" / "retailer"
EXTRACTS = RETAILER / "extracts" / "ml_platform"


@pytest.fixture(scope="module")
def planted() -> dict[str, Any]:
    return json.loads((RETAILER / "planted.json").read_text())


@pytest.fixture(scope="module")
def observed() -> list[dict[str, str]]:
    return list(rows("experiments.csv.gz"))


def rows(name: str) -> Iterator[dict[str, str]]:
    content = (EXTRACTS / name).read_bytes()
    yield from csv.DictReader((gzip.decompress(content) if name.endswith(".gz") else content).decode().splitlines())


def usage_lines() -> list[str]:
    files = sorted(EXTRACTS.glob("usage-*.jsonl.gz"))
    return [line for file in files for line in gzip.decompress(file.read_bytes()).decode().splitlines()]


def is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def test_rows_and_faults_are_as_told(planted) -> None:
    tables = planted["tables"]
    lines = usage_lines()
    models = Counter(json.loads(line)["model"] for line in lines if is_object(line))
    assert len(lines) == tables["ml_platform.usage"]["rows"]
    assert tables["ml_platform.usage"]["mess"] == {
        "malformed_json": sum(not is_object(line) for line in lines),
        "unknown_model": models["playground"],
    }
    reviews = list(rows("reviews.csv.gz"))
    assert len(reviews) == tables["ml_platform.reviews"]["rows"]
    assert tables["ml_platform.reviews"]["mess"] == {
        "bad_date": sum(row["reviewed_at"].startswith("2026-02-30") for row in reviews),
        "unknown_decision": sum(row["decision"] == "skipped" for row in reviews),
    }
    costs = list(rows("costs.csv.gz"))
    assert len(costs) == tables["ml_platform.costs"]["rows"]
    assert tables["ml_platform.costs"]["mess"] == {"type_drift": sum(row["amount"] == "tbd" for row in costs)}
    for name in ("seats.csv", "artifacts.csv", "experiments.csv.gz"):
        assert len(list(rows(name))) == tables[f"ml_platform.{name.split('.')[0]}"]["rows"]


def test_the_interval_of_the_randomised_experiment_contains_the_planted_uplift(planted, observed) -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep  # takes a second, here and in no other test

    truth = planted["facts"]["ai_models"]["randomised_experiment"]
    arms: dict[str, Counter[str]] = defaultdict(Counter)
    weekdays = [
        row for row in observed if row["model"] == truth["model"] and date.fromisoformat(row["day"]).weekday() < 5
    ]
    for row in weekdays:
        arms[row["arm"]].update(units=int(row["units"]), outcomes=int(row["outcomes"]))
    treated, control = arms["treatment"], arms["control"]
    low, high = confint_proportions_2indep(
        treated["outcomes"], treated["units"], control["outcomes"], control["units"], method="wald"
    )
    assert 0 < low < truth["effect"] < high


def test_the_difference_in_differences_contains_the_planted_gain(planted, observed) -> None:
    from statsmodels.regression.linear_model import WLS

    truth = planted["facts"]["ai_models"]["control_group"]
    own = [row for row in observed if row["model"] == truth["model"] and row["arm"] in ("treatment", "control")]
    units = np.array([float(row["units"]) for row in own])
    means = np.array([float(row["total"]) for row in own]) / units
    treated = np.array([row["arm"] == "treatment" for row in own], dtype=float)
    after = np.array([row["phase"] == "after" for row in own], dtype=float)
    design = np.column_stack([np.ones(len(own)), treated, after, treated * after])
    low, high = WLS(means, design, weights=units).fit().conf_int()[3]
    assert 0 < low < truth["effect"] < high


def test_one_model_is_used_by_nobody_and_one_was_never_deployed(planted) -> None:
    truth = planted["facts"]["ai_models"]
    unused, undeployed = truth["unused_model"]["model"], truth["undeployed_model"]["model"]
    used = {json.loads(line)["model"] for line in usage_lines() if is_object(line)}
    deployed = {row["model"] for row in rows("versions.csv")}
    cost = Counter(row["model"] for row in rows("costs.csv.gz"))
    assert unused in deployed - used
    assert undeployed not in deployed | used
    assert min(cost[unused], cost[undeployed]) >= 4


def test_a_feature_drifts_from_the_planted_day_on(planted) -> None:
    truth = planted["facts"]["ai_models"]["drift"]
    found = duckdb.execute(
        """
        with share as (
            select model, feature, day, records / sum(records) over (partition by model, feature, day) as p,
                reference_share as q
            from read_parquet(?)
        )
        select model, feature, day, sum((p - q) * ln(p / q)) as psi from share group by all having psi > 0.25
        """,
        [str(EXTRACTS / "monitors.parquet")],
    ).fetchall()
    assert {row[:2] for row in found} == {(truth["model"], truth["feature"])}
    assert str(min(row[2] for row in found)) == truth["from"]
    assert len(found) == (date(2026, 9, 30) - date.fromisoformat(truth["from"])).days + 1


def test_artefacts_are_missing_and_expired_as_told(planted) -> None:
    truth = planted["facts"]["ai_models"]
    there = {f"{row['model']}/{row['artifact']}": row["valid_until"] for row in rows("artifacts.csv")}
    assert not there.keys() & set(truth["missing_artifacts"])
    assert there[truth["expired_artifact"]["artifact"]] == truth["expired_artifact"]["on"]
