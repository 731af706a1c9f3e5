import csv
from pathlib import Path

import pytest

from bizops_pipeline.catalogue import expressions
from bizops_pipeline.catalogue.init import write_company
from bizops_pipeline.catalogue.loader import load_company
from bizops_pipeline.errors import UsageError


def test_the_written_company_loads(tmp_path: Path) -> None:
    written = write_company(tmp_path / "new" / "company")
    assert tmp_path / "new" / "company" / "bizops.yaml" in written
    company = load_company(tmp_path / "new" / "company", {})
    assert [table.source for table in company.source_tables] == ["orders"]
    assert {"net_revenue", "orders", "aov", "cancellation_rate"} == {kpi.id for kpi in company.kpis}
    assert company.objectives
    assert company.suites


def test_its_map_reads_columns_that_its_data_has(tmp_path: Path) -> None:
    write_company(tmp_path)
    [data] = tmp_path.glob("data/*.csv")
    with data.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert len(rows) > 50
    for entity in load_company(tmp_path, {}).source_tables[0].entities.values():
        for mapped in entity.map.values():
            if isinstance(mapped, str):
                assert expressions.columns(mapped) <= set(rows[0])


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    assert write_company(tmp_path)


def test_a_folder_with_anything_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        write_company(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
