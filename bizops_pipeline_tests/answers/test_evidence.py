"""What a KPI over a mart is made of, for whoever asks which checks are behind its value."""

from __future__ import annotations

import pytest

from bizops_pipeline.answers.evidence import tables_in_mart
from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline_tests.publish.world import ORDER_COUNT, SLA, company

PROGRESS = Kpi(id="progress", type="okr", unit="percent", direction="up", expr="progress")
CORRELATION = Kpi(id="correlation", type="association", unit="ratio", direction="context", grains=("all",))
PAIR = {"it_kpi": "sla_compliance", "business_kpi": "order_count"}


@pytest.mark.parametrize(
    ("kpi", "dimensions", "tables"),
    [
        (PROGRESS, {}, ["core.fct_incident", "staging.checkin"]),
        (PROGRESS, {"objective": "reliable"}, ["core.fct_incident", "staging.checkin"]),
        (PROGRESS, {"key_result": "kr_sla"}, ["core.fct_incident"]),
        (PROGRESS, {"key_result": "kr_partner"}, ["staging.checkin"]),
        (CORRELATION, PAIR, ["core.fct_incident", "core.fct_order"]),
        (SLA, {}, []),
    ],
    ids=["all key results", "an objective", "measured", "reported", "a pair", "no mart"],
)
def test_a_kpi_over_a_mart_is_made_of_what_the_mart_is_made_of(
    kpi: Kpi, dimensions: dict[str, str], tables: list[str]
) -> None:
    owner = company().model_copy(update={"kpis": (SLA, ORDER_COUNT, PROGRESS, CORRELATION)})
    cut = Cut("month", dimensions=tuple(dimensions.items()))
    assert [table.id for table in tables_in_mart(owner, kpi.id, cut)] == tables
