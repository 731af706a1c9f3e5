"""Four open-source projects, from their git data to the published tables: the figures that git itself gives."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest

from bizops_pipeline_tests.e2e.public import published
from bizops_pipeline_tests.e2e.support import SmallCompany, query

REPOSITORY_OF = {
    "devlake": "apache/incubator-devlake",
    "sqlmesh": "TobikoData/sqlmesh",
    "dlt": "dlt-hub/dlt",
    "bigquery_etl": "mozilla/bigquery-etl",
}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory, shared_datasets: Path) -> SmallCompany:
    return published("git_devops", tmp_path_factory.mktemp("public"), shared_datasets)


def by_project(projects: SmallCompany, kpi: str) -> dict[str, float]:
    rows = query(
        projects.database,
        "select scope_id, value from marts.kpi_value where kpi_id = ? and grain = 'all' and scope_type = 'service' "
        "and scope_id <> 'unallocated' and dimensions = '{}'",
        [kpi],
    )
    return dict(rows)


@pytest.mark.parametrize(
    ("kpi", "expected"),
    [
        ("commits", {"devlake": 5_692, "sqlmesh": 4_574, "dlt": 4_229, "bigquery_etl": 9_080}),
        ("tags", {"devlake": 310, "sqlmesh": 525, "dlt": 125, "bigquery_etl": 3_780}),
    ],
)
def test_commits_and_tags_are_those_that_git_counts(projects: SmallCompany, kpi: str, expected: dict[str, int]) -> None:
    assert by_project(projects, kpi) == expected


def test_releases_are_the_final_versions(projects: SmallCompany) -> None:
    found = by_project(projects, "releases")
    assert (found["sqlmesh"], found["dlt"]) == (524, 78)


def test_medians_from_first_commit_to_merge(projects: SmallCompany) -> None:
    found = {name: round(value, 1) for name, value in by_project(projects, "first_commit_to_merge").items()}
    assert found == {"devlake": 4.0, "sqlmesh": 3.3, "dlt": 36.3, "bigquery_etl": 3.7}


def test_revert_rate_is_that_of_the_commits(projects: SmallCompany, shared_datasets: Path) -> None:
    with gzip.open(shared_datasets / "git_devops" / "commits.csv.gz", "rt", encoding="utf-8", newline="") as file:
        commits = Counter((row["repo"], row["is_revert"]) for row in csv.DictReader(file))
    expected = {
        name: commits[repository, "1"] / (commits[repository, "0"] + commits[repository, "1"])
        for name, repository in REPOSITORY_OF.items()
    }
    assert by_project(projects, "revert_rate") == pytest.approx(expected)


def test_every_record_is_accounted_for(projects: SmallCompany) -> None:
    rows = query(projects.database, "select source_table, rows_in, rows_kept, is_balanced from marts.data_quality")
    assert sorted(rows) == [
        ("commits", 23_575, 23_575, True),
        ("commits", 23_575, 23_575, True),
        ("pull_requests", 21_462, 21_462, True),
        ("tags", 4_740, 4_740, True),
    ]
