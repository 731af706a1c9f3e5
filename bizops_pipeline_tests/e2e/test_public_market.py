"""Two public datasets of the outside world: what others counted in them, from the published tables."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from bizops_pipeline_tests.e2e.public import OVER_ALL, published
from bizops_pipeline_tests.e2e.support import SmallCompany, query, warehouse

BY_DIMENSIONS = (
    "select dimensions, cast(value as integer) from marts.kpi_value "
    "where kpi_id = ? and grain = 'all' and scope_type = 'company'"
)
OUTCOMES = {"critical": "Critical Indicators Agency Outcomes.csv", "all": "All Indicators Agency Outcomes.csv"}


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory, shared_datasets: Path) -> SmallCompany:
    return published("twitter_us_airline", tmp_path_factory.mktemp("public"), shared_datasets)


@pytest.fixture(scope="module")
def agencies(tmp_path_factory: pytest.TempPathFactory, shared_datasets: Path) -> SmallCompany:
    return published("nyc_mmr_kpis", tmp_path_factory.mktemp("public"), shared_datasets)


def test_posts_by_sentiment(posts: SmallCompany) -> None:
    found = dict(query(posts.database, BY_DIMENSIONS, ["social_mentions"]))
    assert found["{}"] == 14_640
    counts = {name: found[f'{{"sentiment":"{name}"}}'] for name in ("negative", "neutral", "positive")}
    assert counts == {"negative": 9_178, "neutral": 3_099, "positive": 2_363}


def test_net_sentiment(posts: SmallCompany) -> None:
    assert query(posts.database, OVER_ALL, ["social_sentiment"])[0][:2] == (2_363 - 9_178, 14_640)


def test_who_posted_and_what_stops_at_the_landing(posts: SmallCompany) -> None:
    columns = warehouse(posts, "select column_name from information_schema.columns where table_name = 'tweets'")
    assert not {"name", "text", "tweet_location"} & {name for (name,) in columns}


@pytest.mark.parametrize("which", OUTCOMES)
def test_targets_met_and_missed_by_agency(which: str, agencies: SmallCompany, shared_datasets: Path) -> None:
    file = shared_datasets / "nyc_mmr_kpis" / "Final Data" / OUTCOMES[which]
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["Agency.Number"] not in ("", "NA")]
    stated = {row["Agency.Number"]: (int(row["Met_Goal"]), int(row["Did_Not_Meet"])) for row in rows}
    cut = ',"series":"critical"' if which == "critical" else ""
    met, missed = (
        Counter(dict(query(agencies.database, BY_DIMENSIONS, [kpi]))) for kpi in ("targets_met", "targets_missed")
    )
    names = {agency: f'{{"region":"{agency}"{cut}}}' for agency in stated}
    assert {agency: (met[name], missed[name]) for agency, name in names.items()} == stated
    assert len(stated) == {"critical": 31, "all": 34}[which]
