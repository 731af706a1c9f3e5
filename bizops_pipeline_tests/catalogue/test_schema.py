"""The JSON Schemas accept what the loader accepts, refuse what it refuses, and explain every key."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from bizops_pipeline.catalogue.init import write_company
from bizops_pipeline.catalogue.schema import schemas

SCHEMAS = schemas()
REPOSITORY = Path(__file__).parents[2]
COMPANIES = [REPOSITORY / "data" / "retailer", *sorted((REPOSITORY / "data" / "public").iterdir())]
SINGLE = {
    "bizops.yaml": "bizops",
    "catalogue/organisation.yaml": "organisation",
    "catalogue/models.yaml": "models",
    "catalogue/practices.yaml": "practices",
}
OWN = {"id": "k", "unit": "count", "direction": "up", "type": "simple"}


def kind_of(name: str) -> str:
    return SINGLE.get(name) or ("source" if name.startswith("sources/") else name.split("/")[1])


def read(file: Path) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def complaints(kind: str, value: Any) -> list[str]:
    plain = json.loads(json.dumps(value, default=str))
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(SCHEMAS[kind]).iter_errors(plain)]


def yaml_files() -> list[Any]:
    return [
        pytest.param(folder, file.relative_to(folder).as_posix(), id=f"{folder.name}/{file.relative_to(folder)}")
        for folder in COMPANIES
        for file in sorted(folder.rglob("*.yaml"))
        if ".bizops" not in file.parts
    ]


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_a_schema_is_a_schema(kind: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[kind])


@pytest.mark.parametrize(("folder", "name"), yaml_files())
def test_a_committed_file_fits_its_schema_and_names_it(folder: Path, name: str) -> None:
    file = folder / name
    assert complaints(kind_of(name), read(file)) == []
    named = file.read_text(encoding="utf-8").splitlines()[0].partition("$schema=")[2]
    target = REPOSITORY / "docs" / "reference" / "schema" / f"{kind_of(name)}.schema.json"
    assert (file.parent / named).resolve() == target


def test_a_new_company_has_the_schemas_that_its_files_name(tmp_path: Path) -> None:
    write_company(tmp_path / "company")
    files = sorted((tmp_path / "company").rglob("*.yaml"))
    assert files
    for file in files:
        named = file.read_text(encoding="utf-8").splitlines()[0].partition("$schema=")[2]
        kind = kind_of(file.relative_to(tmp_path / "company").as_posix())
        assert json.loads((file.parent / named).read_text(encoding="utf-8")) == SCHEMAS[kind]
        assert complaints(kind, read(file)) == []


@pytest.mark.parametrize(
    ("kpi", "said"),
    [
        ({"id": "net_revenue", "use": "library"}, ""),
        ({"id": "not_there", "use": "library"}, "is not one of"),
        ({"id": "k"}, "'unit' is a required property"),
        ({**OWN, "entity": "fct_order", "time": "ordered_at", "expr": "count(*)"}, ""),
        ({**OWN, "entity": "fct_order", "time": "ordered_at"}, "'expr' is a required property"),
        ({**OWN, "entity": "fct_order", "time": "ordered_at", "expr": "count(*)", "percentile": 0.5}, "False schema"),
        ({**OWN, "entity": "fct_order", "time": "ordered_at", "expr": "count(*)", "colour": "red"}, "'colour' was"),
        ({**OWN, "type": "sum"}, "'sum' is not one of"),
    ],
    ids=["standard", "unknown standard", "bare", "own", "without its part", "part of another type", "unknown", "type"],
)
def test_a_kpi_has_what_its_type_needs(kpi: dict[str, Any], said: str) -> None:
    found = complaints("kpis", {"kpis": [kpi]})
    assert any(said in each for each in found) if said else found == []


def test_a_source_maps_known_columns_of_known_entities() -> None:
    def source(entity: str, column: str) -> dict[str, Any]:
        connector = {"kind": "files", "path": "a.csv"}
        return {"source": "s", "connector": connector, "entities": {entity: {"map": {column: "a"}}}}

    assert complaints("source", source("order", "order_id")) == []
    assert complaints("source", source("order", "order_idd"))
    assert complaints("source", source("ordre", "order_id"))


def test_every_key_is_explained() -> None:
    for kind, schema in SCHEMAS.items():
        for name, definition in {**schema["$defs"], kind: schema}.items():
            for key, value in definition.get("properties", {}).items():
                if name not in ("kpis", "okrs", "quality"):
                    assert value.get("description"), f"{name}.{key}"
