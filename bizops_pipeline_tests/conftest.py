"""What tests share: no network beyond this machine, one thread a query, the shared material, a published company."""

from __future__ import annotations

import atexit
import ipaddress
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

if TYPE_CHECKING:
    from bizops_pipeline_tests.e2e.support import Shop

REPOSITORY = Path(__file__).resolve().parents[1]

# Read by the libraries when they are imported, which is after this file.
os.environ["DAGSTER_DISABLE_TELEMETRY"] = "true"
os.environ["GX_ANALYTICS_ENABLED"] = "false"


@atexit.register
def release_duckdb() -> None:
    """Empty DuckDB's modules when the tests end.

    Hypothesis and Great Expectations keep types of it where the interpreter does not look for garbage; it would print
    a page of warnings about that for every process, above the summary.
    """
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("duckdb", "_duckdb", "duckdb_engine"):
            vars(module).clear()


class NetworkForbidden(RuntimeError):
    """A test tried to reach another machine."""


def _is_local(family: int, address: Any) -> bool:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return True  # a Unix socket ends on this machine
    host = str(address[0]).split("%")[0]
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _guarded(method: Callable[..., Any], *, address_last: bool = False) -> Callable[..., Any]:
    def guard(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1] if address_last else arguments[0]
        if not _is_local(self.family, address):
            raise NetworkForbidden(
                f"a test tried to reach {address!r}. Tests run without a network: serve what is needed on "
                "127.0.0.1, or put a stand-in where the connection is made."
            )
        return method(self, *arguments)

    return guard


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Refuse every connection of this process to another machine, for session fixtures too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _guarded(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", _guarded(socket.socket.connect_ex))
        patch.setattr(socket.socket, "sendto", _guarded(socket.socket.sendto, address_last=True))
        yield


connect_with_all_threads = duckdb.connect


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Let queries of this process run in one thread unless a test asks for more: a third less work on few rows.

    That threads make no difference is for the tests that say so, and commands in processes of their own run as users
    have them.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb, "connect", connect_with_one_thread)
        yield


def connect_with_one_thread(
    *arguments: Any, config: dict[str, Any] | None = None, **settings: Any
) -> duckdb.DuckDBPyConnection:
    """Do what `duckdb.connect` does, in one thread unless its configuration says more."""
    return connect_with_all_threads(*arguments, config={"threads": 1, **(config or {})}, **settings)


def shared_folder(folder: str) -> Path:
    """Return a folder of the shared material, which is no part of the repository, or skip the test."""
    root = Path(os.environ.get("BIZOPS_SHARED") or REPOSITORY.parent / "shared")
    path = root / folder
    if not path.is_dir():
        pytest.skip(f"needs the shared material: no folder {path}; name its parent in BIZOPS_SHARED")
    return path


@pytest.fixture(scope="session")
def shared_datasets() -> Path:
    """Return the folder of public datasets, or skip."""
    return shared_folder("datasets")


@pytest.fixture(scope="session")
def shared_goldens() -> Path:
    """Return the folder of input and expected results computed by other means, or skip."""
    return shared_folder("goldens")


@pytest.fixture(scope="session")
def published_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Return the company that `bizops init` writes, refreshed once: to be read, or copied by who changes it."""
    from bizops_pipeline_tests.e2e.support import SHOP_AS_OF, make_shop, refresh

    company = make_shop(tmp_path_factory.mktemp("shop") / "company")
    refresh(company, SHOP_AS_OF)
    return company
