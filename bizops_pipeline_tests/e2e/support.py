"""Small companies, their refreshes, and what readers then find.

What belongs here: making companies, refreshing them in this process or in another one, reading publications so that
two can be compared. What does not: what a publication should hold; every test says that for itself.
"""

from __future__ import annotations

import inspect
import os
import pkgutil
import re
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import count
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess as Process
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, Self
from unittest import mock
from uuid import uuid4

import duckdb
import pytest
import yaml

from bizops_pipeline.catalogue.documents import parse_document
from bizops_pipeline.catalogue.init import write_company
from bizops_pipeline.catalogue.loader import load_company
from bizops_pipeline.contracts.marts import history, okr
from bizops_pipeline.settings import StatePaths, state_paths
from bizops_pipeline_tests.conftest import REPOSITORY, connect_with_one_thread

RETAILER = REPOSITORY / "data" / "retailer"
CATALOGUE = ("bizops.yaml", "sources", "catalogue")
MEMORIES = frozenset(table.name for table in (*okr.MEMORIES, *history.MARTS))
VOLATILE = frozenset({"run_id", "build_id", "last_loaded_at", "published_at", "code_version"})
"""Columns that say when and by which refresh, and that no two refreshes share."""

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class SmallCompany:
    """A company in a folder of its own, with its state below it."""

    folder: Path

    @property
    def paths(self) -> StatePaths:
        return state_paths(self.folder, None, {})

    @property
    def published(self) -> Path:
        return self.paths.published / "current"

    @property
    def database(self) -> Path:
        return self.published / "bizops.duckdb"

    def file(self, path: str) -> Path:
        return self.folder / path

    def copy(self, folder: Path) -> Self:
        """Copy records, catalogue and state to another folder."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return replace(self, folder=folder)

    def without_state(self, folder: Path) -> Self:
        """Copy records and catalogue to another folder, and nothing of what was made of them."""
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns(".bizops"))
        return replace(self, folder=folder)


@dataclass(frozen=True)
class Shop(SmallCompany):
    """The company that `bizops init` writes: one source of a few orders, four KPIs, two key results."""

    def add_orders(self, orders: Sequence[str], name: str = "orders-more.csv") -> Shop:
        """Put one more file at the source, a line an order: number;ordered;customer;channel;status;amount;changed."""
        header = "order_number;ordered;customer;channel;status;amount;changed"
        self.file(f"data/{name}").write_text("\n".join([header, *orders]) + "\n", encoding="utf-8")
        return self

    def change_source(self, **settings: Any) -> Shop:
        edit(self.file("sources/orders.yaml"), lambda source: source.update(settings))
        return self


SHOP_AS_OF = date(2026, 3, 31)
_NEW_COMPANY = TemporaryDirectory(prefix="bizops-company-")


def make_shop(folder: Path) -> Shop:
    """Make the company that `bizops init` writes."""
    shutil.copytree(_new_company(), folder, dirs_exist_ok=True)
    return Shop(folder)


@cache
def _new_company() -> Path:
    folder = Path(_NEW_COMPANY.name) / "company"
    write_company(folder)
    return folder


def read_yaml(file: Path) -> Any:
    """Read a YAML file as the catalogue reads it, to which `on` is a word."""
    document = parse_document(file.name, file.read_text(encoding="utf-8"), problems := [])
    assert document is not None, problems
    return document.value


def edit(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a YAML file in place."""
    document = read_yaml(file)
    change(document)
    file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")


def refresh(
    company: SmallCompany,
    as_of: date,
    *,
    full: bool = False,
    job: str = "refresh",
    must: bool = True,
    history: bool = False,
    lock_wait_seconds: float | None = None,
) -> Any:
    """Refresh in this process; fail the test with the reasons when it `must` succeed and does not.

    Without `history` the runs and events of Dagster stay in memory, which takes half of the time.
    """
    from dagster import JobDefinition

    from bizops_pipeline.defs import execute

    run_job = JobDefinition.execute_in_process

    def run(job_definition: JobDefinition, **settings: Any) -> Any:
        if lock_wait_seconds is not None:
            settings["run_config"]["resources"]["warehouse"]["config"]["lock_wait_seconds"] = lock_wait_seconds
        return run_job(job_definition, **settings)

    found = load_company(company.folder, os.environ)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JobDefinition, "execute_in_process", run)
        if not history:
            keep_history_in_memory(patch)
        outcome = execute.execute(found, company.paths, job=job, as_of=as_of.isoformat(), full=full)
    if must:
        assert outcome.succeeded, outcome.failures
    return outcome


def keep_history_in_memory(patch: pytest.MonkeyPatch) -> None:
    """Let refreshes of this process leave no runs and events of Dagster on the disk."""
    from dagster import DagsterInstance

    from bizops_pipeline.defs import execute

    def in_memory(paths: StatePaths) -> DagsterInstance:
        paths.create()
        return DagsterInstance.ephemeral()

    patch.setattr(execute, "open_instance", in_memory)


def refresh_as_declared(company: SmallCompany) -> None:
    """Refresh for the as-of date that the company's own settings name."""
    refresh(company, date.fromisoformat(str(read_yaml(company.file("bizops.yaml"))["as_of"])))


