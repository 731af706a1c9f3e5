"""Status presets: from which pace on a key result is ahead, on track, behind or at risk.

Conventions differ between systems, so each preset is data and its name is stored with every status. What does
not depend on pace (not started, no data, achieved, missed, thresholds) is the same for all and stands in
`sql/okr_progress.sql`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from bizops_pipeline.contracts.table import Column, Table, Type, flag, integer, text

TEMPORARY = "temp"
"""Schema of tables that last as long as the computation."""


@dataclass(frozen=True, slots=True)
class Band:
    """A status that holds from `threshold` points on; the first band of a preset that holds is the status.

    `gap` compares progress less expected progress, `ratio` progress as a share of expected progress. Without
    a threshold the band holds always.
    """

    status: str
    threshold: str | None = None
    inclusive: bool = True


@dataclass(frozen=True, slots=True)
class Preset:
    """A set of bands over one measure of pace, from the best status to the worst."""

    basis: Literal["gap", "ratio"]
    bands: tuple[Band, ...]


PRESETS: dict[str, Preset] = {
    "default": Preset(
        "gap",
        (Band("ahead", "10", inclusive=False), Band("on_track", "-10"), Band("behind", "-25"), Band("at_risk")),
    ),
    # Up to 16.5 points behind is on track, up to 33 behind; there is no "ahead".
    "engagedly": Preset("gap", (Band("on_track", "-16.5"), Band("behind", "-33"), Band("at_risk"))),
    # 95 % of the expected progress is on track, 75 % falling behind.
    "upraise": Preset("ratio", (Band("on_track", "95"), Band("behind", "75"), Band("at_risk"))),
    # Within 10 points is on track; there is no "at risk".
    "planview": Preset("gap", (Band("ahead", "10", inclusive=False), Band("on_track", "-10"), Band("behind"))),
}
"""The shipped presets by the name that bizops.yaml uses."""

BAND = Table(
    TEMPORARY,
    "okr_band",
    "one row per status of the company's preset that depends on pace",
    ("position",),
    (
        text("status_preset", "Name of the preset.", required=True),
        integer("position", "Order in which bands are tried.", required=True),
        text("basis", "gap or ratio.", required=True),
        Column("threshold", Type.WEIGHT, "Points from which on the band holds; NULL holds always."),
        flag("is_inclusive", "Whether the threshold itself belongs to the band.", required=True),
        text("status", "Status of the band.", required=True),
    ),
    "The bands of the company's status preset while progress is computed.",
)


def band_rows(name: str) -> Iterator[Mapping[str, Any]]:
    """Yield a preset's bands as rows of BAND."""
    preset = PRESETS[name]
    for position, band in enumerate(preset.bands, start=1):
        yield {
            "status_preset": name,
            "position": position,
            "basis": preset.basis,
            "threshold": None if band.threshold is None else Decimal(band.threshold),
            "is_inclusive": band.inclusive,
            "status": band.status,
        }
