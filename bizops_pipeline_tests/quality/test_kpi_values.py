"""Values that cannot be, and meanings that changed in silence."""

from datetime import date
from typing import Any

import pytest

from bizops_pipeline.catalogue.bounds import is_share
from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.contracts.marts.history import METRIC_VERSION
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.quality.checks import CheckResult
from bizops_pipeline.quality.kpi_values import check_kpi_values
from bizops_pipeline.quality.reconciliation import required_checks
from bizops_pipeline.warehouse import changes
from bizops_pipeline_tests.model.staging_world import World


def kpi(**fields: Any) -> Kpi:
    base = {"id": "k", "unit": "percent", "direction": "up", "type": "ratio"}
    return Kpi.model_validate({**base, "numerator": "count(*) filter (where a)", "denominator": "count(*)", **fields})


def checked(definition: Kpi, value: str = "0.5") -> dict[str, CheckResult]:
    world = World(kpis=(definition,))
    changes.ensure(world.engine, KPI_VALUE)
    world.engine.execute(
        "insert into marts.kpi_value (kpi_id, value, period_start) "
        f"values ('k', cast({value} as double), ?), ('free', 7, ?)",
        (date(2026, 1, 1), date(2026, 1, 1)),
    )
    return {
        result.check_id.removesuffix(":kpi_value"): result for result in check_kpi_values(world.engine, world.company)
    }


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        pytest.param(kpi(), True, id="counted rows"),
        pytest.param(kpi(numerator="sum(amount)"), False, id="money"),
        pytest.param(kpi(numerator={"metric": "m"}), False, id="other metrics"),
        pytest.param(kpi(unit="hours"), False, id="hours"),
        pytest.param(kpi(type="conversion", numerator=None, denominator=None), True, id="conversion"),
    ],
)
def test_shares(definition: Kpi, expected: bool) -> None:
    assert is_share(definition) is expected


@pytest.mark.parametrize(
    ("value", "finite", "bounds"),
    [
        ("0.5", "passed", "passed"), ("null", "passed", "passed"), ("1", "passed", "passed"),
        ("1.5", "passed", "failed"), ("-0.1", "passed", "failed"),
        ("'nan'", "failed", "failed"), ("'inf'", "failed", "failed"), ("'-inf'", "failed", "failed"),
    ],
)  # fmt: skip
def test_a_share_lies_between_0_and_1(value: str, finite: str, bounds: str) -> None:
    found = checked(kpi(), value)
    assert (found["finite"].outcome, found["bounds"].outcome, found["percent"].outcome) == (finite, bounds, "passed")
    assert found["bounds"].severity == "blocking"


@pytest.mark.parametrize(
    ("definition", "value", "bounds"),
    [
        pytest.param(kpi(bounds={"min": 0}), "1.5", "passed", id="no upper bound"),
        pytest.param(kpi(bounds={"min": 0}), "-0.1", "failed", id="below"),
        pytest.param(kpi(type="simple", unit="score", expr="sum(x)", bounds={"min": -1, "max": 1}), "1.2", "failed",
                     id="own bounds of any type"),
        pytest.param(kpi(bounds={}), "5", "passed", id="no bounds at all"),
    ],
)  # fmt: skip
def test_bounds_of_a_definition_come_before_those_of_shares(definition: Kpi, value: str, bounds: str) -> None:
    result = checked(definition, value)["bounds"]
    assert result.outcome == bounds
    if bounds == "failed":
        assert (result.observed, result.sample[0]["kpi_id"]) == ("1 values", "k")


def test_two_values_of_one_key_forbid_a_publication() -> None:
    world = World(kpis=())
    changes.ensure(world.engine, KPI_VALUE)
    key = "'k', 'company', 'acme', '{}', 'month'"
    world.engine.execute(
        f"insert into marts.kpi_value ({', '.join(KPI_VALUE.key)}, value) values "
        f"({key}, date '2026-01-01', 1), ({key}, date '2026-02-01', 2), ({key}, date '2026-02-01', 2)"
    )
    result = next(each for each in check_kpi_values(world.engine, world.company) if each.check_id == "key:kpi_value")
    assert (result.outcome, result.blocks, result.observed) == ("failed", True, "1 repeated keys")
    assert (str(result.sample[0]["period_start"]), result.sample[0]["times"]) == ("2026-02-01", 2)
    assert "key:kpi_value" in required_checks(world.company)


def test_a_percentage_of_amounts_above_1_only_warns() -> None:
    found = checked(kpi(numerator="sum(spent)", denominator="sum(budget)"), "1.3")
    assert found["bounds"].outcome == "passed"
    assert (found["percent"].outcome, found["percent"].severity) == ("failed", "warn")


def test_a_meaning_that_changed_without_a_new_version_warns_with_its_fields() -> None:
    world = World(kpis=(kpi(),))
    for table in (KPI_VALUE, METRIC_VERSION):
        changes.ensure(world.engine, table)
    world.engine.execute(
        "insert into marts.metric_version (kpi_id, position, kpi_version, changes, is_unversioned, valid_to) values "
        "('k', 2, 1, 'where: a -> b', true, null), ('old', 2, 1, 'where: a -> b', true, date '2026-01-01')"
    )
    result = check_kpi_values(world.engine, world.company)[-1]
    assert (result.outcome, result.severity) == ("failed", "warn")
    assert result.observed == "k changed where: a -> b"
