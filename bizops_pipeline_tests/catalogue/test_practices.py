"""Practices: what may be written, and what is told when it does not fit."""

import pytest

from bizops_pipeline.catalogue.loader import load_company
from bizops_pipeline.errors import CatalogueError

PRACTICES = """
    practices:
      - id: delivery
        name: Delivery
        target: 4
        targets: {technology: 5}
        assessments:
          - {assessed_on: 2026-01-31, scores: {policy: 2.5, technology: 3}}
          - {assessed_on: 2026-06-30, scores: {policy: 3}}
        improvements:
          - {id: reviews, title: Review sooner, effort_days: 5}
          - {id: checks, title: Check by machine, effort_days: 20, depends_on: [reviews]}
      - id: data
        name: Data
        improvements:
          - {id: owners, title: Name owners, effort_days: 2, depends_on: [checks]}
    """


def test_targets_hold_for_every_dimension_that_has_no_own(write_files):
    company = load_company(write_files({"catalogue/practices.yaml": PRACTICES}), {})
    delivery, data = company.practices
    assert (delivery.target_of("policy"), delivery.target_of("technology"), data.target_of("policy")) == (4, 5, 3)
    assert [each.depends_on for each in delivery.improvements] == [(), ("reviews",)]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (
            "title: Review sooner, effort_days: 5",
            "title: Review sooner, effort_days: 5, depends_on: [owners]",
            "improvements that wait for each other: reviews → owners → checks → reviews",
        ),
        ("depends_on: [checks]", "depends_on: [check]", "unknown improvement `check`"),
        ("id: owners", "id: reviews", "a second improvement `reviews`"),
        ("id: data", "id: delivery", "`delivery`"),
        ("2026-06-30", "2026-01-31", "a second assessment of `delivery` on 2026-01-31"),
        ("policy: 2.5", "policy: 6", "6"),
        ("policy: 2.5", "politics: 2", "politics"),
        ("name: Data", "name: Data\n        team: nobody", "unknown team `nobody`"),
        ("name: Data", "name: Data\n        drives: [nothing]", "unknown KPI `nothing`"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(write_files, before: str, after: str, found: str):
    folder = write_files({"catalogue/practices.yaml": PRACTICES.replace(before, after)})
    with pytest.raises(CatalogueError) as error:
        load_company(folder, {})
    assert found in str(error.value)
    assert "catalogue/practices.yaml:" in str(error.value)
