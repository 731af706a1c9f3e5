"""Which stage a status of a work item stands for."""

import pytest

from bizops_pipeline.catalogue.loader import load_company
from bizops_pipeline.errors import CatalogueError
from bizops_pipeline.model.definitions import definition_rows

ORGANISATION = """
    value_streams:
      - id: idea
        name: Idea
        stages:
          - {id: build, statuses: [Open, Coding]}
          - {id: review, kind: wait, statuses: [Review]}
      - id: help
        name: Help
        stages:
          - {id: triage, statuses: [Open]}
    """


def test_a_status_tells_the_value_stream_when_no_other_has_it(write_files):
    company = load_company(write_files({"catalogue/organisation.yaml": ORGANISATION}), {})
    found = next(rows for table, rows in definition_rows(company).items() if table.name == "dim_stage_status")
    columns = ("value_stream_id", "original_status", "stage_id", "kind", "is_only")
    assert [tuple(row[name] for name in columns) for row in found] == [
        ("idea", "Open", "build", "active", False),
        ("idea", "Coding", "build", "active", True),
        ("idea", "Review", "review", "wait", True),
        ("help", "Open", "triage", "active", False),
    ]


def test_a_status_leads_to_one_stage_of_a_value_stream(write_files):
    folder = write_files({"catalogue/organisation.yaml": ORGANISATION.replace("[Review]", "[Coding]")})
    with pytest.raises(CatalogueError, match="the status `Coding`, which stands for `build` already"):
        load_company(folder, {})
