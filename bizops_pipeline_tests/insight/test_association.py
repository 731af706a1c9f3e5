"""marts.kpi_association from KPI values whose truth is known."""

import subprocess
import sys
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from bizops_pipeline.catalogue.library import library
from bizops_pipeline.catalogue.models import Kpi, Organisation
from bizops_pipeline.contracts.audit import CONSUMED
from bizops_pipeline.contracts.marts.insight import KPI_ASSOCIATION
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.insight.association import build
from bizops_pipeline.insight.kpis import build as build_kpis
from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline.metrics.recompute import recompute
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.metrics.support import company, kpi
from bizops_pipeline_tests.warehouses import empty_warehouse

STATEMENT = "select statement from marts.kpi_association"
MONDAY = date(2024, 1, 1)
ROW = {column.name: None for column in KPI_VALUE.columns} | {
    "kpi_version": 1,
    "dimensions": "{}",
    "grain": "week",
    "status": "no_target",
    "is_complete": True,
    "is_provisional": False,
    "run_id": "r",
    "data_as_of": date(2026, 1, 1),
}


def run(sequence=1, *, full=False):
    return Run(f"run-{sequence}", sequence, date(2026, 1, 1), datetime(2026, 1, 2), full)


def kpis(**directions):
    return [
        kpi(
            id,
            "simple",
            label=id.title(),
            direction=direction,
            layer="it_operational" if id in ("outages", "tickets") else "business_outcome",
        )
        for id, direction in directions.items()
    ]


def warehouse(sequence=1, scope=("company", "acme"), **series):
    engine = empty_warehouse()
    changes.ensure_all(engine, [(CONSUMED, ()), (KPI_VALUE, ())])
    store(engine, sequence, scope, **series)
    return engine


def store(engine, sequence=1, scope=("company", "acme"), **series):
    engine.insert(
        KPI_VALUE,
        [
            ROW
            | {
                "kpi_id": id,
                "scope_type": scope[0],
                "scope_id": scope[1],
                "period_start": MONDAY + timedelta(weeks=week),
                "period_end": MONDAY + timedelta(weeks=week, days=6),
                "value": None if np.isnan(value) else float(value),
            }
            for id, values in series.items()
            for week, value in enumerate(values)
        ],
    )
    changes.mark_seen(engine, KPI_VALUE.id, f"values of {sequence}", run(sequence))


def outages_and_orders(weeks=104, lag=2):
    rng = np.random.default_rng(5)
    outages = rng.poisson(5, weeks).astype(float)
    orders = 900 + 2 * np.arange(weeks) - 12 * np.roll(outages, lag) + rng.normal(0, 6, weeks)
    return outages, orders


def settled_and_orders():
    """Outages that went away after the first year of two, and orders that follow them."""
    outages, orders = outages_and_orders(lag=0)
    return np.where(np.arange(104) < 50, outages, 0.0), np.where(
        np.arange(104) < 50, orders, 900.0 + np.arange(104) % 2
    )


@pytest.fixture(scope="module")
def engine():
    outages, orders = outages_and_orders()
    tickets = np.random.default_rng(6).poisson(40, 104)
    made = warehouse(outages=outages, orders=orders, tickets=tickets)
    build(made, company(kpis(outages="down", tickets="context", orders="up")), run())
    return made


def test_a_follower_is_told_at_its_lag_with_sign_slope_and_sentence(engine):
    [found] = engine.dicts("select * from marts.kpi_association where is_strongest and it_kpi_id = 'outages'")
    assert (found["scope_type"], found["scope_id"], found["lag_weeks"]) == ("company", "acme", 2)
    assert (found["expected_sign"], found["is_as_expected"], found["halves_agree"]) == (-1, True, True)
    assert found["r_low"] < found["r"] < found["r_high"] < 0
    assert found["q_value"] < 0.001
    assert found["slope_low"] < -12 < found["slope_high"]
    assert found["strength"] == -found["r"]
    assert (found["n"], found["first_week"], found["last_week"]) == (101, date(2024, 1, 8), date(2025, 12, 22))
    assert found["statement"] == (
        "When “Outages” rises from one week to the next, “Orders” on the whole falls 2 weeks later "
        f"(r {found['r']:+.2f}, 95 % between {found['r_low']:+.2f} and {found['r_high']:+.2f}, 101 weeks, "
        "q below 0.001); this is an association, not a cause."
    )


def test_what_may_be_chance_is_said_to_be(engine):
    rows = engine.dicts("select * from marts.kpi_association where it_kpi_id = 'tickets'")
    assert len(rows) == 5
    assert sum(row["is_strongest"] for row in rows) == 1
    for row in rows:
        assert row["q_value"] > 0.05
        assert row["slope"] is None
        assert row["expected_sign"] is None
        assert "not to be told from chance" in row["statement"]


CORRELATION = Kpi.model_validate(library()["it_business_corr"])


def values(engine):
    return engine.dicts("select * from marts.kpi_value where kpi_id = 'it_business_corr' order by dimensions")


