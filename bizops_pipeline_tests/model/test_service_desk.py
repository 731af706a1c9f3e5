"""Tickets and the working time that employees lose, by hand-computed cases. Business hours are 9 to 17, UTC."""

from datetime import date, datetime, timedelta

import pytest

from bizops_pipeline_tests.model.company import build_model, built, company, content, facts, fill, models_of, warehouse

TUESDAY = datetime(2026, 3, 10)
HOUR = 3600


def at(hours):
    return TUESDAY + timedelta(hours=hours)


def ticket(id, opened, resolved=None, **columns):
    return {
        "ticket_id": id,
        "service_id": "shop",
        "opened_at": at(opened),
        "resolved_at": None if resolved is None else at(resolved),
        **columns,
    }


def pause(id, start, end, ticket_id="t"):
    return {
        "ticket_pause_id": id,
        "ticket_id": ticket_id,
        "paused_at": at(start),
        "resumed_at": None if end is None else at(end),
    }


def sla(id, hours, **columns):
    return {
        "sla_version_id": f"{id}:{columns.get('valid_from')}",
        "sla_id": id,
        "target_seconds": hours * HOUR,
    } | columns


PAUSES = {
    "none": ([], 0),
    "within hours": ([pause("a", 10, 11)], 1),
    "overlapping, touching and inside": (
        [pause("a", 10, 12), pause("b", 11, 13), pause("c", 11.5, 12), pause("d", 13, 14)],
        4,
    ),
    "over night": ([pause("a", 16, 24 + 10)], 2),
    "outside hours": ([pause("a", 18, 20)], 0),
    "begun before and lasting after": ([pause("a", -5, None)], 15),
    "after it was resolved": ([pause("a", 60, 61)], 0),
}


@pytest.mark.parametrize("case", PAUSES)
def test_pauses_stop_the_clock_as_far_as_they_lie_in_business_hours(case):
    pauses, hours = PAUSES[case]
    engine = built("fct_ticket", ticket=[ticket("t", 9, 24 + 16)], ticket_pause=pauses)

    found = facts(engine, "fct_ticket", "paused_business_seconds", "resolution_business_seconds", "resolution_seconds")
    assert found == [(hours * HOUR, (15 - hours) * HOUR, 31 * HOUR)]


