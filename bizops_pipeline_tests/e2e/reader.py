"""A reader that looks at a company's published file in a loop while refreshes go on, and what it must not see."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess as Process
from pathlib import Path
from typing import Any

import duckdb

from bizops_pipeline_tests.e2e.support import SmallCompany, start


@dataclass
class Reader:
    """What a BI tool does: open the published file, ask, close, again and again."""

    process: Process
    stop: Path
    seen: Path

    def finish(self) -> list[dict[str, Any]]:
        """Stop reading and return what was seen, in order."""
        self.stop.touch()
        self.process.join(60)
        return [json.loads(line) for line in self.seen.read_text(encoding="utf-8").splitlines()]


def start_reader(company: SmallCompany, folder: Path) -> Reader:
    stop, seen = folder / "stop", folder / "seen.jsonl"
    return Reader(start(read_in_a_loop, company.database, stop, seen), stop, seen)


LOOK = """
select publication.build_id, publication.run_id, cast(publication.as_of as varchar) as as_of, kpis.*, okrs.*, quality.*
from marts.publication
cross join (
    select min(run_id) as kpi_first, max(run_id) as kpi_last, count(*) as kpi_rows,
        cast(min(data_as_of) as varchar) as kpi_as_of, cast(max(data_as_of) as varchar) as kpi_as_of_last
    from marts.kpi_value
    where grain = 'all'
) as kpis
cross join (select min(run_id) as okr_first, max(run_id) as okr_last from marts.okr_progress) as okrs
cross join (select min(run_id) as quality_first, max(run_id) as quality_last from marts.data_quality) as quality
"""


def read_in_a_loop(database: Path, stop: Path, seen: Path) -> None:
    """Look at a publication until a file says stop; a line of JSON for every look, an error included."""
    with seen.open("w", encoding="utf-8") as file:
        while not stop.exists():
            try:
                with duckdb.connect(str(database), read_only=True) as connection:
                    found = connection.execute(LOOK)
                    names = [column[0] for column in found.description]
                    look = dict(zip(names, found.fetchone() or (), strict=True))
            except Exception as error:
                look = {"error": repr(error)}
            file.write(json.dumps(look) + "\n")
            file.flush()
            time.sleep(0.6)  # two cores have a refresh to do as well


def half_refreshes(looks: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the looks that failed or saw tables of different refreshes.

    Every refresh of another day writes the values of all time anew; those of settled periods it leaves alone.
    """
    return [
        look
        for look in looks
        if "error" in look
        or {look[f"{table}_{end}"] for table in ("kpi", "okr", "quality") for end in ("first", "last")}
        - {look["run_id"], None}
        or {look["kpi_as_of"], look["kpi_as_of_last"]} - {look["as_of"]}
    ]
