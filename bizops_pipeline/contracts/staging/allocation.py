"""What sources know of which services a record concerns, where it concerns several or names none itself."""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import SERVICE, entity
from bizops_pipeline.contracts.table import Column, Rule, Table, Type, day, text

ITEM_TYPES = ("work_item", "change", "incident", "gl_cost", "cloud_cost")
METHODS = ("explicit", "path", "label", "job", "tag")

ENTITY_MAP = entity(
    "entity_map",
    "one row per item, service and first day",
    "How much of an item belongs to which service. The rows of one item with one first day belong together and "
    "replace those before; what their weights leave open is unallocated.",
    text("entity_map_id", "Key of the mapping.", required=True),
    text("item_type", "Entity of the item.", required=True, allowed=ITEM_TYPES),
    text("item_id", "Key of the item in that entity.", required=True),
    SERVICE,
    Column("weight", Type.WEIGHT, "Share of the item, above 0 and up to 1.", required=True, minimum=0, maximum=1),
    text("method", "How the source found it; explicit when it does not say.", allowed=METHODS),
    Column("confidence", Type.WEIGHT, "How sure the source is, 0 to 1.", minimum=0, maximum=1),
    day("valid_from", "First day on which it holds; NULL from ever on."),
    rules=(Rule("weight_above_zero", "weight > 0", "A share of nothing is no share."),),
)

ITEM_MARK = entity(
    "item_mark",
    "one row per item and mark",
    "Paths, labels, jobs and tags that items carry; the `match` of a service in the catalogue reads them.",
    text("item_mark_id", "Key of the mark.", required=True),
    text("item_type", "Entity of the item.", required=True, allowed=ITEM_TYPES),
    text("item_id", "Key of the item in that entity.", required=True),
    text("kind", "What the mark is.", required=True, allowed=("path", "label", "job", "tag")),
    text("value", "The path, label, job or tag.", required=True),
)

ENTITIES: tuple[Table, ...] = (
    ENTITY_MAP,
    ITEM_MARK,
)
