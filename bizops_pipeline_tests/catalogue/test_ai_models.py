"""catalogue/models.yaml: what it may say, and every fault at its place."""

from datetime import date

import pytest

from bizops_pipeline.catalogue.loader import load_company

ORGANISATION = "services: [{id: search}]\n"
KPIS = "kpis: [{id: orders, use: library}, {id: ai_requests, use: library}]\n"
OTHERS = {"catalogue/organisation.yaml": ORGANISATION, "catalogue/kpis/k.yaml": KPIS}
FILE = "catalogue/models.yaml"


def models(fields: str) -> str:
    return f"use_cases: [{{id: finding}}]\nmodels: [{{id: ranker, {fields}}}]\n"


def test_models_are_part_of_the_company(write_files) -> None:
    text = """
        use_cases: [{id: finding, owner: anna, service: search}]
        models:
          - id: ranker
            use_case: finding
            risk_tier: limited
            approved_on: 2026-01-05
            kpis: [{kpi: orders, baseline: 0.02, unit_value: 18.5, from: 2026-02-01}]
            plan: [{from: 2026-02-01, to: 2026-03-31, value: 5000}]
        required_artifacts: [{artifact: model_card, due: approval}]
        """
    company = load_company(write_files({**OTHERS, FILE: text}), {})
    [model] = company.ai.models
    assert (model.use_case, model.approved_on, model.plan[0].to) == ("finding", date(2026, 1, 5), date(2026, 3, 31))
    assert model.kpis[0].from_ == date(2026, 2, 1)
    assert company.ai.required_artifacts[0].risk_tiers == ("high", "limited", "minimal")


def test_a_company_without_the_file_has_no_models(write_files) -> None:
    assert load_company(write_files(OTHERS), {}).ai.models == ()


def test_a_changed_model_is_a_changed_company(write_files) -> None:
    first = load_company(write_files({**OTHERS, FILE: models("owner: anna")}), {}).fingerprint
    assert load_company(write_files({**OTHERS, FILE: models("owner: ben")}), {}).fingerprint != first


@pytest.mark.parametrize(
    ("text", "found", "expected"),
    [
        (models("¦ownr: anna"), "unknown key `ownr`", "did you mean `owner`?"),
        (models("risk_tier: ¦hihg"), "`risk_tier` is `hihg`", "did you mean `high`?"),
        (models("use_case: ¦fnding"), "unknown use case `fnding`", "did you mean `finding`?"),
        (models("service: ¦serch"), "unknown service `serch`", "`search`"),
        (models("kpis: [{kpi: ¦ordrs}]"), "unknown KPI `ordrs`", "did you mean `orders`?"),
        (models("kpis: [{kpi: ¦ai_reviews}]"), "unknown KPI `ai_reviews`", "`- {id: ai_reviews, use: library}` among"),
        (models("kpis: [{kpi: ¦ai_requests}]"), "whose own direction is context", "`direction: up`"),
        (models("kpis: [{kpi: orders}, {kpi: ¦orders}]"), "a second link of `ranker` to `orders`", "each KPI once"),
        (models("kpis: [{kpi: orders, currency: ¦euro}]"), "`currency` is `euro`", "such as EUR"),
        (
            models("approved_on: 2026-02-01, deployed_on: ¦2026-01-01"),
            "`deployed_on` on 2026-01-01",
            "not before `approved_on`, 2026-02-01",
        ),
        (
            models("approved_on: 2026-02-01, retired_on: ¦2026-01-01"),
            "`retired_on` on 2026-01-01",
            "not before `approved_on`, 2026-02-01",
        ),
        (
            models("plan: [{from: 2026-02-01, to: ¦2026-01-01, value: 1}]"),
            "a plan from 2026-02-01 to 2026-01-01",
            "not after",
        ),
        (
            models(
                "plan: [{from: 2026-01-01, to: 2026-01-31, value: 1}, {from: ¦2026-01-31, to: 2026-02-01, value: 1}]"
            ),
            "a second plan of `ranker` for days from 2026-01-31 to 2026-02-01",
            "one plan for each day",
        ),
        ("models: [{id: a}, {id: ¦a}]\n", "a second model `a` (the first is in catalogue/models.yaml:1)", "each id"),
        ("use_cases: [{id: a}, {id: ¦a}]\n", "a second use case `a`", "each id"),
        (
            "required_artifacts: [{artifact: card}, {artifact: ¦card}]\n",
            "the artefact `card` required twice",
            "each artefact once",
        ),
    ],
    ids=lambda value: value if "¦" not in value else "",
)
def test_a_fault_is_reported_once_at_its_place(problems_of, text, found, expected) -> None:
    before, _, _ = text.partition("¦")
    [problem] = problems_of({**OTHERS, FILE: text.replace("¦", "")})
    assert problem.file == FILE
    assert found in problem.found
    assert expected in problem.expected
    assert (problem.line, problem.column) == (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
