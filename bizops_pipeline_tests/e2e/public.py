"""The companies of data/public, refreshed from the datasets of the shared material, and what tests ask of them."""

from __future__ import annotations

import shutil
from pathlib import Path
from unittest import mock

import pytest

from bizops_pipeline_tests.e2e.support import CATALOGUE, REPOSITORY, SmallCompany, refresh_as_declared

PUBLIC = REPOSITORY / "data" / "public"
OVER_ALL = (
    "select numerator, denominator, value from marts.kpi_value "
    "where kpi_id = ? and grain = 'all' and scope_type = 'company' and dimensions = '{}'"
)


def published(name: str, folder: Path, datasets: Path) -> SmallCompany:
    """Refresh a public company from the shared datasets, with its state in a folder of the test."""
    if not (datasets / name).is_dir():
        pytest.skip(f"needs the dataset {name}")
    company = folder / name
    company.mkdir()
    for part in CATALOGUE:
        source = PUBLIC / name / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, company / part)
    with mock.patch.dict("os.environ", BIZOPS_PUBLIC_DATA=str(datasets)):
        refresh_as_declared(SmallCompany(company))
    return SmallCompany(company)
