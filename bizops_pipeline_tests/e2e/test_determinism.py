"""The same sources give the same tables, however often and in whatever steps they were read."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from bizops_pipeline_tests.conftest import connect_with_all_threads
from bizops_pipeline_tests.e2e.reader import half_refreshes, start_reader
from bizops_pipeline_tests.e2e.retailer import SOURCES, Retailer, make_retailer
from bizops_pipeline_tests.e2e.support import (
    SHOP_AS_OF,
    Rows,
    Shop,
    build_ids,
    differences,
    query,
    read_marts,
    refresh,
    refresh_by_hand,
)

DAYS = [
    date(2025, 10, 25),
    date(2025, 10, 26),  # a day of 25 hours
    date(2025, 12, 31),  # the end of a month and a year
    date(2026, 3, 13),  # the checkout is down in the evening
    date(2026, 3, 14),
    date(2026, 3, 29),  # a day of 23 hours
    date(2026, 5, 19),  # a deployment fails
    date(2026, 7, 31),  # key results are under way
    date(2026, 9, 29),
    date(2026, 9, 30),
]


@dataclass(frozen=True)
class Grown:
    """A company that was refreshed as its sources grew, and what a reader saw meanwhile."""

    company: Retailer
    first: dict[str, Rows]
    marts: dict[str, Rows]
    looks: list[dict[str, Any]]
    reached: list[Any]


@pytest.fixture(scope="module")
def reached() -> Iterator[list[Any]]:
    """Every address that anything in this process asked for a connection with."""
    addresses: list[Any] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            addresses.append(address)
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", noted)
        yield addresses


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, reached: list[Any]) -> Grown:
    folder = tmp_path_factory.mktemp("grown")
    # The shop's file of a month grows from day to day; in the slow test there is a file a day instead.
    company = make_retailer(folder / "company", DAYS[0], split="month")
    refresh_by_hand(company, DAYS[0])
    first = read_marts(company.published)
    reader = start_reader(company, folder)
    for day in DAYS[1:]:
        refresh_by_hand(company.grow(day), day)
    return Grown(company, first, read_marts(company.published), reader.finish(), list(reached))


@pytest.fixture(scope="module")
def at_once(grown: Grown, tmp_path_factory: pytest.TempPathFactory) -> Retailer:
    """The same company on its last day, refreshed once, by Dagster and in all threads."""
    company = grown.company.without_state(tmp_path_factory.mktemp("once") / "company")
    with mock.patch("duckdb.connect", connect_with_all_threads):
        refresh(company, DAYS[-1])
    return company


def test_many_refreshes_of_growing_sources_give_what_one_refresh_gives(grown: Grown, at_once: Retailer) -> None:
    assert differences(grown.marts, read_marts(at_once.published)) == []


def test_the_compared_tables_hold_something(grown: Grown) -> None:
    rows = {name: len(found) for name, found in grown.marts.items()}
    assert rows["kpi_value"] > 10_000
    assert rows["okr_progress"] > 1_000
    assert rows["data_quality"] == sum(max(len(tables), 1) for tables in SOURCES.values())
    assert sum(count > 0 for count in rows.values()) > len(rows) / 2  # the rest is of domains beside the spine
    assert grown.marts != grown.first


@pytest.mark.slow
def test_a_full_refresh_of_what_grew_gives_the_same_rows(grown: Grown) -> None:
    refresh_by_hand(grown.company, DAYS[-1], full=True)
    assert differences(grown.marts, read_marts(grown.company.published)) == []


@pytest.mark.parametrize("full", [False, True], ids=["again", "full"])
def test_a_refresh_without_news_gives_the_same_rows(published_shop: Shop, full: bool, tmp_path: Path) -> None:
    shop = published_shop.copy(tmp_path / "company")
    before = read_marts(shop.published)
    refresh_by_hand(shop, SHOP_AS_OF, full=full)
    assert differences(before, read_marts(shop.published)) == []


BESIDE_THE_ORDERS = {
    "holiday": "{holiday_id: id, holiday_date: day}",
    "refund": "{refund_id: id, refunded_at: day, amount: 5}",
}


def test_entities_without_a_source_any_more_are_as_if_there_never_was_one(published_shop: Shop, tmp_path: Path) -> None:
    shop = published_shop.copy(tmp_path / "company")
    shop.file("data/days.csv").write_text("id,day\na,2026-03-02\nb,2026-03-03\n", encoding="utf-8")
    before = read_marts(shop.published)
    for entity, mapped in BESIDE_THE_ORDERS.items():
        source = f"source: {entity}s\nconnector: {{kind: files, path: data/days.csv}}\ncadence: once\n"
        source += f"entities: {{{entity}: {{map: {mapped}}}}}\n"
        shop.file(f"sources/{entity}s.yaml").write_text(source, encoding="utf-8")
    refresh_by_hand(shop, SHOP_AS_OF)
    assert differences(before, read_marts(shop.published)) != []

    for entity in BESIDE_THE_ORDERS:
        shop.file(f"sources/{entity}s.yaml").unlink()
    refresh_by_hand(shop, SHOP_AS_OF)
    assert differences(before, read_marts(shop.published)) == []


def test_a_reader_never_meets_an_error_or_half_a_refresh(grown: Grown) -> None:
    assert half_refreshes(grown.looks) == []
    assert len(grown.looks) > 20


def test_a_reader_sees_publications_in_order_and_none_twice(grown: Grown) -> None:
    days = [look["as_of"] for look in grown.looks]
    assert days == sorted(days)
    assert len({look["build_id"] for look in grown.looks}) >= len(DAYS) - 1


def test_the_current_publication_and_two_older_ones_are_kept(grown: Grown) -> None:
    assert len(build_ids(grown.company)) == 3
    assert grown.company.published.resolve().name == build_ids(grown.company)[-1]


def test_a_publication_names_itself_everywhere(grown: Grown) -> None:
    build_id, run_id = query(grown.company.database, "select build_id, run_id from marts.publication")[0]
    assert grown.company.published.resolve().name == build_id
    assert query(grown.company.database, "select distinct run_id from marts.data_quality") == [(run_id,)]


def test_nothing_beyond_this_machine_was_asked_for_a_connection(grown: Grown) -> None:
    assert [address for address in grown.reached if address[0] not in ("127.0.0.1", "::1", "localhost")] == []


@pytest.mark.slow
@pytest.mark.parametrize("every", [28, 1], ids=["sampled_days", "every_day"])
def test_many_days_give_what_one_refresh_gives(every: int, tmp_path: Path) -> None:
    first, last = date(2024, 10, 1), date(2026, 9, 30)
    near = {day + timedelta(days=n) for day in DAYS for n in (-1, 0, 1)}
    days = [day for n in range((last - first).days + 1) if (day := first + timedelta(days=n)) in near or n % every == 0]
    assert_steps_make_no_difference(make_retailer(tmp_path / "company", days[0]), days, tmp_path / "once")


@pytest.mark.slow
def test_the_whole_company_in_steps_is_what_one_refresh_gives(tmp_path: Path) -> None:
    assert_steps_make_no_difference(make_retailer(tmp_path / "company", DAYS[0], whole=True), DAYS, tmp_path / "once")


def assert_steps_make_no_difference(company: Retailer, days: list[date], folder: Path) -> None:
    for day in days:
        refresh_by_hand(company.grow(day), day)
    once = company.without_state(folder)
    refresh(once, days[-1])
    assert differences(read_marts(company.published), read_marts(once.published)) == []
