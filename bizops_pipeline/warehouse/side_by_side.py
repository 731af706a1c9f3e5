"""Work on tables that do not wait for one another, side by side: a thread for each core, a connection for each thread.

Most statements of a refresh are on tables so small that the engine has work for one core only.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from threading import Condition, Thread
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
    board = _Board[R](engine, threads or min(MOST, os.cpu_count() or 1))
    try:
        for result in _results(board, tasks):
            done.append(result)
            tell(result)
    except Exception as raised:
        error = raised
    except BaseException:
        board.give_up()
        raise
    finally:
        board.end()
    return _returned(done, error)


def _results(board: _Board[R], tasks: Iterable[Task[R]]) -> Iterator[Done[R]]:
    error = None
    remaining = iter(tasks)
    while error is None and not board.has_failed:
        try:
            task = next(remaining, None)
        except Exception as raised:
            error = raised
        else:
            if task is None:
                break
            board.add(task)
            yield from board.done_by_now()
    yield from board.rest()
    if error:
        raise error


def _returned(done: Iterable[Done[R]], error: Exception | None) -> Iterator[Done[R]]:
    yield from done
    if error:
        raise error


class _Board(Generic[R]):
    """The tasks that wait, what came of the others, and the threads that take and bring them."""

    def __init__(self, engine: Engine, threads: int) -> None:
        self._engine, self._most = engine, threads
        self._changed = Condition()
        self._waiting: list[Task[R]] = []
        self._outcomes: dict[str, Done[R] | BaseException] = {}
        self._not_yielded: deque[str] = deque()
        self._known: set[str] = set()
        self._under_way = 0
        self._is_complete = False
        self._threads: list[tuple[Thread, Engine]] = []

        self.has_failed = False

    def add(self, task: Task[R]) -> None:
        """Put a task up, behind all others."""
        with self._changed:
            self._known.add(task.table)
            self._not_yielded.append(task.table)
            if not self.has_failed:
                self._waiting.append(task)
            self._changed.notify_all()
            is_short_of_threads = len(self._waiting) + self._under_way > len(self._threads) < self._most
        if is_short_of_threads:
            engine = self._engine.sibling()
            thread = Thread(target=self._work, args=(engine,), name=f"table-{len(self._threads) + 1}")
            self._threads.append((thread, engine))
            thread.start()

    def done_by_now(self) -> Iterator[Done[R]]:
        """Yield what is done, up to the first task that is not; raise what that one raised."""
        while self._not_yielded and self._not_yielded[0] in self._outcomes:
            yield self._take()

    def rest(self) -> Iterator[Done[R]]:
        """Yield what comes of the tasks not yet yielded."""
        while self._not_yielded:
            yield self._take()

    def give_up(self) -> None:
        """End what is under way where it is."""
        with self._changed:
            self._waiting.clear()
        for _, engine in self._threads:
            engine.give_up()

    def end(self) -> None:
        """Wait for what is under way, and give the connections up."""
        with self._changed:
            self._is_complete = True
            self._changed.notify_all()
        for thread, engine in self._threads:
            thread.join()
            engine.close()

    def _take(self) -> Done[R]:
        with self._changed:
            while self._not_yielded[0] not in self._outcomes:
                self._changed.wait()
            outcome = self._outcomes[self._not_yielded.popleft()]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _work(self, engine: Engine) -> None:
        """Do one task after another until there are no more."""
        while task := self._next():
            started = monotonic()
            outcome: Done[R] | BaseException
            try:
                outcome = Done(task.table, task.work(engine), monotonic() - started)
            except BaseException as error:
                outcome = error
            with self._changed:
                self._under_way -= 1
                self._outcomes[task.table] = outcome
                if isinstance(outcome, BaseException):
                    self._drop_behind(task.table)
                self._changed.notify_all()

    def _drop_behind(self, failed: str) -> None:
        """Take down the tasks behind one that failed; those before it are still done."""
        self.has_failed = True
        place = self._not_yielded.index(failed)
        behind = set(list(self._not_yielded)[place + 1 :])
        self._waiting = [task for task in self._waiting if task.table not in behind]

    def _next(self) -> Task[R] | None:
        """Wait for a task that can begin and return it; None when none will come."""
        with self._changed:
            while True:
                for task in self._waiting:
                    if self._can_begin(task):
                        self._waiting.remove(task)
                        self._under_way += 1
                        return task
                if self._is_complete and not self._waiting:
                    return None
                self._changed.wait()

    def _can_begin(self, task: Task[R]) -> bool:
        return all(table in self._outcomes for table in task.after if table in self._known)
