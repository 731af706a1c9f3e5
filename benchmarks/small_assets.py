"""Small functions run in one of several ways; prints the seconds and CPU seconds that took, without imports.

python -m benchmarks.small_assets loop|together|forgotten|checked|apart COUNT FOLDER
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb

from bizops_pipeline.defs.execute import open_instance
from bizops_pipeline.settings import StatePaths


def write_table(connection: duckdb.DuckDBPyConnection, number: int) -> int:
    """Does what a small asset does: writes a table of a few thousand rows and counts them."""
    connection.execute(f"create table t{number} as select range as id, random() as value from range(5000)")
    return int(connection.execute(f"select count(*) from t{number}").fetchall()[0][0])


def in_a_loop(connection: duckdb.DuckDBPyConnection, count: int, folder: Path) -> None:
    for number in range(count):
        write_table(connection, number)


def together(
    connection: duckdb.DuckDBPyConnection, count: int, folder: Path, *, checked: bool = False, kept: bool = True
) -> None:
    names = [f"t{number}" for number in range(count)]

    @dg.multi_asset(
        name="tables",
        specs=[dg.AssetSpec(name) for name in names],
        check_specs=[dg.AssetCheckSpec("has_rows", asset=name) for name in names] if checked else [],
    )
    def tables() -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        for number, name in enumerate(names):
            rows = write_table(connection, number)
            yield dg.MaterializeResult(asset_key=name, metadata={"dagster/row_count": rows})
            if checked:
                yield dg.AssetCheckResult(passed=rows > 0, asset_key=name, check_name="has_rows")

    _materialize([tables], folder, kept)


def apart(connection: duckdb.DuckDBPyConnection, count: int, folder: Path) -> None:
    def one(number: int) -> dg.AssetsDefinition:
        @dg.asset(name=f"t{number}")
        def table() -> dg.MaterializeResult[None]:
            return dg.MaterializeResult(metadata={"dagster/row_count": write_table(connection, number)})

        return table

    _materialize([one(number) for number in range(count)], folder)


def _materialize(assets: list[dg.AssetsDefinition], folder: Path, kept: bool = True) -> None:
    definitions = dg.Definitions(
        assets=assets, jobs=[dg.define_asset_job("everything", executor_def=dg.in_process_executor)]
    )
    with open_instance(StatePaths(folder)) if kept else dg.DagsterInstance.ephemeral() as instance:
        done = definitions.resolve_job_def("everything").execute_in_process(
            instance=instance, run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        )
    if not done.success:
        raise SystemExit("the run failed")


def main(way: str, count: int, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ways = {
        "loop": in_a_loop,
        "together": together,
        "forgotten": lambda *given: together(*given, kept=False),
        "checked": lambda *given: together(*given, checked=True),
        "apart": apart,
    }
    with duckdb.connect(str(folder / "tables.duckdb")) as connection:
        started, worked = time.perf_counter(), time.process_time()
        ways[way](connection, count, folder)
        print(f"{time.perf_counter() - started:.3f} {time.process_time() - worked:.3f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
