"""A public bill of cloud charges, from its file to the published tables: the sums stated beside it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bizops_pipeline_tests.e2e.public import OVER_ALL, published
from bizops_pipeline_tests.e2e.support import SmallCompany, query

pytestmark = pytest.mark.slow

HALF_A_MILLIONTH = Decimal("0.0000005")


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory, shared_datasets: Path) -> SmallCompany:
    return published("focus_finops", tmp_path_factory.mktemp("public"), shared_datasets)


@pytest.mark.parametrize(
    ("kpi", "stated"),
    [("billed_cost", "20.52022673"), ("effective_cost", "14.97651419"), ("all_list_cost", "20.39090575")],
)
def test_costs_are_those_stated(bill: SmallCompany, kpi: str, stated: str) -> None:
    assert abs(query(bill.database, OVER_ALL, [kpi])[0][0] - Decimal(stated)) < HALF_A_MILLIONTH


def test_every_charge_is_accounted_for(bill: SmallCompany) -> None:
    counted = query(bill.database, "select rows_in, rows_kept, rows_quarantined, is_balanced from marts.data_quality")
    assert counted == [(1_000, 1_000, 0, True)]
