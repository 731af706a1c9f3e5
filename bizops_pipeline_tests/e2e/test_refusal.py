"""A refresh that fails a blocking check publishes nothing, says why, and leaves readers what they have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from bizops_pipeline_tests.e2e.support import (
    SHOP_AS_OF,
    Rows,
    Shop,
    build_ids,
    edit,
    query,
    read_marts,
    refresh,
    warehouse,
)

BAD_DATES = [f"8{n:03};2026-13-45 09:00;C001;web;shipped;10,00;2026-03-01 10:00" for n in range(5)]
TOO_FEW_FIELDS = [f"8{n:03};2026-03-01 09:00" for n in range(5)]


@pytest.fixture(scope="module")
def before(published_shop: Shop) -> dict[str, Rows]:
    return read_marts(published_shop.published)


@pytest.fixture
def shop(published_shop: Shop, before: dict[str, Rows], tmp_path: Path) -> Shop:
    return published_shop.copy(tmp_path / "company")


def bad_dates_above_the_threshold(shop: Shop) -> None:
    shop.add_orders(BAD_DATES).change_source(threshold={"share": 0.01, "rows": 2})


def short_lines_above_the_threshold(shop: Shop) -> None:
    shop.add_orders(TOO_FEW_FIELDS).change_source(threshold={"share": 0.01, "rows": 2})


def an_expectation_of_the_company(shop: Shop) -> None:
    suite = {
        "suite": "orders",
        "table": "core.fct_order",
        "expectations": [
            {
                "expectation": "expect_table_row_count_to_be_between",
                "arguments": {"min_value": 1_000},
                "severity": "blocking",
            }
        ],
    }
    shop.file("catalogue/quality/orders.yaml").write_text(yaml.safe_dump(suite), encoding="utf-8")


BREAKS: list[tuple[Callable[[Shop], None], tuple[str, ...]]] = [
    (
        bad_dates_above_the_threshold,
        ("bad_records:orders.orders", "staging/order", "5 of 68 records", "5 quarantined", "at most 2"),
    ),
    (
        short_lines_above_the_threshold,
        ("bad_records:orders.orders", "staging/order", "5 of 68 records", "5 rejected", "at most 2"),
    ),
    (an_expectation_of_the_company, ("suite:orders:1", "core/fct_order", "found 63", "min_value = 1000")),
]


@pytest.mark.parametrize(("damage", "told"), BREAKS, ids=[damage.__name__ for damage, _ in BREAKS])
def test_nothing_is_published_and_the_reason_is_told(
    damage: Callable[[Shop], None], told: tuple[str, ...], shop: Shop, before: dict[str, Rows]
) -> None:
    damage(shop)
    standing = build_ids(shop)
    outcome = refresh(shop, SHOP_AS_OF, must=False)
    assert outcome.exit_code == 1
    message = "\n".join(f"{failure.step}: {failure.message}" for failure in outcome.failures)
    assert [words for words in told if words not in message] == []
    assert build_ids(shop) == standing
    assert read_marts(shop.published) == before


def test_publishing_alone_afterwards_is_refused_and_a_repair_is_published(shop: Shop, before: dict[str, Rows]) -> None:
    bad_dates_above_the_threshold(shop)
    refresh(shop, SHOP_AS_OF, must=False)
    assert warehouse(shop, "select status from audit.run order by sequence") == [("published",), ("failed",)]
    failed = "select check_id from audit.check_result where severity = 'blocking' and outcome <> 'passed'"
    assert warehouse(shop, failed) == [("bad_records:orders.orders",)]

    alone = refresh(shop, SHOP_AS_OF, job="publish", must=False)
    assert alone.exit_code == 1
    assert "run `bizops refresh`" in alone.failures[0].message
    assert read_marts(shop.published) == before

    shop.file("data/orders-more.csv").unlink()
    shop.add_orders([line.replace("2026-13-45", "2026-03-01") for line in BAD_DATES])
    refresh(shop, SHOP_AS_OF)
    counts = "select rows_in, rows_kept, rows_quarantined from marts.data_quality where entity = 'order'"
    assert query(shop.database, counts) == [(69, 68, 0)]


def test_a_replacement_far_below_its_floor_is_refused_as_trouble_of_the_source(
    shop: Shop, before: dict[str, Rows]
) -> None:
    shop.change_source(load={"mode": "replace", "key": ["order_number"]}, floor=0.8)
    refresh(shop, SHOP_AS_OF)
    file = next(shop.file("data").glob("orders-2026*.csv"))
    file.write_text("\n".join(file.read_text(encoding="utf-8").splitlines()[:6]) + "\n", encoding="utf-8")
    outcome = refresh(shop, SHOP_AS_OF, must=False)
    assert outcome.exit_code == 3
    assert "80 %" in outcome.failures[0].message
    assert "orders" in outcome.failures[0].message
    assert warehouse(shop, "select count(*) from raw.orders") == [(63,)]


def test_a_run_of_another_company_leaves_the_state_alone(shop: Shop, before: dict[str, Rows]) -> None:
    edit(shop.file("bizops.yaml"), lambda settings: settings.update(id="other"))
    outcome = refresh(shop, SHOP_AS_OF, must=False)
    [failure] = outcome.failures
    assert (failure.step, outcome.exit_code) == ("warehouse", 2)
    assert "is the state of company `my_company`, not of `other`" in failure.message
    assert read_marts(shop.published) == before
    shop.paths.company.unlink()
    refresh(shop, SHOP_AS_OF)
    assert query(shop.database, "select company_id from marts.publication") == [("other",)]
