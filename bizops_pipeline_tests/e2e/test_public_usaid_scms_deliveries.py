"""Public deliveries of health commodities, from their file to the published tables: how many came in time."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bizops_pipeline_tests.e2e.public import OVER_ALL, published
from bizops_pipeline_tests.e2e.support import SmallCompany, query

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory: pytest.TempPathFactory, shared_datasets: Path) -> SmallCompany:
    return published("usaid_scms_deliveries", tmp_path_factory.mktemp("public"), shared_datasets)


def test_lines_that_were_not_late(deliveries: SmallCompany) -> None:
    kept, due, share = query(deliveries.database, OVER_ALL, ["vendor_not_late"])[0]
    assert (due - kept, due) == (1_186, 10_324)
    assert round(100 * share, 2) == 88.51


def test_early_lines_are_off_time(deliveries: SmallCompany) -> None:
    on_time, due, _ = query(deliveries.database, OVER_ALL, ["vendor_otd"])[0]
    kept = query(deliveries.database, OVER_ALL, ["vendor_not_late"])[0][0]
    assert 0 < on_time < kept < due


def test_value_and_vendors(deliveries: SmallCompany) -> None:
    assert query(deliveries.database, OVER_ALL, ["purchase_value"])[0][0] == Decimal("1627584457.29")
    vendors = query(
        deliveries.database,
        "select count(distinct scope_id) from marts.kpi_value where kpi_id = 'vendor_otd' and scope_type = 'vendor'",
    )
    assert vendors == [(73,)]
