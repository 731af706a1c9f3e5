"""A public status page, from its log to the published tables: the availability that the monitor itself published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bizops_pipeline_tests.e2e.public import published
from bizops_pipeline_tests.e2e.support import SmallCompany, query

# The monitor counts days as down in which its own results say up; see the dataset's README.
DIFFERING = {
    "solawi_hall_bestell_wizard",
    "tapir_katringer_gruenzeug_kgz",
    "bestell_wizard_katringer_gruenzeug",
    "tapir_leistenmuehle_lem",
    "bestell_wizard_leistenmuehle_lem",
}


@pytest.fixture(scope="module")
def monitor(tmp_path_factory: pytest.TempPathFactory, shared_datasets: Path) -> SmallCompany:
    return published("foodcoopx_upptime", tmp_path_factory.mktemp("public"), shared_datasets)


def by_service(company: SmallCompany, kpi: str) -> dict[str, float]:
    found = query(
        company.database,
        "select scope_id, value from marts.kpi_value "
        "where kpi_id = ? and grain = 'all' and scope_type = 'service' and dimensions = '{}'",
        [kpi],
    )
    return dict(found)


def test_availability_is_what_the_monitor_says(monitor: SmallCompany, shared_datasets: Path) -> None:
    summary = json.loads((shared_datasets / "foodcoopx_upptime" / "history" / "summary.json").read_text())
    theirs = {site["slug"].replace("-", "_"): float(site["uptime"].removesuffix("%")) for site in summary}
    ours = {service: 100 * value for service, value in by_service(monitor, "availability").items()}
    assert set(theirs) == set(ours) - {"unallocated"}
    assert {service for service in theirs if abs(theirs[service] - ours[service]) > 0.02} == DIFFERING


def test_downtime_is_the_sum_of_the_days(monitor: SmallCompany, shared_datasets: Path) -> None:
    summary = json.loads((shared_datasets / "foodcoopx_upptime" / "history" / "summary.json").read_text())
    site = next(site for site in summary if site["slug"] == "gemuesekollektiv-gkh")
    assert sum(site["dailyMinutesDown"].values()) == 8_348
    assert by_service(monitor, "downtime")["gemuesekollektiv_gkh"] == pytest.approx(8_349, abs=1)


def test_every_result_is_accounted_for(monitor: SmallCompany) -> None:
    assert query(
        monitor.database,
        "select rows_in, rows_kept, rows_deduplicated, rows_quarantined, rows_rejected, is_balanced "
        "from marts.data_quality",
    ) == [(6_274, 6_274, 0, 0, 0, True)]
