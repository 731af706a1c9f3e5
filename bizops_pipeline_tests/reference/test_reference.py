import re
from pathlib import Path

import pytest

from bizops_pipeline.catalogue import meanings, models
from bizops_pipeline.catalogue.library import library
from bizops_pipeline.contracts.core import CORE_TABLES
from bizops_pipeline.contracts.marts import MARTS
from bizops_pipeline.contracts.registry import TABLES
from bizops_pipeline.publish.tables import VIEWS
from bizops_pipeline.reference import catalogue as catalogue_reference
from bizops_pipeline.reference.pages import RENDERERS, render_kpis, render_tables

PACKAGE = Path(catalogue_reference.__file__).parents[1]
FOLDER = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_the_committed_reference_is_what_the_code_generates(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == RENDERERS[name](), (
        "run `python -m bizops_pipeline.reference docs/reference`"
    )


def test_every_kpi_of_the_library_is_in_the_kpi_dictionary() -> None:
    text = render_kpis()
    for definition in library().values():
        assert f"\n`{definition['id']}`: {definition['description']}\n" in text
        assert definition["formula"] in text


def test_every_table_and_column_is_in_the_data_dictionary() -> None:
    chapters = {part.split("\n")[0]: part for part in render_tables().split("\n### ")}
    for id, table in TABLES.items():
        for column in table.columns:
            name = f"**{column.name}**" if column.required else column.name
            assert f"\n| {name} | {column.type} |" in chapters[id]


def test_what_a_query_says_of_its_rows_is_what_their_contract_says() -> None:
    grains = {table.name: f"-- grain: {table.grain}" for table in (*CORE_TABLES.values(), *MARTS.values(), *VIEWS)}
    said = {file.stem: file.read_text(encoding="utf-8").splitlines()[0] for file in PACKAGE.rglob("*.sql")}
    both = grains.keys() & said.keys()
    assert len(both) > 50
    assert {name: said[name] for name in both} == {name: grains[name] for name in both}


def test_every_key_of_the_catalogue_has_a_meaning() -> None:
    for _, _, members in catalogue_reference.SECTIONS:
        for model in members:
            for name in model.model_fields:
                if (model, name) != (models.Kpi, "file"):
                    assert meanings.meaning_of(model, name), f"{model.__name__}.{name}"


def test_no_text_is_about_a_key_that_is_gone() -> None:
    for model, name in meanings.other_texts():
        assert name in getattr(models, model).model_fields, f"{model}.{name}"


@pytest.mark.parametrize("name", sorted(name for name in RENDERERS if name.endswith(".md")))
def test_every_link_inside_a_reference_leads_to_a_heading(name: str) -> None:
    text = RENDERERS[name]()
    headings = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.*)$", text, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= headings
