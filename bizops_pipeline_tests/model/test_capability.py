"""Assessments of practices from the catalogue and from sources, by hand-computed cases."""

from datetime import date

from bizops_pipeline.catalogue.models import Company, Practice
from bizops_pipeline_tests.model.company import built, company, content, facts

WINTER, SPRING, SUMMER = date(2026, 1, 31), date(2026, 4, 30), date(2026, 6, 30)


def owner() -> Company:
    practice = {
        "id": "delivery",
        "name": "Delivery",
        "service": "shop",
        "target": 4,
        "targets": {"data": 2},
        "drives": ["lead_time"],
        "assessments": [
            {"assessed_on": WINTER, "scores": {"policy": 2.5, "data": 3}},
            {"assessed_on": SPRING, "scores": {"policy": 3}, "evidence": "interviews"},
        ],
        "improvements": [
            {"id": "reviews", "title": "Review sooner", "effort_days": 5, "roles": ["lead", "reviewer"]},
            {"id": "checks", "title": "Check", "effort_days": 2.5, "depends_on": ["reviews"], "done": SPRING},
        ],
    }
    return company().model_copy(update={"practices": (Practice.model_validate(practice),)})


def test_a_score_holds_until_the_next_of_its_dimension_and_a_source_goes_before_the_catalogue():
    engine = built(
        "fct_assessment",
        owner=owner(),
        assessment=[
            {
                "assessment_id": "s1",
                "practice_id": "delivery",
                "dimension": "policy",
                "score": 1,
                "assessed_on": SPRING,
            },
            {
                "assessment_id": "s2",
                "practice_id": "unheard of",
                "dimension": "data",
                "score": 2,
                "target": 5,
                "assessed_on": SUMMER,
            },
        ],
    )
    columns = ("practice_id", "dimension", "service_id", "score", "target", "gap", "assessed_on", "superseded_on")
    assert facts(engine, "fct_assessment", *columns) == [
        ("delivery", "data", "shop", 3, 2, 0, WINTER, None),
        ("delivery", "policy", "shop", 2.5, 4, 1.5, WINTER, SPRING),
        ("delivery", "policy", "shop", 1, 4, 3, SPRING, None),
        ("unheard of", "data", "unallocated", 2, 5, 3, SUMMER, None),
    ]


def test_an_assessment_belongs_to_the_value_stream_that_its_practice_is_for():
    of = owner()
    practices = (of.practices[0].model_copy(update={"service": None, "value_stream": "order_to_cash"}),)
    engine = built("fct_assessment", owner=of.model_copy(update={"practices": practices}))
    columns = ("practice_id", "service_id", "value_stream_id")
    assert set(facts(engine, "fct_assessment", *columns)) == {("delivery", "unallocated", "order_to_cash")}


def test_practices_and_improvements_of_the_catalogue_are_tables():
    engine = built("fct_assessment", owner=owner())
    assert content(engine, "core.dim_practice") == [("delivery", "Delivery", None, None, None, None, "shop")]
    assert [row[1:] for row in content(engine, "core.dim_practice_target")] == [
        (name, 2 if name == "data" else 4)
        for name in ("data", "documentation", "funding", "policy", "process_accountability", "technology")
    ]
    assert content(engine, "core.bridge_practice_kpi") == [("delivery", "lead_time")]
    assert [(row[0], row[4], row[6], row[8]) for row in content(engine, "core.dim_improvement")] == [
        ("checks", 2.5, None, SPRING),
        ("reviews", 5, "lead, reviewer", None),
    ]
    assert content(engine, "core.bridge_improvement_dependency") == [("checks", "reviews")]
