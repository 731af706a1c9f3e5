"""A refresh that is killed publishes nothing by halves, and the next one gives what an undisturbed one gives.

A failpoint is a named place in the package. Where a layer has none, the kill comes after one of its functions.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from bizops_pipeline_tests.e2e.retailer import Retailer, make_retailer
from bizops_pipeline_tests.e2e.support import (
    SHOP_AS_OF,
    Rows,
    Shop,
    SmallCompany,
    differences,
    failpoints,
    read_marts,
    refresh,
    refresh_until,
    start,
)

AFTER_A_FUNCTION = {
    "definitions_written": "bizops_pipeline.defs.core.definitions.write",
    "model_half_built": "bizops_pipeline.defs.core.build#3",
    "checks_recorded": "bizops_pipeline.defs.checks.record#2",
    "kpis_computed": "bizops_pipeline.defs.marts.build_metrics",
    "okrs_tracked": "bizops_pipeline.defs.marts.build_okr",
    "graded": "bizops_pipeline.defs.marts.write_grades",
}
ONE_PER_LAYER = ["manifest_tmp", "audited", "staged", "model_half_built", "kpis_computed", "published_tmp", "swapped"]
PUBLISHED = ("swapped", "noticed")
"""Places that are reached when the new publication is current already."""
DAY_BEFORE, LAST_DAY = date(2026, 9, 29), date(2026, 9, 30)
NEWS = [
    "1001;2026-01-02 09:12;C013;web;returned;137,70;2026-03-31 08:00",
    "9001;2026-03-31 10:00;C001;web;shipped;55,00;2026-03-31 11:00",
    "9002;2026-03-31 10:30;C999;store;new;12,50;2026-03-31 10:30",
    "9003;2026-03-31 25:30;C002;store;new;12,50;2026-03-31 10:30",
]


@dataclass(frozen=True)
class Interrupted:
    """A company that is published and whose sources have moved on, and its tables before and after a refresh."""

    company: SmallCompany
    as_of: date
    before: dict[str, Rows]
    after: dict[str, Rows]

    def kill(self, company: SmallCompany, where: str, said: Path) -> None:
        """Refresh in another process, see it killed, and see readers find what they should."""
        process = start(refresh_until, company, self.as_of, AFTER_A_FUNCTION.get(where, where), said)
        process.join(240)
        assert process.exitcode == -signal.SIGKILL, said.read_text(encoding="utf-8")
        expected = self.after if where in PUBLISHED else self.before
        assert differences(read_marts(company.published), expected) == []

    def recover(self, company: SmallCompany) -> None:
        """Refresh again and see that nothing tells of the kill."""
        refresh(company, self.as_of)
        assert differences(read_marts(company.published), self.after) == []
        folders = (company.paths.landing, company.paths.published)
        assert [file for folder in folders for file in folder.rglob("*") if "tmp" in file.name] == []


@pytest.fixture(scope="module")
def shop(published_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Interrupted:
    folder = tmp_path_factory.mktemp("shop")
    company = published_shop.copy(folder / "company")
    before = read_marts(company.published)
    undisturbed = company.copy(folder / "undisturbed").add_orders(NEWS)
    refresh(undisturbed, SHOP_AS_OF)
    company.add_orders(NEWS)
    return Interrupted(company, SHOP_AS_OF, before, read_marts(undisturbed.published))


@pytest.fixture(scope="module")
def retailer(tmp_path_factory: pytest.TempPathFactory) -> Interrupted:
    folder = tmp_path_factory.mktemp("retailer")
    company: Retailer = make_retailer(folder / "company", DAY_BEFORE)
    refresh(company, DAY_BEFORE)
    before = read_marts(company.published)
    company.grow(LAST_DAY)
    undisturbed = company.copy(folder / "undisturbed")
    refresh(undisturbed, LAST_DAY)
    return Interrupted(company, LAST_DAY, before, read_marts(undisturbed.published))


def test_the_refresh_that_is_killed_would_have_changed_something(shop: Interrupted) -> None:
    assert len(differences(shop.before, shop.after)) > 4


def test_kills_in_one_layer_after_the_other_leave_no_trace(shop: Interrupted, tmp_path: Path) -> None:
    company = shop.company.copy(tmp_path / "company")
    for where in ONE_PER_LAYER:
        shop.kill(company, where, tmp_path / "said")
    shop.recover(company)


@pytest.mark.slow
@pytest.mark.parametrize("where", [*failpoints(), *AFTER_A_FUNCTION])
def test_a_kill_of_the_next_days_refresh_leaves_no_trace(where: str, retailer: Interrupted, tmp_path: Path) -> None:
    company = retailer.company.copy(tmp_path / "company")
    retailer.kill(company, where, tmp_path / "said")
    retailer.recover(company)


@pytest.mark.slow
@pytest.mark.parametrize("where", [*failpoints(), *AFTER_A_FUNCTION])
def test_a_kill_of_the_first_refresh_leaves_no_trace(where: str, shop: Interrupted, tmp_path: Path) -> None:
    company = shop.company.without_state(tmp_path / "company")
    process = start(refresh_until, company, shop.as_of, AFTER_A_FUNCTION.get(where, where), tmp_path / "said")
    process.join(240)
    assert process.exitcode == -signal.SIGKILL, (tmp_path / "said").read_text(encoding="utf-8")
    assert company.published.exists() == (where in PUBLISHED)
    shop.recover(company)