def refresh_by_hand(company: SmallCompany, as_of: date, *, full: bool = False) -> None:
    """Run the bodies of all assets in their order, without a Dagster run around them: half of the time.

    Refusals raise, where a run would report them.
    """
    from dagster import build_init_resource_context

    from bizops_pipeline.defs import resources
    from bizops_pipeline.defs.assemble import definitions_for

    found, paths = load_company(company.folder, os.environ), company.paths
    definitions = definitions_for(found, paths)
    context = build_init_resource_context(
        config={"as_of": as_of.isoformat(), "full": full, "reload": [], "lock_wait_seconds": 0}
    )
    with (
        mock.patch.object(type(context), "run", SimpleNamespace(run_id=uuid4().hex, job_name="by hand")),
        contextmanager(resources.warehouse_for(found, paths).resource_fn)(context) as warehouse,
    ):
        for asset in definitions.assets or ():
            body = asset.op.compute_fn.decorated_fn
            whole = SimpleNamespace(
                selected_asset_keys=asset.keys, selected_asset_check_keys={spec.key for spec in asset.check_specs}
            )
            given = {"context": whole, "warehouse": warehouse}
            done = body(**{name: given[name] for name in inspect.signature(body).parameters})
            deque(done if isinstance(done, Iterator) else (), maxlen=0)


def start(function: Callable[..., object], *arguments: object) -> Process:
    """Start a function in a process of its own, forked from one that has the heavy libraries loaded already.

    As in this process, its queries run in one thread.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__, "bizops_pipeline.defs.execute", "great_expectations"])
    process = context.Process(target=_in_one_thread, args=(function, *arguments), daemon=True)
    process.start()
    return process


def _in_one_thread(function: Callable[..., object], *arguments: object) -> None:
    with mock.patch("duckdb.connect", connect_with_one_thread):
        function(*arguments)


def refresh_until(company: SmallCompany, as_of: date, where: str, said: Path) -> None:
    """Refresh and be killed on the way, at a failpoint, or after `module.function` or the n-th call of it (`#n`).

    For a process of its own; what it says goes to a file.
    """
    if "." in where:
        _kill_after(*where.split("#"))
    else:
        os.environ["BIZOPS_FAILPOINT"] = where
    refresh_in_process(company, as_of, said)


def refresh_in_process(company: SmallCompany, as_of: date, said: Path) -> None:
    """Refresh as the command line does, and exit with its code; for a process of its own."""
    with said.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        outcome = refresh(company, as_of, must=False, history=True)
        print(outcome, flush=True)
    sys.exit(outcome.exit_code)


def _kill_after(name: str, call: str = "1") -> None:
    module, _, attribute = name.rpartition(".")
    owner = pkgutil.resolve_name(module)
    function = getattr(owner, attribute)
    calls = count(1)

    def deadly(*arguments: Any, **more: Any) -> Any:
        result = function(*arguments, **more)
        if next(calls) == int(call):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, attribute, deadly)


def bizops(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        command(*arguments),
        env=process_environment(environment),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "bizops_pipeline", *map(str, arguments)]


def process_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BIZOPS_")}
    return {**kept, "PYTHONPATH": str(REPOSITORY), **(more or {})}


def query(database: Path, sql: str, parameters: Sequence[object] = ()) -> Rows:
    """Query a published database as a reader would: open, read, close."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql, list(parameters)).fetchall()


def warehouse(company: SmallCompany, sql: str, parameters: Sequence[object] = ()) -> Rows:
    """Query the warehouse, which only a test may do, and only while no refresh is under way."""
    return query(company.paths.warehouse, sql, parameters)


def read_marts(published: Path) -> dict[str, Rows]:
    """Return the rows of every published table, sorted and without what says when and by which refresh.

    Not of tables that remember what earlier refreshes showed: they depend on when these ran.
    """
    with duckdb.connect(str(published / "bizops.duckdb"), read_only=True) as connection:
        names = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts' order by table_name"
        ).fetchall()
        return {name: _rows(connection, name) for (name,) in names if name not in MEMORIES}


def _rows(connection: duckdb.DuckDBPyConnection, name: str) -> Rows:
    columns = [row[0] for row in connection.execute(f'describe marts."{name}"').fetchall()]
    listed = ", ".join(f'"{column}"' for column in columns if column not in VOLATILE)
    return connection.execute(f'select {listed} from marts."{name}" order by all').fetchall()


def differences(left: Mapping[str, Rows], right: Mapping[str, Rows], limit: int = 5) -> list[str]:
    """Return in words where two publications differ; empty when they hold the same."""
    found = [f"only one has {name}" for name in sorted(left.keys() ^ right.keys())]
    for name in sorted(left.keys() & right.keys()):
        if left[name] == right[name]:
            continue
        ours, theirs = set(left[name]), set(right[name])
        found.append(f"{name}: {len(left[name])} rows and {len(right[name])}")
        found += [f"  only left:  {row}" for row in sorted(ours - theirs, key=repr)[:limit]]
        found += [f"  only right: {row}" for row in sorted(theirs - ours, key=repr)[:limit]]
    return found


def build_ids(company: SmallCompany) -> list[str]:
    """Return the publications that stand in the folder, oldest first."""
    folder = company.paths.published
    return sorted(each.name for each in folder.iterdir() if not each.is_symlink() and each.name != "current")


def failpoints() -> list[str]:
    """Return the names of all failpoints of the package, by its source."""
    found: set[str] = set()
    for file in (REPOSITORY / "bizops_pipeline").rglob("*.py"):
        found.update(re.findall(r'failpoint\("(\w+)"\)', file.read_text(encoding="utf-8")))
    return sorted(found)
