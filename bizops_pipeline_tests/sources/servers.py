"""What tests on real servers share: the table that is read, how its rows landed, and what happens meanwhile."""

import pyarrow.parquet as pq
import pytest

from bizops_pipeline.sources import sql
from bizops_pipeline_tests.landing.support import merged, source_table

PASSWORD = "canary-s3cret"

both_ways = pytest.mark.parametrize("streamed", [True, False], ids=["stream", "pages"])
"""Rows of these servers are streamed; the pages are what databases get that are not at hand here."""


def sql_table(load=None, **connector):
    connector = {"kind": "sql", "url": "${ERP_URL}", "table": "orders"} | connector
    return source_table(connector=connector, load=load or merged("id"))


def query(text, load=None):
    return sql_table(load, table=None, query=text)


def landed_rows(world, table):
    [landed] = world.extract(table)
    rows = pq.read_table(landed.path).to_pylist()
    assert landed.records == len(rows)
    return rows


def while_reading(monkeypatch, interfere):
    """Do something at the server after the first rows have been read."""
    read = sql._Source.pages

    def pages(self, condition):
        for number, rows in enumerate(read(self, condition)):
            yield rows
            if number == 0:
                interfere()

    monkeypatch.setattr(sql._Source, "pages", pages)
