"""Work on tables that do not wait for one another, side by side: a thread for each core, a connection for each thread.

Most statements of a refresh are on tables so small that the engine has work for one core only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from queue import SimpleQueue
from time import monotonic
from typing import Generic, TypeVar

from bizops_pipeline.warehouse.engine import Engine

MOST = 4
"""Threads at most: each may hold the rows of a table that it works on."""

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Task(Generic[R]):
    """Work on one table, in transactions of its own; it begins when that on the tables named in `after` is done.

    Tables on which there is no task before this one are not waited for. The work logs nothing: Dagster keeps what is
    logged over one connection, which belongs to the main thread.
    """

    table: str
    work: Callable[[Engine], R]
    after: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """What came of a task, and how many seconds it took."""

    table: str
    result: R
    seconds: float


def side_by_side(
    engine: Engine,
    tasks: Iterable[Task[R]],
    *,
    tell: Callable[[Done[R]], None] = lambda done: None,
    threads: int | None = None,
) -> Iterator[Done[R]]:
    """Work tasks off and return what came of each, in their order; call outside of a transaction.

    All work is over when this returns; `tell` hears of each task before, in their order too. The tasks are taken one by
    one while others are under way already, so an iterator may do work of its own between them. When a task fails, or
    the iterator, all that come before are done and none behind it begins; what is returned then raises its error after
    them. An interrupt is raised at once, and ends what is under way where it is.
    """
    done: list[Done[R]] = []
    error: Exception | None = None
    crew = _Crew[R](engine, threads or min(MOST, os.cpu_count() or 1))
    try:
        for result in crew.work_off(tasks):
            done.append(result)
            tell(result)
    except Exception as raised:
        error = raised
    except BaseException:
        crew.give_up()
        raise
    finally:
        crew.end()
    return _returned(done, error)


def _returned(done: Iterable[Done[R]], error: Exception | None) -> Iterator[Done[R]]:
    yield from done
    if error:
        raise error


class _Crew(Generic[R]):
    """Threads with a connection for each, and the tasks that they have begun or that wait for others."""

    def __init__(self, engine: Engine, threads: int) -> None:
        self._engine, self._most = engine, threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="table")
        self._connections: list[Engine] = []
        self._free: SimpleQueue[Engine] = SimpleQueue()
        self._tasks: list[Task[R]] = []
        self._begun: dict[str, Future[Done[R]]] = {}
        self._failed: list[int] = []
        """Places of the tasks that failed."""

    def work_off(self, tasks: Iterable[Task[R]]) -> Iterator[Done[R]]:
        """Yield what comes of tasks, in their order, and then raise the first error in that order."""
        error, yielded = None, 0
        remaining = iter(tasks)
        while not self._failed:
            try:
                task = next(remaining, None)
            except Exception as raised:
                error = raised
                break
            if task is None:
                break
            self._add(task)
            while yielded < len(self._tasks) and self._is_over(self._tasks[yielded].table):
                yield self._begun[self._tasks[yielded].table].result()
                yielded += 1
        for task in self._tasks[yielded:]:
            while not self._is_over(task.table):
                wait([one for one in self._begun.values() if not one.done()], return_when=FIRST_COMPLETED)
                self._begin()
            yield self._begun[task.table].result()
        if error:
            raise error

    def give_up(self) -> None:
        """End what is under way where it is."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for connection in self._connections:
            connection.give_up()

    def end(self) -> None:
        """Wait for what is under way, and give threads and connections back."""
        self._threads.shutdown(cancel_futures=True)
        for connection in self._connections:
            connection.close()

    def _add(self, task: Task[R]) -> None:
        self._tasks.append(task)
        if len(self._connections) < self._most:
            self._connections.append(self._engine.sibling())
            self._free.put(self._connections[-1])
        self._begin()

    def _begin(self) -> None:
        """Hand the threads all tasks that wait for no other one, in their order."""
        known = {task.table for task in self._tasks}
        for place, task in enumerate(self._tasks):
            if task.table not in self._begun and all(self._is_over(table) for table in known.intersection(task.after)):
                self._begun[task.table] = self._threads.submit(self._do, place, task)

    def _is_over(self, table: str) -> bool:
        return table in self._begun and self._begun[table].done()

    def _do(self, place: int, task: Task[R]) -> Done[R]:
        if any(failed < place for failed in self._failed):
            raise CancelledError
        connection, started = self._free.get(), monotonic()
        try:
            return Done(task.table, task.work(connection), monotonic() - started)
        except BaseException:
            self._failed.append(place)
            raise
        finally:
            self._free.put(connection)
