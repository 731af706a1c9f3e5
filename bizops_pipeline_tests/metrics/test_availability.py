"""What a company could switch on: by the entities that its sources bring and those that its catalogue declares."""

from datetime import date

import pytest

from bizops_pipeline.catalogue.models import AiCatalogue, Assessment, Company, Practice
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.metrics.availability import Availability, availability
from bizops_pipeline_tests.metrics.support import company, source_of_everything, standard

PRACTICE = Practice(
    id="incident_handling",
    name="Incident handling",
    assessments=(Assessment.model_validate({"assessed_on": date(2026, 3, 1), "scores": {"data": 2}}),),
)


def found(of: Company, id: str) -> Availability:
    return next(each for each in availability(of) if each.kpi.id == id)


@pytest.mark.parametrize(
    ("practices", "state", "missing"),
    [((), "missing", (("assessment",),)), ((PRACTICE,), "possible", ())],
    ids=["no assessment", "assessed in the catalogue"],
)
def test_what_the_catalogue_declares_counts_as_brought(
    practices: tuple[Practice, ...], state: str, missing: tuple[tuple[str, ...], ...]
):
    of = company([]).model_copy(update={"practices": practices})
    capability = found(of, "capability_score")
    assert (capability.state, capability.missing) == (state, missing)


def test_models_of_the_catalogue_are_enough_for_kpis_over_models():
    declared = AiCatalogue.model_validate({"models": [{"id": "hints", "name": "Hints", "deployed_on": "2026-02-02"}]})
    assert found(company([]), "models_in_production").missing == (("model",),)
    assert found(company([]).model_copy(update={"ai": declared}), "models_in_production").state == "possible"


@pytest.mark.parametrize(
    ("kpi", "driver", "beside"),
    [
        ("incidents", "incident", "incident_review"),
        ("effort_booked", "worklog", "work_item"),
        ("stage_duration", "status_history", "work_item"),
    ],
)
def test_what_adds_columns_to_a_fact_gives_it_no_rows(kpi: str, driver: str, beside: str):
    def state(fed: str) -> str:
        sources = (source_of_everything(set(ENTITIES) - {fed}),)
        return found(company([]).model_copy(update={"source_tables": sources}), kpi).state

    assert (state(driver), state(beside)) == ("possible", "missing")


def test_a_kpi_that_is_on_says_what_it_lacks():
    orders = next(kpi for kpi in standard("commerce") if kpi.id == "orders")
    assert found(company([orders]), "orders").state == "on"
    assert found(company([orders]), "orders").missing == (("order",),)


@pytest.mark.parametrize(
    ("fed", "state"),
    [((), "missing"), (("purchase_order_line",), "missing"), (("purchase_order_line", "receipt"), "possible")],
    ids=["no part", "half of a part", "one part"],
)
def test_a_score_is_possible_with_one_of_its_parts(fed: tuple[str, ...], state: str):
    others = set(ENTITIES) - set(fed)
    of = company([]).model_copy(update={"source_tables": (source_of_everything(others),)})
    score = found(of, "vendor_score")
    assert score.state == state
    assert ("ticket",) in score.missing
