"""How much of each fact reaches no value stream: the rows, and the money where the fact has any."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bizops_pipeline.contracts.core import FACTS
from bizops_pipeline.contracts.core.organisation import BRIDGE_SERVICE_VALUE_STREAM
from bizops_pipeline.contracts.table import Table, Type
from bizops_pipeline.model.render import main_date
from bizops_pipeline.naming import UNALLOCATED, literal, quoted
from bizops_pipeline.warehouse.engine import Engine


@dataclass(frozen=True, slots=True)
class Allocation:
    """Rows and money of a fact, and what of them stays unallocated; money counts without its sign."""

    table: str
    rows: int
    unallocated_rows: Decimal
    money: Decimal | None
    unallocated_money: Decimal | None

    @property
    def row_share(self) -> Decimal | None:
        """Share of the rows that reach no value stream; None without rows."""
        return self.unallocated_rows / self.rows if self.rows else None

    @property
    def money_share(self) -> Decimal | None:
        """Share of the money that reaches no value stream; None without money."""
        return (self.unallocated_money or Decimal(0)) / self.money if self.money else None


def allocation_query(table: Table) -> str:
    """Return a query for one row: rows, unallocated rows, money and unallocated money of a fact.

    A row is as much unallocated as its service's share of the unallocated value stream on the row's day; a row
    without a day counts by the share that holds today and for ever, a service the bridge lacks counts whole.
    """
    day = main_date(table)
    money = money_column(table)
    amount = f"cast(abs(fact.{quoted(money)}) as decimal(28, 4))" if money else "cast(null as decimal(28, 4))"
    at = f"coalesce(fact.{quoted(day)}, date '9999-12-30')" if day else "date '9999-12-30'"
    return (
        "with weighted as ("
        f"select {amount} as amount, "
        "case when known.service_id is null then cast(1 as decimal(9, 6)) "
        "else coalesce(share.weight, cast(0 as decimal(9, 6))) end as weight "
        f"from {table.qualified} as fact "
        f"left join (select distinct service_id from {BRIDGE_SERVICE_VALUE_STREAM.qualified}) as known "
        "on known.service_id = fact.service_id "
        f"left join {BRIDGE_SERVICE_VALUE_STREAM.qualified} as share "
        f"on share.service_id = fact.service_id and share.value_stream_id = {literal(UNALLOCATED)} "
        f"and share.valid_from <= {at} and share.valid_to > {at}) "
        "select count(*) as rows, cast(coalesce(sum(weight), 0) as decimal(38, 6)) as unallocated_rows, "
        "cast(sum(amount) as decimal(38, 4)) as money, "
        "cast(sum(amount * weight) as decimal(38, 10)) as unallocated_money "
        "from weighted"
    )


def money_column(table: Table) -> str | None:
    """Return the fact's main amount in reporting currency, None when it has no money."""
    names = [column.name for column in table.columns if column.type == Type.MONEY]
    return next((name for name in names if name.endswith("_reporting")), None)


def allocation(engine: Engine) -> list[Allocation]:
    """Return, for every fact that is there, how much of it reaches no value stream."""
    return [
        Allocation(table.id, *engine.rows(allocation_query(table))[0])
        for table in FACTS
        if engine.exists(table.schema, table.name)
    ]
