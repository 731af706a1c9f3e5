"""One refresh at a time: the second waits and then names the first; readers' tools stay away from the warehouse."""

from __future__ import annotations

import re
import time
from itertools import pairwise
from multiprocessing.process import BaseProcess
from pathlib import Path

import duckdb
import pytest

from bizops_pipeline.defs.execute import open_instance
from bizops_pipeline.errors import WarehouseBusy
from bizops_pipeline.warehouse.lock import writer_lock
from bizops_pipeline_tests.e2e.support import (
    SHOP_AS_OF,
    Shop,
    build_ids,
    make_shop,
    query,
    refresh,
    refresh_in_process,
    refresh_until,
    start,
    warehouse,
)


@pytest.fixture
def shop(published_shop: Shop, tmp_path: Path) -> Shop:
    return published_shop.copy(tmp_path / "company")


def test_a_refresh_that_waits_in_vain_names_the_holder_and_changes_nothing(shop: Shop) -> None:
    standing = build_ids(shop)
    with writer_lock(shop.paths.lock, "run of somebody"):
        outcome = refresh(shop, SHOP_AS_OF, must=False, lock_wait_seconds=0.3)
    assert outcome.exit_code == 1
    message = outcome.failures[0].message
    assert re.search(r"being written by run of somebody \(process \d+ on \S+, since \d{4}-", message)
    assert build_ids(shop) == standing


def test_two_refreshes_at_once_both_publish_one_after_the_other(shop: Shop, tmp_path: Path) -> None:
    open_instance(shop.paths).dispose()
    both: list[BaseProcess] = [start(refresh_in_process, shop, SHOP_AS_OF, tmp_path / f"said{n}") for n in (1, 2)]
    for process in both:
        process.join(120)
    said = [(tmp_path / f"said{n}").read_text(encoding="utf-8") for n in (1, 2)]
    assert [process.exitcode for process in both] == [0, 0], said
    runs = warehouse(shop, "select status, started_at, finished_at from audit.run order by sequence")
    assert [run[0] for run in runs] == ["published"] * 3
    assert all(earlier[2] <= later[1] for earlier, later in pairwise(runs))
    assert len(build_ids(shop)) == 3


@pytest.mark.slow
def test_the_very_first_refreshes_at_once_both_publish(tmp_path: Path) -> None:
    for n in range(3):
        shop = make_shop(tmp_path / f"company{n}")
        both = [start(refresh_in_process, shop, SHOP_AS_OF, tmp_path / f"said{m}") for m in (1, 2)]
        for process in both:
            process.join(120)
        assert [process.exitcode for process in both] == [0, 0]


def test_the_lock_of_a_killed_refresh_holds_up_nobody(shop: Shop, tmp_path: Path) -> None:
    shop.add_orders(["9001;2026-03-31 10:00;C001;web;shipped;55,00;2026-03-31 11:00"])
    process = start(refresh_until, shop, SHOP_AS_OF, "before_commit", tmp_path / "said")
    process.join(120)
    started = time.monotonic()
    refresh(shop, SHOP_AS_OF, lock_wait_seconds=0)
    assert time.monotonic() - started < 20
    runs = warehouse(shop, "select status, reason from audit.run order by sequence")
    assert runs == [("published", None), ("failed", "its process was stopped"), ("published", None)]


def hold_open(database: Path, ready: Path, stop: Path) -> None:
    """What a BI tool does with the wrong file; for a process of its own."""
    with duckdb.connect(str(database), read_only=True):
        ready.touch()
        while not stop.exists():
            time.sleep(0.05)


def test_a_tool_that_holds_the_warehouse_open_is_told_where_to_read_instead(shop: Shop, tmp_path: Path) -> None:
    ready, stop = tmp_path / "ready", tmp_path / "stop"
    process = start(hold_open, shop.paths.warehouse, ready, stop)
    deadline = time.monotonic() + 30
    while not ready.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    try:
        outcome = refresh(shop, SHOP_AS_OF, must=False)
    finally:
        stop.touch()
        process.join(30)
    message = outcome.failures[0].message
    assert outcome.exit_code == WarehouseBusy.exit_code
    assert str(shop.paths.warehouse) in message
    assert "is open in another process. Close it there" in message
    assert str(shop.paths.published / "current" / "bizops.duckdb") in message
    refresh(shop, SHOP_AS_OF)


def test_a_reader_of_the_published_file_keeps_what_it_opened_while_refreshes_go_on(shop: Shop) -> None:
    with duckdb.connect(str(shop.database), read_only=True) as connection:
        before = connection.execute("select build_id from marts.publication").fetchall()
        refresh(shop.add_orders(["9001;2026-03-31 10:00;C001;web;shipped;55,00;2026-03-31 11:00"]), SHOP_AS_OF)
        assert connection.execute("select build_id from marts.publication").fetchall() == before
    assert query(shop.database, "select build_id from marts.publication") != before
