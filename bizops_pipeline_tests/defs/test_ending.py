"""How runs end that the command line did not start: `bizops status` and Dagster's history know of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from bizops_pipeline.catalogue.loader import load_company
from bizops_pipeline.contracts.audit import RUN
from bizops_pipeline.defs.assemble import definitions_for
from bizops_pipeline.publish.last_run import read_last_run
from bizops_pipeline.settings import StatePaths
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline.warehouse.lock import writer_lock
from bizops_pipeline_tests.e2e.support import SHOP_AS_OF, Shop


@pytest.fixture
def shop(published_shop: Shop, tmp_path: Path) -> Shop:
    shop = published_shop.copy(tmp_path / "company")
    (shop.paths.root / "last_run.json").unlink(missing_ok=True)
    return shop


def run_as_the_daemon_does(shop: Shop, instance: dg.DagsterInstance, *, job: str = "refresh", **settings: Any) -> Any:
    found = load_company(shop.folder, os.environ)
    config = {"as_of": SHOP_AS_OF.isoformat(), "lock_wait_seconds": 0.0, **settings}
    return (
        definitions_for(found, shop.paths)
        .resolve_job_def(job)
        .execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={
                "resources": {"warehouse": {"config": config}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
        )
    )


def test_a_refresh_that_published_and_one_that_failed_a_check(shop: Shop) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        done = run_as_the_daemon_does(shop, instance)
        last = read_last_run(shop.paths.root)
        assert last is not None
        assert (last.run_id, last.succeeded, last.reasons) == (done.run_id, True, ())

        shop.add_orders([f"8{n:03};2026-13-45 09:00;C001;web;shipped;10,00;2026-03-01 10:00" for n in range(5)])
        shop.change_source(threshold={"share": 0.01, "rows": 2})
        run_as_the_daemon_does(shop, instance)
    last = read_last_run(shop.paths.root)
    assert last is not None
    assert not last.succeeded
    assert any("bad_records:orders.orders" in reason for reason in last.reasons)


def test_a_refresh_that_could_not_begin(shop: Shop) -> None:
    with dg.DagsterInstance.ephemeral() as instance, writer_lock(shop.paths.lock, "run of somebody"):
        run_as_the_daemon_does(shop, instance)
    last = read_last_run(shop.paths.root)
    assert last is not None
    assert not last.succeeded
    assert "being written by run of somebody" in last.reasons[0]


def test_a_disk_that_holds_no_word_on_the_end_changes_no_end(shop: Shop) -> None:
    (shop.paths.root / "last_run.json.tmp").mkdir()  # in the way of what is written first
    with dg.DagsterInstance.ephemeral() as instance:
        assert run_as_the_daemon_does(shop, instance).success


def test_another_job_or_company_is_no_refresh_of_this_one(shop: Shop) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run_as_the_daemon_does(shop, instance, job="ingest")
        (shop.paths.root / "company").write_text("another\n", encoding="utf-8")
        assert not run_as_the_daemon_does(shop, instance).success
    assert read_last_run(shop.paths.root) is None


def test_a_run_that_was_killed_ends_in_the_history_too(shop: Shop) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        killed = instance.create_run_for_job(
            definitions_for(load_company(shop.folder, os.environ), shop.paths).resolve_job_def("refresh"),
            status=dg.DagsterRunStatus.STARTED,
        )
        put_on_record_as_running(shop.paths, killed.run_id)
        run_as_the_daemon_does(shop, instance)
        ended = instance.get_run_by_id(killed.run_id)
        assert ended is not None
        assert ended.status is dg.DagsterRunStatus.FAILURE


def put_on_record_as_running(paths: StatePaths, run_id: str) -> None:
    engine = DuckDBEngine.open(paths.warehouse)
    engine.execute(f"update {RUN.qualified} set status = 'running', run_id = ?", (run_id,))
    engine.close()