def test_paused_seconds_of_the_ticket_count_where_there_are_no_pauses():
    engine = built(
        "fct_ticket",
        ticket=[
            ticket("t", 9, 15, paused_seconds=2 * HOUR, first_response_at=at(9.5)),
            ticket("u", 9, paused_seconds=HOUR),
            ticket("v", 9, 10, paused_seconds=5 * HOUR),
        ],
    )
    columns = ("response_business_seconds", "paused_business_seconds", "resolution_business_seconds")
    assert facts(engine, "fct_ticket", *columns) == [
        (HOUR // 2, 2 * HOUR, 4 * HOUR),
        (None, None, None),
        (None, 5 * HOUR, 0),
    ]


LEVELS = [
    sla("desk", 4),
    sla("desk", 2, valid_from=date(2026, 4, 1)),
    sla("hotline", 4, clock="calendar", vendor_id="acme"),
]
KEPT = {
    "in time by business hours": ({"sla_id": "desk"}, 16, 24 + 11, True),
    "a second late": ({"sla_id": "desk"}, 16, 24 + 12 + 1 / 3600, False),
    "late by all hours": ({"sla_id": "hotline"}, 16, 24 + 11, False),
    "in time by all hours": ({"sla_id": "hotline"}, 16, 20, True),
    "by its own target": ({"sla_target_seconds": HOUR}, 16, 17, True),
    "still open": ({"sla_id": "desk"}, 16, None, None),
    "no target": ({}, 16, 17, None),
    "unknown level": ({"sla_id": "never heard of"}, 16, 17, None),
    "by the level of its day": ({"sla_id": "desk"}, 24 * 28 + 9, 24 * 28 + 12, False),
}


@pytest.fixture(scope="module")
def kept():
    tickets = [ticket(case, opened, resolved, **columns) for case, (columns, opened, resolved, _) in KEPT.items()]
    engine = built("fct_ticket", ticket=tickets, sla=LEVELS)
    return {case: found for case, *found in facts(engine, "fct_ticket", "ticket_id", "sla_met", "vendor_id")}


@pytest.mark.parametrize("case", KEPT)
def test_a_service_level_is_kept_by_its_own_clock(case, kept):
    assert kept[case] == [KEPT[case][3], "acme" if KEPT[case][0].get("sla_id") == "hotline" else None]


def test_the_first_contact_resolves_what_does_not_come_back():
    engine = built(
        "fct_ticket",
        ticket=[
            ticket("a", 9, 10, contacts=1),
            ticket("b", 9, 10, contacts=2),
            ticket("c", 9, 40, contacts=1, first_resolved_at=at(10), reopened_at=at(30)),
            ticket("d", 9, 10),
            ticket("e", 9, contacts=1),
        ],
    )
    assert facts(engine, "fct_ticket", "is_first_contact_resolution", "first_resolved_at") == [
        (True, at(10)),
        (False, at(10)),
        (False, at(10)),
        (None, at(10)),
        (None, None),
    ]


def test_tickets_built_step_by_step_are_those_built_at_once():
    tickets = [ticket("t", 9, 24 + 16, sla_id="desk"), ticket("u", 24 * 28 + 9, 24 * 28 + 12, sla_id="desk")]
    engine, models = warehouse(), models_of("fct_ticket")
    fill(engine, "ticket", tickets[:1])
    fill(engine, "sla", LEVELS[:1])
    build_model(engine, company(), models=models)
    fill(engine, "ticket", tickets, sequence=2)
    assert build_model(engine, company(), sequence=2, models=models)["fct_ticket"].written.inserted == 1
    fill(engine, "ticket_pause", [pause("a", 10, 22)], sequence=3)
    assert build_model(engine, company(), sequence=3, models=models)["fct_ticket"].mode == "incremental"
    fill(engine, "sla", LEVELS, sequence=4)
    assert build_model(engine, company(), sequence=4, models=models)["fct_ticket"].written.inserted == 1

    at_once = built("fct_ticket", ticket=tickets, ticket_pause=[pause("a", 10, 22)], sla=LEVELS)
    assert content(engine, "core.fct_ticket") == content(at_once, "core.fct_ticket")


def incident(id, start, end, users, **columns):
    return {
        "incident_id": id,
        "service_id": "shop",
        "opened_at": at(start),
        "restored_at": None if end is None else at(end),
        "users_affected": users,
        **columns,
    }


def test_overlapping_incidents_keep_the_same_employees_from_working():
    engine = built(
        "fct_productivity_loss",
        incident=[
            incident("a", 10, 13, 5),
            incident("b", 12, 14, 20),
            incident("inside", 12.5, 13, 10),
            incident("elsewhere", 12, 13, 7, service_id="payments"),
            incident("into the evening", 16, 24 + 10, 3),
            incident("cancelled", 9, 17, 99, status="cancelled"),
            incident("nobody", 9, 17, None),
        ],
    )
    assert facts(engine, "fct_productivity_loss", "productivity_loss_id", "lost_seconds") == [
        ("payments:2026-03-10:incident", 7 * HOUR),
        ("shop:2026-03-10:incident", (2 * 5 + 2 * 20 + 3) * HOUR),
        ("shop:2026-03-11:incident", 3 * HOUR),
    ]


def test_employees_wait_for_tickets_that_block_their_work():
    blocking = {"is_internal": True, "blocks_work": True}
    engine = built(
        "fct_productivity_loss",
        as_of=date(2026, 3, 11),
        ticket=[
            ticket("a", 9, 11, **blocking),
            ticket("b", 10, 12, **blocking),
            ticket("customer", 9, 11, is_internal=False, blocks_work=True),
            ticket("can wait", 9, 11, is_internal=True, blocks_work=False),
            ticket("open", 16, **blocking),
        ],
        incident=[incident("open", 24 + 16, None, 2)],
    )
    assert facts(engine, "fct_productivity_loss", "productivity_loss_id", "lost_seconds") == [
        ("shop:2026-03-10:ticket", 5 * HOUR),
        ("shop:2026-03-11:incident", 2 * HOUR),
        ("shop:2026-03-11:ticket", 8 * HOUR),
    ]
