"""The entities that sources are mapped to: one staging table each, typed, conformed, one row per entity key.

A catalogue maps source columns to these columns; a row that breaks a rule goes to quarantine with its reason.
One module per domain declares its entities.
"""

from __future__ import annotations

from bizops_pipeline.contracts.staging import (
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
    commerce,
    delivery,
    operation,
    service_desk,
    risk,
    work,
    people,
    finance,
    supply,
    market,
    ai,
    capability,
    steering,
    allocation,
)

ENTITIES: dict[str, Table] = {table.name: table for domain in DOMAINS for table in domain.ENTITIES}
"""All entities by name, as catalogues refer to them."""
