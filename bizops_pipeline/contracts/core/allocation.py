"""Which services an item belongs to, by weight, where it is not simply the one service that it names."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import VALID_TO, dimension, tracked_dimension
from bizops_pipeline.contracts.table import Column, Table, Type, day, flag, text

DIM_SERVICE_MARK = dimension(
    "dim_service_mark",
    "one row per service, kind and pattern",
    "By which paths, labels, jobs and tags the catalogue knows the items of a service.",
    ("service_id", "kind", "pattern", "is_beginning"),
    text("service_id", "Service.", required=True),
    text("kind", "path, label, job or tag.", required=True),
    text("pattern", "The whole mark, or its beginning.", required=True),
    flag("is_beginning", "Whether the pattern is the beginning of a mark.", required=True),
)

BRIDGE_ITEM_SERVICE = tracked_dimension(
    "bridge_item_service",
    "one row per item, service and first day",
    "How much of an item belongs to which service; the weights of an item at one day sum to 1. A mapping that a "
    "source gives goes before the marks of the catalogue, which share an item equally among the services they find. "
    "An item that is not here belongs to the service it names.",
    ("item_type", "item_id", "service_id", "valid_from"),
    text("item_type", "Entity of the item.", required=True),
    text("item_id", "Item.", required=True),
    text("service_id", "Service; `unallocated` for what is mapped to none.", required=True),
    Column("weight", Type.WEIGHT, "Share of the item, above 0 and up to 1.", required=True),
    text(
        "method",
        "explicit, path, label, job or tag; `rest` for what the weights leave open, `invalid` when they "
        "sum to more than 1: then all of the item is unallocated.",
        required=True,
    ),
    Column("confidence", Type.WEIGHT, "How sure the mapping is; NULL when nobody says."),
    day("valid_from", "First day on which the share holds.", required=True),
    VALID_TO,
)

BRIDGE_ITEM_MEMBER = tracked_dimension(
    "bridge_item_member",
    "one row per item, kind of member, member and first day",
    "How much of an item of several services belongs to each service, team and value stream, by the services' teams "
    "and value streams; the weights of an item within a kind at one day sum to 1.",
    ("scope_type", "item_type", "item_id", "scope_id", "valid_from"),
    text("scope_type", "service, team or value_stream.", required=True),
    text("item_type", "Entity of the item.", required=True),
    text("item_id", "Item.", required=True),
    text("scope_id", "Member; `unallocated` for what reaches none.", required=True),
    Column("weight", Type.WEIGHT, "Share of the item, 0 to 1.", required=True),
    day("valid_from", "First day on which the share holds.", required=True),
    VALID_TO,
)

DIMENSIONS: tuple[Table, ...] = (
    DIM_SERVICE_MARK,
    BRIDGE_ITEM_SERVICE,
    BRIDGE_ITEM_MEMBER,
)
FACTS: tuple[Table, ...] = ()
