"""The definitions of the example company: what is an asset, what is known of it, what runs when."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import dagster as dg
import pytest

from bizops_pipeline.catalogue.loader import load_company
from bizops_pipeline.catalogue.models import AiCatalogue, Company
from bizops_pipeline.contracts.core import CORE_TABLES
from bizops_pipeline.contracts.marts import MARTS
from bizops_pipeline.defs import checks
from bizops_pipeline.defs.assemble import definitions_for
from bizops_pipeline.defs.execute import INSTANCE_SETTINGS, open_instance
from bizops_pipeline.model.needs import fed_models
from bizops_pipeline.settings import StatePaths
from bizops_pipeline_tests.e2e.support import REPOSITORY, RETAILER, make_shop, process_environment

NAMED = {
    "raw/erp__orders",
    "raw/fx",
    "raw/itsm__incidents",
    "raw/webshop__sessions",
    "staging/incident",
    "staging/order_line",
    "core/bridge_service_value_stream",
    "core/dim_date",
    "core/dim_service",
    "core/fct_deployment",
    "core/fct_incident",
    "core/fct_order",
    "core/fct_revenue",
    "core/fct_service_day",
    "marts/data_dictionary",
    "marts/data_collection",
    "marts/data_freshness",
    "marts/data_quality",
    "marts/kpi_value",
    "marts/metric_catalogue",
    "marts/okr_final",
    "marts/okr_objective",
    "marts/okr_objective_known",
    "marts/okr_progress",
    "marts/okr_progress_known",
    "marts/okr_restatement",
    "marts/value_stream_flow",
    "published/current",
}


@pytest.fixture(scope="module")
def company() -> Company:
    return load_company(RETAILER, {})


@pytest.fixture(scope="module")
def definitions(company: Company, tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    found = definitions_for(company, StatePaths(tmp_path_factory.mktemp("state")))
    dg.Definitions.validate_loadable(found)
    return found


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def test_layers(company: Company, specs: dict[str, dg.AssetSpec]) -> None:
    counted: dict[str, int] = defaultdict(int)
    for spec in specs.values():
        counted[spec.group_name or ""] += 1
    assert counted == {
        "raw": len(company.source_tables),
        "staging": len({entity for table in company.source_tables for entity in table.entities}),
        "core": len(CORE_TABLES),
        "marts": len(MARTS),
        "publication": 1,
    }


def test_models_that_only_the_catalogue_declares_are_built(tmp_path: Path) -> None:
    ai = AiCatalogue.model_validate({"models": [{"id": "hints", "name": "Hints", "deployed_on": "2026-02-02"}]})
    small = load_company(make_shop(tmp_path).folder, {})
    built = {model.name for model in fed_models(small.model_copy(update={"ai": ai}))}
    assert built - {model.name for model in fed_models(small)} == {"dim_model", "fct_model", "fct_model_artifact"}


def test_names(specs: dict[str, dg.AssetSpec]) -> None:
    assert NAMED - specs.keys() == set()


def test_every_asset_says_what_it_is(specs: dict[str, dg.AssetSpec]) -> None:
    bare = {
        name
        for name, spec in specs.items()
        if not (spec.description and len(spec.description) > 20 and spec.group_name and spec.kinds)
    }
    assert bare == set()


def test_every_table_of_a_contract_shows_its_columns_with_their_meaning(specs: dict[str, dg.AssetSpec]) -> None:
    for name, spec in specs.items():
        if spec.group_name in ("staging", "core", "marts"):
            schema = spec.metadata["dagster/column_schema"]
            assert schema.columns, name
            assert [column.name for column in schema.columns if not column.description] == [], name


def test_every_table_of_the_model_shows_its_query(specs: dict[str, dg.AssetSpec]) -> None:
    assert 'from staging."order"' in specs["core/fct_order"].metadata["query"].value
    built = {name for name, spec in specs.items() if spec.group_name == "core" and "sql" in spec.kinds}
    assert {name for name, spec in specs.items() if "query" in spec.metadata} == built


def test_tables_depend_on_those_of_the_layer_before(specs: dict[str, dg.AssetSpec]) -> None:
    def read_by(name: str) -> set[str]:
        return {dep.asset_key.to_user_string() for dep in specs[name].deps}

    assert read_by("raw/erp__orders") == set()
    assert read_by("staging/order") == {"raw/erp__orders"}
    assert {"staging/order", "staging/order_line", "core/dim_exchange_rate"} <= read_by("core/fct_order_line")
    assert read_by("core/dim_exchange_rate") == {"staging/fx_rate"}
    assert "core/fct_order" in read_by("marts/kpi_value")
    assert {"marts/kpi_value", "marts/data_quality"} <= read_by("published/current")


def test_no_dependency_is_unknown(specs: dict[str, dg.AssetSpec]) -> None:
    read = {dep.asset_key.to_user_string() for spec in specs.values() for dep in spec.deps}
    assert read - specs.keys() == set()


def test_few_steps(company: Company, definitions: dg.Definitions) -> None:
    sources = {table.source for table in company.source_tables}
    steps = definitions.resolve_job_def("refresh").graph.node_defs
    assert len(steps) <= len(sources) + 14, "one a source, and a few for all the rest"


def test_every_required_check_is_part_of_an_asset_check(company: Company, definitions: dg.Definitions) -> None:
    tables = [checks.TABLES[name] for name in checks.TABLES]
    shown = {check_id for group in checks.groups(company, tables) for check_id in group.check_ids}
    assert checks.required(company) - shown == set()
    declared = definitions.resolve_asset_graph().asset_check_keys
    assert {group.spec.key for group in checks.groups(company, tables)} == set(declared)


def test_sources_and_marts_have_a_freshness_policy(specs: dict[str, dg.AssetSpec]) -> None:
    watched = {name for name, spec in specs.items() if spec.group_name in ("raw", "marts", "publication")}
    assert {name for name in watched if specs[name].freshness_policy is None} == set()


def test_jobs(definitions: dg.Definitions, specs: dict[str, dg.AssetSpec]) -> None:
    def selected(job: str) -> set[str]:
        layer = definitions.resolve_job_def(job).asset_layer
        return {key.to_user_string() for key in layer.selected_asset_keys}

    assert selected("refresh") == specs.keys()
    assert selected("ingest") == {name for name, spec in specs.items() if spec.group_name == "raw"}
    assert selected("publish") == {"published/current"}


def test_the_daily_schedule_is_off_until_someone_turns_it_on(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("daily_refresh")
    assert schedule.job_name == "refresh"
    assert schedule.cron_schedule == "0 1 * * *"
    assert schedule.execution_timezone == "Europe/Berlin"
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED


def test_no_value_passes_between_steps(definitions: dg.Definitions) -> None:
    """Assets hand over tables: a step has no input that an IO manager would have to read."""
    for node in definitions.resolve_job_def("refresh").graph.node_defs:
        typed = [place.name for place in node.input_defs if not place.dagster_type.is_nothing]
        assert typed == [], node.name


@pytest.mark.parametrize("folder", ["acme", "acme [test]"])
def test_the_instance_reports_home_to_nobody(tmp_path: Path, folder: str) -> None:
    with open_instance(StatePaths(tmp_path / folder)) as instance:
        assert instance.telemetry_enabled is False
        assert instance.nux_enabled is False


def test_the_servers_instance_settings_are_those_of_the_command_line() -> None:
    assert (REPOSITORY / "dagster.yaml").read_text(encoding="utf-8") == INSTANCE_SETTINGS.read_text(encoding="utf-8")


def test_the_workspace_loads_in_a_server_of_its_own_as_the_ui_does_it(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "company")
    dagster_home = tmp_path / "home"
    dagster_home.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml", "--load-with-grpc"],
        env=process_environment({"BIZOPS_COMPANY": str(shop.folder), "DAGSTER_HOME": str(dagster_home)}),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Validation successful for code location bizops_pipeline" in said


@pytest.mark.slow
def test_a_run_as_the_ui_starts_it_publishes_and_pickles_nothing(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "company")
    shop.paths.create()
    (shop.paths.dagster / "dagster.yaml").write_bytes(INSTANCE_SETTINGS.read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "job", "execute", "-m", "bizops_pipeline.definitions", "-j", "refresh"],
        env=process_environment({"BIZOPS_COMPANY": str(shop.folder), "DAGSTER_HOME": str(shop.paths.dagster)}),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert shop.database.is_file()
    written = [file for file in shop.paths.root.rglob("*") if file.is_file()]
    assert [file for file in written if file.read_bytes()[:2] in (b"\x80\x04", b"\x80\x05")] == []
