"""Two public datasets, from their files to the published tables: the figures that others published of them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bizops_pipeline_tests.e2e.public import OVER_ALL, published
from bizops_pipeline_tests.e2e.support import SmallCompany, query


@pytest.fixture(scope="module")
def incidents(tmp_path_factory: pytest.TempPathFactory, shared_datasets: Path) -> SmallCompany:
    return published("uci_incident_log", tmp_path_factory.mktemp("public"), shared_datasets)


@pytest.fixture(scope="module")
def retail(tmp_path_factory: pytest.TempPathFactory, shared_datasets: Path) -> SmallCompany:
    return published("uci_online_retail", tmp_path_factory.mktemp("public"), shared_datasets)


def test_service_level_of_resolved_incidents(incidents: SmallCompany) -> None:
    numerator, denominator, value = query(incidents.database, OVER_ALL, ["sla_compliance"])[0]
    assert (numerator, denominator) == (14_432, 23_362)
    assert denominator - numerator == 8_930
    assert round(100 * (1 - value), 1) == 38.2


def test_time_to_resolve_incidents(incidents: SmallCompany) -> None:
    mean = query(incidents.database, OVER_ALL, ["mttr_resolve"])[0][2]
    median = query(incidents.database, OVER_ALL, ["mttr_resolve_median"])[0][2]
    assert (round(mean, 1), round(median, 1)) == (178.2, 22.1)


def test_every_event_of_an_incident_is_accounted_for(incidents: SmallCompany) -> None:
    assert query(
        incidents.database,
        "select rows_in, rows_kept, rows_deduplicated, rows_quarantined, rows_rejected, is_balanced "
        "from marts.data_quality",
    ) == [(141_712, 24_918, 116_794, 0, 0, True)]


def test_net_revenue_over_all_rows(retail: SmallCompany) -> None:
    assert query(retail.database, OVER_ALL, ["net_revenue"])[0][0] == Decimal("9747747.934")


def test_invoices_and_customers(retail: SmallCompany) -> None:
    assert query(retail.database, OVER_ALL, ["invoices"])[0][2] == 25_900
    assert query(retail.database, OVER_ALL, ["customers"])[0][2] == 4_372


def test_every_invoice_line_is_accounted_for(retail: SmallCompany) -> None:
    rows_in, kept, quarantined, deduplicated, rejected, balanced = query(
        retail.database,
        "select rows_in, rows_kept, rows_quarantined, rows_deduplicated, rows_rejected, is_balanced "
        "from marts.data_quality where entity = 'order_line'",
    )[0]
    assert rows_in == 541_909
    assert kept + quarantined + deduplicated + rejected == 541_909
    assert (deduplicated, balanced) == (0, True)
