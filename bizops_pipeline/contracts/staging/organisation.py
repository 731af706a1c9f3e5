"""What sources know of the organisation itself: the days on which it does not work.

Services, teams and value streams are defined in the catalogue, not here.
"""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import entity
from bizops_pipeline.contracts.table import Table, day, text

HOLIDAY = entity(
    "holiday",
    "one row per holiday",
    "Days on which no business is done, whatever the day of the week; clocks of business hours stop.",
    text("holiday_id", "Holiday key.", required=True),
    day("holiday_date", "The day.", required=True),
    text("name", "Name."),
)

ENTITIES: tuple[Table, ...] = (HOLIDAY,)
