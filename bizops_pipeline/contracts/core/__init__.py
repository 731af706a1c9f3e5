"""The value-stream model: conformed dimensions, facts and bridges, a star schema that metrics read.

Every fact carries `service_id`; `bridge_service_value_stream` leads from there to value streams by weight.
One module per domain declares its tables.
"""

from __future__ import annotations

from bizops_pipeline.contracts.core import (
    ai,
    allocation,
    capability,
    commerce,
    delivery,
    finance,
    market,
    operation,
    organisation,
    people,
    risk,
    service_desk,
    steering,
    supply,
    work,
)
from bizops_pipeline.contracts.table import Table

DOMAINS = (
    organisation,
    allocation,
    steering,
    finance,
    commerce,
    operation,
    delivery,
    service_desk,
    risk,
    work,
    people,
    supply,
    market,
    ai,
    capability,
)

DIMENSIONS: tuple[Table, ...] = tuple(table for domain in DOMAINS for table in domain.DIMENSIONS)
FACTS: tuple[Table, ...] = tuple(table for domain in DOMAINS for table in domain.FACTS)
CORE_TABLES: dict[str, Table] = {table.name: table for table in (*DIMENSIONS, *FACTS)}
"""All tables of the model by name, as metrics refer to them."""
