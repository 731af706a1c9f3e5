"""A file that comes late changes a value that was final: the publication names the file, from what to what, and why."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from bizops_pipeline_tests.e2e.support import SHOP_AS_OF, Shop, query, refresh_by_hand

JANUARY = date(2026, 1, 1)
LATE = "9001;2026-01-15 09:00;C001;web;shipped;10,00;2026-03-31 10:00"


def test_a_restatement_names_the_late_file(published_shop: Shop, tmp_path: Path) -> None:
    shop = published_shop.copy(tmp_path / "company")
    values = "select value from marts.kpi_company_month where kpi_id = 'orders' and period_start = ?"
    ((before,),) = query(shop.database, values, [JANUARY])
    assert query(shop.database, "select count(*) from marts.restatement") == [(0,)]

    shop.add_orders([LATE], "orders-late.csv")
    refresh_by_hand(shop, SHOP_AS_OF + timedelta(days=1))
    told = query(
        shop.database,
        "select old_value, new_value, cause, inputs, sources, files, noticed_on from marts.restatement "
        "where kpi_id = 'orders' and grain = 'month' and scope_type = 'company' and dimensions = '{}'",
    )
    why = ("data", "fct_order (1 rows)", "orders (1 rows)", "orders: data/orders-late.csv")
    assert told == [(before, before + 1, *why, SHOP_AS_OF + timedelta(days=1))]
    others = query(shop.database, "select distinct kpi_id, period_start from marts.restatement where grain = 'month'")
    assert set(others) == {(id, JANUARY) for id in ("aov", "net_revenue", "orders")}, (
        "no order of January was cancelled"
    )
