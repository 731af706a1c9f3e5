"""An alert through whole refreshes of a company: once for a change of status, and not again."""

from __future__ import annotations

from pathlib import Path

import pytest

from bizops_pipeline_tests.cli.conftest import Cli
from bizops_pipeline_tests.e2e.support import SHOP_AS_OF, Shop, edit, query
from bizops_pipeline_tests.publish.receiver import receiving


def test_a_change_of_status_is_told_by_the_refresh_that_publishes_it_and_by_no_other(
    cli: Cli, published: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("apprise", reason="the extra `alerts` is not installed")
    shop = published.copy(tmp_path / "company")
    edit(
        shop.file("bizops.yaml"),
        lambda settings: settings.update(alerts={"channels": [{"kind": "webhook", "url": "${HOOK}"}]}),
    )
    shop.add_orders([f"9{n:03};2026-03-30 09:00;C001;web;shipped;150,00;2026-03-30 10:00" for n in range(300)])
    key = "select status from marts.okr_progress where key_result_id = 'kr_cancellations' and as_of = date '2026-03-31'"
    [(before,)] = query(shop.database, key)
    with receiving() as (address, got):
        monkeypatch.setenv("HOOK", address)
        assert cli("refresh", "--company", shop.folder, "--as-of", SHOP_AS_OF).code == 0
        [(after,)] = query(shop.database, key)
        assert after != before
        told = {body["key_result"]: (body["status"], body["dedupe_key"]) for body in got}
        assert told["kr_cancellations"] == (after, f"kr_cancellations:{after}:2026-03-31")
        assert len(told) == len(got)
        first = len(got)
        assert cli("refresh", "--company", shop.folder, "--as-of", SHOP_AS_OF).code == 0
        assert len(got) == first
