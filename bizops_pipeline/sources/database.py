"""Connecting to a source database: its address from the environment, restoring a dump, and failures in words."""

from __future__ import annotations

import gzip
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from bizops_pipeline.catalogue.models import SqlConnector
from bizops_pipeline.catalogue.secrets import redact, resolve
from bizops_pipeline.errors import SourceError
from bizops_pipeline.sources.connector import Request

_TRANSIENT = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError, TimeoutError, ConnectionError)
_PERMANENT = (
    "no such table",
    "no such column",
    "unknown column",
    "unknown database",
    "syntax error",
    "does not exist",
    "authentication",
    "password",
    "denied",
    "pg_hba.conf",
)
_TRANSIENT_IN_MYSQL = frozenset(
    {
        *(1020, 1205, 1213, 1412),  # changed or locked by others
        *(1040, 1203, 1226),  # too many connections or queries
        *(1047, 1053, 1152, 1158, 1159, 1160, 1161),  # not ready, shutting down, cut off
        *(1317, 1927, 1969, 3024),  # killed or out of time
    }
)
"""Numbers of the server's errors that a second attempt may not meet; drivers call nearly all errors operational."""

_SNAPSHOT: dict[str, dict[str, Any]] = {
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    "mysql": {"isolation_level": "REPEATABLE READ"},
    "mariadb": {"isolation_level": "REPEATABLE READ"},
}
"""How to ask a dialect for a transaction all of whose statements see one state, and in which nothing is written."""

_IN_MYSQL = ("set session transaction read only", "set time_zone = '+00:00'")
_SESSION: dict[str, tuple[str, ...]] = {"mysql": _IN_MYSQL, "mariadb": _IN_MYSQL}
"""What to say to a dialect before the first rows are read.

In UTC no hour comes twice in a year, by which a TIMESTAMP of MySQL, or a cursor over it, would be ambiguous.
"""


@contextmanager
def connect(request: Request, connector: SqlConnector) -> Iterator[sa.Connection]:
    """Open the source database, where that is known for reading only and all of it in one state."""
    try:
        url = sa.make_url(resolve(connector.url, request.environment))
    except SourceError as error:
        raise request.error(f"the database's address is not known: {error}") from None
    except sa.exc.ArgumentError:
        raise request.error(
            f"{connector.url} is not a database address; one looks like "
            "postgresql+psycopg://user:${PASSWORD}@host/name"
        ) from None
    try:
        engine = (
            _sqlite(request, connector, url)
            if url.get_backend_name() == "sqlite"
            else sa.create_engine(url, poolclass=NullPool)
        )
    except (ImportError, sa.exc.NoSuchModuleError):
        raise request.error(f"no driver for {url.drivername} is installed; add it to the environment") from None
    try:
        with engine.connect() as connection:
            connection = connection.execution_options(**_SNAPSHOT.get(connection.dialect.name, {}))
            for statement in _SESSION.get(connection.dialect.name, ()):
                connection.exec_driver_sql(statement)
            yield connection
    finally:
        engine.dispose()


def describe_failure(request: Request, connector: SqlConnector, error: Exception) -> SourceError:
    """Return the error to raise for what a driver raised, without any secret in it."""
    text = str(getattr(error, "orig", None) or error).strip().splitlines()
    message = text[0] if text else type(error).__name__
    try:
        url = sa.make_url(resolve(connector.url, request.environment))
    except (SourceError, sa.exc.ArgumentError):
        url = None
    message = redact(message, connector.url, request.environment)
    if url is not None and url.password:
        message = message.replace(str(url.password), "***")
    address = (
        url.render_as_string(hide_password=True) if url is not None and "$" not in connector.url else connector.url
    )
    if _is_transient(error, message, url):
        return request.transient(
            f"the database {address} did not answer: {message}. Run again, or check that it is up."
        )
    return request.error(f"the database {address} refused: {message}. Check table, query and access rights.")


def _is_transient(error: Exception, message: str, url: sa.URL | None) -> bool:
    if url is not None and url.get_backend_name() in ("mysql", "mariadb"):
        number = next(iter(getattr(error, "orig", error).args), None)
        # Below 1000 are the machine's errors, from 2000 to 2999 the driver's own.
        if isinstance(number, int) and (1000 <= number < 2000 or number >= 3000):
            return number in _TRANSIENT_IN_MYSQL
    return isinstance(error, _TRANSIENT) and not any(word in message.lower() for word in _PERMANENT)


def _sqlite(request: Request, connector: SqlConnector, url: sa.URL) -> sa.Engine:
    declared = Path(url.database or "")
    path = declared if declared.is_absolute() else request.company_root / declared
    if not declared.is_absolute() and not path.resolve().is_relative_to(request.company_root.resolve()):
        raise request.error("the database must lie below the company's folder, without `..` or a link out of it")
    if not path.is_file():
        if not connector.restore_from:
            raise request.error(
                f"the database {connector.url} is not there; correct `url`, or name a dump in `restore_from`"
            )
        path = restore(request, connector.restore_from)
    address = f"{path.resolve().as_uri()}?mode=ro"
    return sa.create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(address, uri=True, check_same_thread=False), poolclass=NullPool
    )


def restore(request: Request, declared: str) -> Path:
    """Return a SQLite database made from a dump; it is made again when the dump's content changes."""
    root = request.company_root.resolve()
    dump = (request.company_root / declared).resolve()
    if not dump.is_relative_to(root):
        raise request.error(f"restore_from {declared} must lie below the company's folder")
    if not dump.is_file():
        raise request.error(f"the dump {declared} is not there")
    with dump.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    folder = request.landing.restored
    target = folder / f"{request.table.source}-{digest[:16]}.sqlite"
    if target.is_file():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    temporary = target.with_suffix(".tmp")
    temporary.unlink(missing_ok=True)
    try:
        script = gzip.decompress(dump.read_bytes()) if dump.suffix == ".gz" else dump.read_bytes()
        _run_script(temporary, script.decode("utf-8"))
    except (sqlite3.Error, OSError, EOFError, UnicodeDecodeError) as error:
        raise request.error(f"the dump {declared} cannot be restored into SQLite: {error}") from None
    temporary.rename(target)
    for old in folder.glob(f"{request.table.source}-*.sqlite"):
        if old != target:
            old.unlink()
    return target


def _run_script(path: Path, script: str) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.execute("pragma synchronous = off")
        connection.execute("pragma journal_mode = off")
        connection.set_authorizer(_no_attach)
        connection.executescript(script)
        connection.commit()
    finally:
        connection.close()


def _no_attach(action: int, *arguments: str | None) -> int:
    """Refuse statements that reach other files: a dump makes tables and rows, nothing else."""
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK
