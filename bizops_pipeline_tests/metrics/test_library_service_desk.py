"""Standard KPIs of the service desk: each with its value worked out by hand."""

from typing import Any

import pytest

from bizops_pipeline_tests.metrics.support import World, at, standard

JANUARY, FEBRUARY = "2024-01-01", "2024-02-01"
HOUR = 3_600


@pytest.fixture(scope="module")
def world() -> World:
    made = World(standard("service_desk"), as_of="2024-03-31")
    made.services({"shop": "web", "erp": "core"}, {"shop": {"buy": 1}, "erp": {"buy": 1}})
    tickets = [
        # service, vendor, opened, first resolved, reopened, resolved, hours, minutes to respond, kept, at first contact
        ("shop", None, "2024-01-08 10:00", "2024-01-08 15:00", None, "2024-01-08 15:00", 5, 10, True, True),
        ("shop", None, "2024-01-09 10:00", "2024-01-10 10:00", "2024-01-20 10:00", "2024-01-22 10:00", 20, 30,
         False, False),
        ("erp", "acme", "2024-01-10 10:00", "2024-01-12 10:00", "2024-02-12 10:00", "2024-02-13 10:00", 40, 50,
         False, False),
        ("erp", "acme", "2024-01-11 10:00", "2024-01-11 12:00", None, "2024-01-11 12:00", 2, None, True, False),
        ("erp", None, "2024-01-30 00:00", None, None, None, None, None, None, None),
        ("erp", None, "2024-01-31 00:00", "2024-02-01 10:00", None, "2024-02-01 10:00", 8, 60, None, None),
    ]  # fmt: skip
    made.add(
        "fct_ticket",
        *(
            {
                "ticket_id": f"t{number}",
                "service_id": service,
                "vendor_id": vendor,
                "opened_at": at(opened),
                "first_resolved_at": first and at(first),
                "reopened_at": reopened and at(reopened),
                "resolved_at": resolved and at(resolved),
                "resolution_business_seconds": hours and hours * HOUR,
                "response_business_seconds": minutes and minutes * 60,
                "sla_met": kept,
                "is_first_contact_resolution": at_once,
            }
            for number, (
                service,
                vendor,
                opened,
                first,
                reopened,
                resolved,
                hours,
                minutes,
                kept,
                at_once,
            ) in enumerate(tickets)
        ),
    )
    made.build()
    return made


@pytest.mark.parametrize(
    ("kpi", "start", "value", "working"),
    [
        ("tickets", JANUARY, 6, "all"),
        ("tickets_handled", JANUARY, 3, "the third was resolved for good in February"),
        ("tickets_handled", FEBRUARY, 2, "the third and the last"),
        ("open_tickets", JANUARY, 3, "the third until its last resolution, the fifth, the sixth"),
        ("open_tickets", FEBRUARY, 1, "the fifth"),
        ("backlog_age", JANUARY, 2, "median of 21.6, 2 and 1 days"),
        ("ticket_sla_compliance", JANUARY, 2 / 3, "first and fourth kept, second not"),
        ("ticket_sla_compliance", FEBRUARY, 0, "the third; the sixth has no target"),
        ("vendor_sla", JANUARY, 1, "the fourth"),
        ("vendor_sla", FEBRUARY, 0, "the third"),
        ("fcr", JANUARY, 1 / 3, "the first of three"),
        ("reopen_rate", JANUARY, 1 / 4, "the second after 10 days; the third after 31 days is too late"),
        ("reopen_rate", FEBRUARY, 0, "the sixth stayed"),
        ("ticket_resolution_time", JANUARY, 5, "median of 5, 20, 2"),
        ("first_response_time", JANUARY, 40, "median of 10, 30, 50, 60"),
    ],
)
def test_standard_kpi(world: World, kpi: str, start: str, value: float, working: str):
    assert world.value(kpi, "month", start) == pytest.approx(value, rel=1e-9), working


def test_service_levels_by_vendor(world: World):
    assert world.value("ticket_sla_compliance", "month", JANUARY, "vendor", "acme") == 1
    assert world.value("vendor_sla", "all", None, "vendor", "acme") == 0.5


def test_every_standard_kpi_has_values(world: World):
    found: dict[str, Any] = dict(world.engine.rows("select kpi_id, count(value) from marts.kpi_value group by kpi_id"))
    assert set(found) == {kpi.id for kpi in standard("service_desk")}
    assert all(found.values()), found