def test_the_strongest_lag_of_a_pair_that_is_no_chance_is_a_kpi_value(engine):
    owner = company([*kpis(outages="down", tickets="context", orders="up"), CORRELATION])
    assert build_kpis(engine, owner, run(2)) == 1
    [found] = values(engine)
    assert found["dimensions"] == '{"business_kpi":"orders","it_kpi":"outages"}'
    assert (found["scope_type"], found["scope_id"], found["grain"]) == ("company", "acme", "all")
    assert (found["n"], found["numerator"], found["status"]) == (101, None, "no_target")
    assert (found["period_start"], found["period_end"]) == (date(2024, 1, 8), date(2025, 12, 28))
    strongest = "select strength from marts.kpi_association where is_strongest and it_kpi_id = 'outages'"
    assert found["value"] == engine.scalar(strongest)

    build_kpis(engine, owner, run(3))
    assert values(engine) == [found]  # with the refresh that computed it
    cut = Cut("all", dimensions=(("it_kpi", "outages"), ("business_kpi", "orders")))
    again = recompute(engine, owner, CORRELATION.id, cut, date(2026, 1, 1))
    assert (again.value, again.read_from) == (found["value"], KPI_ASSOCIATION.id)
    assert build_kpis(engine, owner.model_copy(update={"kpis": owner.kpis[:-1]}), run(4)) == 0


def test_what_stood_still_for_half_of_the_weeks_is_listed_with_that_and_no_value():
    outages, orders = settled_and_orders()
    made = warehouse(outages=outages, orders=orders)
    owner = company([*kpis(outages="down", orders="up"), CORRELATION])
    build(made, owner, run())

    [found] = made.dicts("select * from marts.kpi_association where is_strongest")
    assert (found["lag_weeks"], found["q_value"] < 0.001) == (0, True)
    assert (found["r_second_half"], found["halves_agree"], found["slope"]) == (None, None, None)
    assert found["statement"].startswith(
        "“Orders” in the week of a change of “Outages”: not to be told from chance, as one of the two moved in one "
        "half of the weeks only (r -0."
    )
    assert build_kpis(made, owner, run(2)) == 0
    cut = Cut("all", dimensions=(("it_kpi", "outages"), ("business_kpi", "orders")))
    assert recompute(made, owner, CORRELATION.id, cut, date(2026, 1, 1)).value is None


def test_what_moved_once_is_not_compared():
    _, orders = outages_and_orders()
    made = warehouse(outages=np.where(np.arange(104) < 60, 4.0, 9.0), orders=orders)
    build(made, company(kpis(outages="down", orders="up")), run())

    assert made.rows("select * from marts.kpi_association") == []


def test_a_stream_has_associations_of_its_own_and_a_service_none():
    outages, orders = outages_and_orders()
    made = warehouse(scope=("value_stream", "buy"), outages=outages, orders=orders)
    store(made, scope=("service", "shop"), outages=outages, orders=orders)
    owner = company(kpis(outages="down", orders="up"))
    build(made, owner, run())

    assert made.rows("select distinct scope_type, scope_id from marts.kpi_association") == [("value_stream", "buy")]
    assert made.scalar(f"{STATEMENT} where lag_weeks = 2").startswith(
        "In value stream “buy”, when “Outages” rises from one week to the next, “Orders” on the whole falls 2 weeks"
    )
    # A name makes other sentences, and so another table.
    named = Organisation.model_validate({"value_streams": [{"id": "buy", "name": "Buy at ease"}]})
    assert build(made, owner.model_copy(update={"organisation": named}), run(2))[1]
    assert made.scalar(f"{STATEMENT} where lag_weeks = 4").startswith(
        "In value stream “Buy at ease”, “Orders” 4 weeks after a change of “Outages”: not to be told from chance ("
    )


def test_below_half_a_year_nothing_is_said():
    outages, orders = outages_and_orders(weeks=27)
    made = warehouse(outages=outages, orders=orders)
    build(made, company(kpis(outages="down", orders="up")), run())

    # 26 changes of 27 weeks: enough without a lag only.
    assert made.rows("select lag_weeks, n from marts.kpi_association") == [(0, 26)]


def test_it_is_computed_anew_only_when_values_or_definitions_changed():
    outages, orders = outages_and_orders()
    made = warehouse(outages=outages, orders=orders)
    owner = company(kpis(outages="down", orders="up"))
    assert build(made, owner, run(1))[1]
    before = made.rows("select * from marts.kpi_association order by all")
    assert not build(made, owner, run(2))[1]
    assert made.rows("select * from marts.kpi_association order by all") == before

    assert build(made, owner, run(3, full=True))[1]
    columns = ", ".join(name for name in KPI_ASSOCIATION.column_names if name != "run_id")
    again = made.rows(f"select {columns}, 'run-1' from marts.kpi_association order by all")
    stored = [(*row[:-2], row[-1], row[-2]) for row in before]
    assert again == stored

    assert build(made, company(kpis(outages="context", orders="up")), run(4))[1]
    assert made.scalar("select count(expected_sign) from marts.kpi_association") == 0
    changes.mark_seen(made, KPI_VALUE.id, "other values", run(5))
    assert build(made, owner, run(5))[1]


def test_without_both_layers_there_is_an_empty_table():
    made = warehouse(orders=np.arange(60.0))
    assert build(made, company(kpis(orders="up")), run())[0].total == 0
    assert made.describe("select * from marts.kpi_association") == [
        (column.name, str(column.type)) for column in KPI_ASSOCIATION.columns
    ]


def test_the_statistics_are_imported_only_when_there_is_something_to_compute():
    code = (
        "import sys, bizops_pipeline.insight.association\n"
        "print([name for name in ('scipy.stats', 'statsmodels') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
