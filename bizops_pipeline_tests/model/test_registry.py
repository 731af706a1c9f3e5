"""The models as files: what they promise, read, and can be followed back to."""

from dataclasses import replace

import pytest
from sqlglot import exp

from bizops_pipeline.contracts.core import CORE_TABLES, FACTS, ai
from bizops_pipeline.contracts.core.commerce import DIM_CUSTOMER
from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.errors import ContractError
from bizops_pipeline.model import declaration
from bizops_pipeline.model import lineage as lineage_module
from bizops_pipeline.model.build import check_models, verify
from bizops_pipeline.model.declaration import SQL_FOLDER, Model
from bizops_pipeline.model.definitions import definition_rows
from bizops_pipeline.model.domains import MODELS
from bizops_pipeline.model.lineage import lineage, trace
from bizops_pipeline.model.registry import in_build_order, model
from bizops_pipeline.model.render import render
from bizops_pipeline.warehouse import portable
from bizops_pipeline_tests.model.company import AS_OF, company, warehouse


def test_every_fact_and_every_file_is_a_model():
    names = {each.name for each in MODELS}
    assert names >= {fact.name for fact in FACTS}
    assert names == {file.stem for file in (SQL_FOLDER / "core").glob("*.sql")}


@pytest.mark.parametrize("each", MODELS, ids=lambda each: each.name)
def test_the_tables_and_columns_of_a_model_are_those_that_a_parser_finds(each: Model):
    tree = lineage_module.parsed(each.sql)
    read = sorted(
        (node.args["db"].meta["start"], node.this.meta["end"] + 1, node.db, node.name, bool(node.alias))
        for node in tree.find_all(exp.Table)
        if node.db
    )
    found = declaration.references(each.sql)
    assert [(place.start, place.end, place.schema, place.name, place.has_alias) for place in found] == read
    assert {node.name for node in tree.find_all(exp.Column) if node.name != "*"} <= declaration.columns_mentioned(
        each.sql
    )


def test_what_comments_and_texts_name_is_not_read():
    sql = "select 'from core.a' as b -- from core.c\nfrom core.d as e where extract(year from e.day) = 2026"
    assert [place.name for place in declaration.references(sql)] == ["d"]
    assert "c" not in declaration.columns_mentioned(sql)


def test_every_model_returns_its_contract_on_empty_tables():
    verify()


def test_verify_lists_every_complaint(tmp_path, monkeypatch):
    folder = tmp_path / "core"
    folder.mkdir()
    (folder / "dim_customer.sql").write_text(
        "-- grain: x\nselect 1 as customer_id, 'x' as surprise from staging.customer"
    )
    (folder / "broken.sql").write_text("-- grain: x\nselect nothing_like_it from staging.customer")
    (folder / "lost.sql").write_text("-- grain: x\nselect a from staging.unheard_of")
    monkeypatch.setattr(declaration, "SQL_FOLDER", tmp_path)
    models = tuple(
        Model(Table("core", name, "x", (), DIM_CUSTOMER.columns, "x")) for name in ("dim_customer", "broken", "lost")
    )

    columns, broken, lost = check_models(warehouse(), models)

    assert "lacks column country" in columns
    assert "returns undeclared column surprise" in columns
    assert "customer_id is INTEGER" in columns
    assert "core.broken cannot be run" in broken
    assert "staging.unheard_of, which no contract declares" in lost
    monkeypatch.setattr("bizops_pipeline.model.build.MODELS", models)
    monkeypatch.setattr("bizops_pipeline.model.build.check_models", lambda engine: [columns, broken, lost])
    with pytest.raises(ContractError, match=r"surprise(.|\n)*cannot be run(.|\n)*unheard_of"):
        verify()


def test_a_model_comes_after_what_it_reads():
    order = [each.table.id for each in in_build_order()]
    assert len(order) == len(MODELS)
    for each in MODELS:
        for table in each.inputs:
            if table.id in order:
                assert order.index(table.id) < order.index(each.table.id)


def test_a_part_is_rebuilt_only_by_keys_that_some_input_has():
    for each in MODELS:
        if each.rebuild_by:
            assert any(table.has(each.rebuild_by) for table in each.tracked_inputs), each.name
            assert each.table.has(each.rebuild_by), each.name


def test_tables_that_are_not_tracked_come_from_the_catalogue_or_describe_models():
    """Their whole content is part of the fingerprint, so they must be small."""
    small = {DIM_DATE, *definition_rows(company()), *ai.DIMENSIONS}
    assert {table for each in MODELS for table in each.untracked_inputs} <= small


def test_a_rendered_query_is_plain_portable_sql():
    for each in MODELS:
        text = render(each, company(time_zone="Europe/Berlin"), AS_OF, "some_keys")
        assert "settings." not in text
        assert portable.check(text) == [], each.name


def test_an_unknown_model_is_refused_with_the_known_ones():
    with pytest.raises(KeyError, match="fct_order"):
        model("fct_nothing")


def test_every_column_but_constants_and_counts_can_be_followed_back():
    without = {(each.name, column) for each in MODELS for column, sources in lineage(each).items() if not sources}
    assert without == {
        ("fct_flow_movement", "movement"),
        ("fct_initiative", "work_items"),
        ("fct_work_item_stage", "visits"),
        ("fct_flow_movement", "load_change"),
        ("fct_revenue", "movement"),
        ("fct_model_artifact", "is_requirement"),
        ("fct_model_drift", "bins"),
        ("fct_order", "line_count"),
        ("fct_customer", "purchase_days"),
        ("fct_service_day", "outages"),
        ("fct_productivity_loss", "cause"),
        ("fct_technology_cost", "origin"),
        ("fct_technology_cost", "item_type"),
        ("bridge_item_member", "scope_type"),
        ("dim_product", "is_recorded"),
        ("dim_vendor", "is_recorded"),
    }
    assert set(CORE_TABLES["fct_order_line"].column_names) == set(lineage(model("fct_order_line")))


def test_lineage_goes_through_steps_and_business_dates():
    lines = lineage(model("fct_order_line"))
    assert lines["ordered_date"] == [("staging.order", "ordered_at"), ("staging.order_line", "ordered_at")]
    assert ("core.dim_exchange_rate", "rate") in lines["net_amount_reporting"]
    assert lineage(model("fct_change"))["deployed_date"] == [("core.fct_deployment", "finished_at")]


@pytest.mark.parametrize("each", MODELS, ids=lambda each: each.name)
def test_the_file_of_lineage_says_what_the_query_says(each: Model):
    assert lineage(each) == trace(each), "run python -m bizops_pipeline.model.lineage"


def test_a_model_that_the_file_of_lineage_does_not_know_is_refused_with_the_remedy():
    unknown = Model(replace(CORE_TABLES["fct_order"], name="fct_nothing"))
    with pytest.raises(ContractError, match=r"lineage.json does not know fct_nothing; run python -m"):
        lineage(unknown)
