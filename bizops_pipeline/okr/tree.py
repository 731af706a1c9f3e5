"""What follows from the catalogue about objectives: who owns them, what is above them, which key results carry which.

Pure functions over the definitions, and the temporary tables in which queries read what they return.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bizops_pipeline.catalogue.models import Company, KeyResult, Objective
from bizops_pipeline.contracts.table import Table, flag, integer, number, text
from bizops_pipeline.naming import UNALLOCATED
from bizops_pipeline.okr.status import TEMPORARY

LAYER_OF_SIDE = {"business": "business_outcome", "it": "it_operational"}

OBJECTIVE_TRAIT = Table(
    TEMPORARY,
    "objective_trait",
    "one row per objective",
    ("objective_id",),
    (
        text("objective_id", "Objective.", required=True),
        text("value_stream_id", "Its value stream, or that of the nearest above it.", required=True),
        text("side", "business, it or both."),
        flag("is_co_owned", "Whether both sides own it.", required=True),
        number("transparency", "Share of what should be told of it that is.", required=True),
        text("not_transparent", "What is not told."),
    ),
    "What the catalogue says of objectives while steering marts are computed.",
)

OBJECTIVE_ABOVE = Table(
    TEMPORARY,
    "objective_above",
    "one row per objective and objective above it, itself included",
    ("objective_id", "above_id"),
    (
        text("objective_id", "Objective.", required=True),
        text("above_id", "Objective above it, or itself.", required=True),
        integer("distance", "Steps up; 0 for itself.", required=True),
    ),
    "The tree of objectives while steering marts are computed.",
)

KEY_RESULT_TRAIT = Table(
    TEMPORARY,
    "key_result_trait",
    "one row per key result",
    ("key_result_id",),
    (
        text("key_result_id", "Key result.", required=True),
        text("layer", "business_outcome or it_operational."),
    ),
    "What the catalogue says of key results while steering marts are computed.",
)

SUPPORT = Table(
    TEMPORARY,
    "key_result_above",
    "one row per key result and key result that it supports, directly or through others",
    ("key_result_id", "supported_id"),
    (
        text("key_result_id", "Key result.", required=True),
        text("supported_id", "Key result above it.", required=True),
        integer("distance", "Steps up.", required=True),
        text("path", "Key results on the way.", required=True),
    ),
    "The cascade of key results while steering marts are computed.",
)


@dataclass(frozen=True, slots=True)
class Tree:
    """A company's objectives with the ways through them."""

    company: Company

    @property
    def objectives(self) -> dict[str, Objective]:
        """Objectives by id."""
        return {each.id: each for each in self.company.objectives}

    @property
    def key_results(self) -> dict[str, tuple[Objective, KeyResult]]:
        """Key results by id, each with its objective."""
        return {each.id: (objective, each) for objective in self.company.objectives for each in objective.key_results}

    def above(self, id: str) -> list[Objective]:
        """Return an objective and those above it, from itself up."""
        known, found = self.objectives, []
        at: str | None = id
        while at is not None and at in known and known[at] not in found:
            found.append(known[at])
            at = known[at].parent
        return found

    def supported(self, id: str) -> list[str]:
        """Return the key results that a key result supports, from the nearest up."""
        known, found = self.key_results, [id]
        at = known[id][1].supports
        while at is not None and at in known and at not in found:
            found.append(at)
            at = known[at][1].supports
        return found[1:]

    def side(self, objective: Objective) -> str | None:
        """Return the side that owns an objective: by its owners, or of its team where it names none."""
        owners = objective.owners
        if owners.business and owners.it:
            return "both"
        if owners.business or owners.it:
            return "business" if owners.business else "it"
        sides = {team.id: team.side for team in self.company.organisation.teams}
        return sides.get(objective.team or "")

    def value_stream(self, objective: Objective) -> str:
        """Return an objective's value stream, or that of the nearest above it that has one."""
        return next((each.value_stream for each in self.above(objective.id) if each.value_stream), UNALLOCATED)

    def layer(self, key_result: KeyResult, objective: Objective) -> str | None:
        """Return whether a key result is one of the business or of IT: by its KPI, else by who owns it alone."""
        if key_result.kpi is not None:
            found = next((kpi.layer for kpi in self.company.kpis if kpi.id == key_result.kpi), None)
            if found:
                return found
        return LAYER_OF_SIDE.get(self.side(objective) or "")


def told(objective: Objective) -> dict[str, bool]:
    """Return what should be told of an objective, and whether it is."""
    return {
        "owner in business": bool(objective.owners.business),
        "owner in IT": bool(objective.owners.it),
        "value stream": objective.value_stream is not None,
        "value domain": objective.value_domain is not None,
        "objective above": objective.parent is not None or objective.level == "company",
        "titles of key results": all(each.title for each in objective.key_results),
    }


def rows(company: Company) -> dict[Table, list[Mapping[str, Any]]]:
    """Return the rows of the temporary tables."""
    tree = Tree(company)
    return {
        OBJECTIVE_TRAIT: list(_traits(tree)),
        OBJECTIVE_ABOVE: [
            {"objective_id": objective.id, "above_id": above.id, "distance": distance}
            for objective in company.objectives
            for distance, above in enumerate(tree.above(objective.id))
        ],
        KEY_RESULT_TRAIT: [
            {"key_result_id": id, "layer": tree.layer(key_result, objective)}
            for id, (objective, key_result) in tree.key_results.items()
        ],
        SUPPORT: list(_supports(tree)),
    }


def _traits(tree: Tree) -> Iterator[Mapping[str, Any]]:
    for objective in tree.company.objectives:
        side, known = tree.side(objective), told(objective)
        yield {
            "objective_id": objective.id,
            "value_stream_id": tree.value_stream(objective),
            "side": side,
            "is_co_owned": side == "both",
            "transparency": repr(sum(known.values()) / len(known)),
            "not_transparent": ", ".join(name for name, is_told in known.items() if not is_told) or None,
        }


def _supports(tree: Tree) -> Iterator[Mapping[str, Any]]:
    for id in tree.key_results:
        chain = tree.supported(id)
        for distance, above in enumerate(chain, start=1):
            yield {
                "key_result_id": id,
                "supported_id": above,
                "distance": distance,
                "path": " > ".join([id, *chain[:distance]]),
            }
