"""Tasks on several tables run side by side, and what comes of them is what would come of one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from threading import Barrier, Event, current_thread, main_thread
from threading import enumerate as enumerate_threads

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.side_by_side import Done, Task, side_by_side

PATIENCE = 20
"""Seconds after which what should have happened has not."""


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    """An engine with an empty table that all tasks may write to."""
    engine = DuckDBEngine.open()
    engine.execute("create schema audit")
    engine.execute("create table audit.load (name varchar)")
    yield engine
    engine.close()


def write(name: str, engine: Engine) -> int:
    """Make a table, and a note of it in the table that all share."""
    with engine.transaction():
        engine.execute(f"create table audit.{name} as select range as number from range(100)")
        engine.execute("create or replace temp table passing as select 1 as one")
        engine.execute(f"delete from audit.load where name = '{name}'")
        engine.execute(f"insert into audit.load values ('{name}')")
    return int(engine.scalar(f"select count(*) from audit.{name}"))


def fail(message: str, engine: Engine) -> int:
    """Write half of it and raise."""
    with engine.transaction():
        engine.execute(f"create table audit.half_{message} (number integer)")
        raise ValueError(message)


def test_results_come_in_the_order_of_the_tasks(engine: DuckDBEngine) -> None:
    tables = [f"t{number}" for number in range(12)]
    done = list(side_by_side(engine, [Task(name, partial(write, name)) for name in tables], threads=3))
    assert [(one.table, one.result) for one in done] == [(name, 100) for name in tables]
    assert sorted(engine.rows("select name from audit.load")) == sorted((name,) for name in tables)


def test_two_tasks_are_under_way_at_once(engine: DuckDBEngine) -> None:
    both = Barrier(2)

    def meet(engine: Engine) -> bool:
        both.wait(PATIENCE)
        return current_thread() is not main_thread()

    assert [one.result for one in side_by_side(engine, [Task("a", meet), Task("b", meet)], threads=2)] == [True, True]


def test_a_task_sees_what_those_it_waits_for_made(engine: DuckDBEngine) -> None:
    assert engine.tables() == {"audit.load"}

    def read(engine: Engine) -> tuple[bool, list[tuple[str, str]]]:
        return engine.exists("audit", "a"), engine.describe("select * from audit.a")

    tasks = [Task("a", partial(write, "a")), Task("b", read, after=("a", "elsewhere"))]
    assert list(side_by_side(engine, tasks, threads=2))[1].result == (True, [("number", "BIGINT")])


def test_the_engine_knows_afterwards_what_was_made_changed_and_dropped(engine: DuckDBEngine) -> None:
    write("kept", engine)
    write("gone", engine)
    assert engine.describe("select * from audit.kept") == [("number", "BIGINT")]

    def change(engine: Engine) -> None:
        engine.execute("alter table audit.kept add column name varchar")
        engine.execute("drop table audit.gone")

    list(side_by_side(engine, [Task("a", partial(write, "a")), Task("b", change)], threads=2))
    assert engine.tables() == {"audit.load", "audit.kept", "audit.a"}
    assert engine.describe("select * from audit.kept") == [("number", "BIGINT"), ("name", "VARCHAR")]


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_failure_is_raised_after_what_comes_before_it(engine: DuckDBEngine, threads: int) -> None:
    tasks = [
        Task("a", partial(write, "a")),
        Task("b", partial(write, "b"), after=("a",)),
        Task("c", partial(fail, "first"), after=("a",)),
        Task("d", partial(fail, "second"), after=("b",)),
        Task("e", partial(write, "e"), after=("c",)),
    ]
    done = side_by_side(engine, tasks, threads=threads)
    assert [next(done).table, next(done).table] == ["a", "b"]
    with pytest.raises(ValueError, match="first"):
        next(done)
    assert engine.tables() >= {"audit.a", "audit.b"}
    assert not engine.tables() & {"audit.half_first", "audit.half_second", "audit.e"}


def test_a_failure_early_in_time_waits_for_the_tasks_before_it(engine: DuckDBEngine) -> None:
    failed = Event()

    def fail_at_once(engine: Engine) -> int:
        failed.set()
        raise ValueError("early")

    def write_late(engine: Engine) -> int:
        assert failed.wait(PATIENCE)
        return write("a", engine)

    tasks = [Task("a", write_late), Task("b", fail_at_once), Task("c", partial(write, "c"), after=("a",))]
    done = side_by_side(engine, tasks, threads=2)
    assert next(done).table == "a"
    with pytest.raises(ValueError, match="early"):
        next(done)
    assert not engine.exists("audit", "c")


def test_what_the_tasks_are_taken_from_may_fail(engine: DuckDBEngine) -> None:
    def tasks() -> Iterator[Task[int]]:
        yield Task("a", partial(write, "a"))
        raise ValueError("no further task")

    done = side_by_side(engine, tasks(), threads=2)
    assert next(done).table == "a"
    with pytest.raises(ValueError, match="no further task"):
        next(done)


def test_tasks_are_taken_while_others_are_under_way(engine: DuckDBEngine) -> None:
    second_was_taken = Event()

    def wait(engine: Engine) -> bool:
        return second_was_taken.wait(PATIENCE)

    def tasks() -> Iterator[Task[bool]]:
        yield Task("a", wait)
        second_was_taken.set()
        yield Task("b", wait)

    assert [one.result for one in side_by_side(engine, tasks(), threads=2)] == [True, True]


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_ends_what_is_under_way(engine: DuckDBEngine, interrupt: type[BaseException]) -> None:
    begun = Event()

    def count_for_ever(engine: Engine) -> None:
        begun.set()
        with engine.transaction():
            engine.execute("insert into audit.load values ('half')")
            engine.scalar("select count(*) from range(10000000) as a, range(10000000) as b where a.range % 7 = b.range")

    def tasks() -> Iterator[Task[None]]:
        yield Task("a", count_for_ever)
        assert begun.wait(PATIENCE)
        raise interrupt

    with pytest.raises(interrupt):
        side_by_side(engine, tasks(), threads=2)
    assert engine.scalar("select count(*) from audit.load") == 0


def test_each_result_is_told_while_others_are_under_way(engine: DuckDBEngine) -> None:
    told: list[str] = []
    first_was_told = Event()

    def tell(done: Done[bool]) -> None:
        told.append(done.table)
        first_was_told.set()

    def wait(engine: Engine) -> bool:
        return first_was_told.wait(PATIENCE)

    tasks = [Task("a", lambda engine: True), Task("b", wait), Task("c", wait)]
    done = side_by_side(engine, tasks, tell=tell, threads=2)
    assert told == ["a", "b", "c"]
    assert [one.result for one in done] == [True, True, True]


def test_no_thread_is_left_of_an_interrupt_while_it_is_told(engine: DuckDBEngine) -> None:
    def interrupt(done: Done[int]) -> None:
        raise KeyboardInterrupt

    def ask_for_ever(engine: Engine) -> int:
        while True:
            engine.execute("select 1")

    with pytest.raises(KeyboardInterrupt):
        side_by_side(engine, [Task("a", partial(write, "a")), Task("b", ask_for_ever)], tell=interrupt, threads=2)
    assert not [thread for thread in enumerate_threads() if thread.name.startswith("table")]


@given(
    waits=st.lists(st.frozensets(st.integers(0, 9)), min_size=1, max_size=10),
    failing=st.frozensets(st.integers(0, 9)),
    threads=st.integers(1, 4),
)
def test_whatever_waits_and_fails_the_outcome_is_that_of_one_after_the_other(
    waits: list[frozenset[int]], failing: frozenset[int], threads: int
) -> None:
    finished: set[int] = set()

    def run(number: int, engine: Engine) -> int:
        assert {other for other in waits[number] if other < number} <= finished
        if number in failing:
            raise ValueError(str(number))
        finished.add(number)
        return number

    tasks = [
        Task(str(number), partial(run, number), [str(other) for other in after if other < number])
        for number, after in enumerate(waits)
    ]
    came, raised = [], None
    engine = DuckDBEngine.open()
    try:
        came += [one.result for one in side_by_side(engine, tasks, threads=threads)]
    except ValueError as error:
        raised = int(str(error))
    finally:
        engine.close()
    first = min((number for number in failing if number < len(waits)), default=None)
    assert raised == first
    assert set(range(len(waits) if first is None else first)) <= finished
    assert first is not None or came == list(range(len(waits)))
