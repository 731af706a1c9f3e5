"""Work items, their stays and stages, effort, initiatives and requests by hand-computed cases."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from bizops_pipeline.catalogue.models import Company, Organisation
from bizops_pipeline.model.registry import model
from bizops_pipeline_tests.model.company import build_model, built, company, content, facts, fill, warehouse

START = datetime(2026, 3, 2, 9)
STAGES = [
    {"id": "build", "statuses": ["In Progress", "Fixing"]},
    {"id": "await_review", "kind": "wait", "statuses": ["To Review"]},
    {"id": "review", "statuses": ["Review"]},
]
HOUR = 3600


def owner(*streams: dict[str, object], **settings: object) -> Company:
    return company(**settings).model_copy(
        update={
            "organisation": Organisation.model_validate(
                {
                    "teams": [{"id": "web", "name": "Web", "side": "it"}],
                    "services": [{"id": "shop", "team": "web"}, {"id": "payments"}],
                    "value_streams": list(streams) or [{"id": "idea", "name": "Idea", "stages": STAGES}],
                }
            )
        }
    )


def hours(value):
    return START + timedelta(hours=value)


def item(id, **columns):
    return {"work_item_id": id, "service_id": "shop", "type": "story", "created_at": START, **columns}


def change(id, item, at, status, original=None, **columns):
    return {
        "status_history_id": id,
        "work_item_id": item,
        "status": status,
        "original_status": original or status,
        "entered_at": hours(at),
        **columns,
    }


def flow(history, items=None, tables=("fct_work_item", "fct_work_item_stage"), of=None, **entities):
    items = items or [item(id) for id in sorted({entry["work_item_id"] for entry in history})]
    return built(*tables, owner=of or owner(), work_item=items, status_history=history, **entities)


def clocks(engine):
    columns = ("started_at", "done_at", "flow_seconds", "active_seconds", "wait_seconds")
    return facts(engine, "fct_work_item", *columns)


def test_flow_runs_from_the_first_active_status_to_done_and_splits_into_work_and_waiting():
    engine = flow(
        [
            change("1", "a", 1, "new"),
            change("2", "a", 2, "waiting"),
            change("3", "a", 5, "active"),
            change("4", "a", 8, "waiting"),
            change("5", "a", 12, "active"),
            change("6", "a", 14, "done"),
        ]
    )
    assert clocks(engine) == [(hours(5), hours(14), 9 * HOUR, 5 * HOUR, 4 * HOUR)]


def test_back_in_new_an_item_waits_and_the_time_before_its_reopening_is_neither():
    engine = flow(
        [
            change("1", "a", 0, "active"),
            change("2", "a", 1, "new"),
            change("3", "a", 4, "active"),
            change("4", "a", 6, "done", "Resolved"),
            change("5", "a", 16, "active"),
            change("6", "a", 17, "done", "Resolved"),
            change("7", "a", 30, "done", "Closed"),
        ]
    )
    assert clocks(engine) == [(hours(0), hours(17), 17 * HOUR, 4 * HOUR, 3 * HOUR)]


def test_what_is_given_up_ends_without_being_done():
    engine = flow(
        [
            change("1", "a", 0, "active"),
            change("2", "a", 3, "cancelled"),
            change("3", "b", 0, "active"),
            change("4", "c", 2, "done"),
        ]
    )
    assert facts(engine, "fct_work_item", "started_at", "done_at", "ended_at", "status") == [
        (hours(0), None, hours(3), "cancelled"),
        (hours(0), None, None, "active"),
        (None, hours(2), hours(2), "done"),
    ]
    assert clocks(engine)[2][2:] == (None, None, None)


def test_only_what_was_begun_moves_the_load():
    engine = flow(
        [change("1", "a", 0, "active"), change("2", "a", 3, "cancelled"), change("3", "b", 2, "done")],
        tables=("fct_flow_movement",),
    )
    assert facts(engine, "fct_flow_movement", "work_item_id", "movement", "occurred_at", "load_change") == [
        ("a", "begun", hours(0), 1),
        ("a", "ended", hours(3), -1),
    ]


def test_the_first_change_tells_the_status_since_the_record_of_the_item():
    engine = flow([change("1", "a", 6, "done", "Done", from_status="active", original_from_status="In Progress")])
    assert clocks(engine) == [(START, hours(6), 6 * HOUR, 6 * HOUR, 0)]
    assert facts(engine, "fct_work_item_stage", "stage_id", "stage_seconds") == [("build", 6 * HOUR)]


def test_an_exit_that_the_source_tells_ends_a_stay_unless_the_next_entry_came_before():
    engine = flow(
        [
            change("1", "a", 0, "active", left_at=hours(2)),
            change("2", "a", 3, "waiting", left_at=hours(9)),
            change("3", "a", 5, "done"),
        ]
    )
    assert facts(engine, "fct_status_visit", "status", "visit_seconds") == [
        ("active", 2 * HOUR),
        ("waiting", 2 * HOUR),
        ("done", None),
    ]


def test_without_a_history_the_times_of_the_item_count():
    engine = flow([], [item("a", status="done", started_at=hours(1), done_at=hours(4)), item("b", status="new")])
    assert clocks(engine) == [(hours(1), hours(4), 3 * HOUR, None, None), (None, None, None, None, None)]


def test_the_kind_of_the_stage_tells_the_status_that_the_source_leaves_open():
    engine = flow(
        [
            change("1", "a", 0, None, "In Progress"),
            change("2", "a", 1, None, "To Review"),
            change("3", "a", 4, None, "Somewhere"),
            change("4", "a", 5, "done", "Done"),
        ]
    )
    assert facts(engine, "fct_status_visit", "status", "stage_id", "value_stream_id") == [
        ("active", "build", "idea"),
        ("waiting", "await_review", "idea"),
        (None, None, None),
        ("done", None, None),
    ]
    assert clocks(engine) == [(hours(0), hours(5), 5 * HOUR, 1 * HOUR, 3 * HOUR)]


def test_a_stage_sums_its_stays_and_shows_first_to_last_beside_it():
    engine = flow(
        [
            change("1", "a", 0, "active", "In Progress"),
            change("2", "a", 2, "waiting", "To Review"),
            change("3", "a", 3, "active", "Fixing"),
            change("4", "a", 8, "active", "Review"),
        ]
    )
    columns = ("stage_id", "stage_kind", "visits", "left_at", "stage_seconds", "first_to_last_seconds")
    assert facts(engine, "fct_work_item_stage", *columns) == [
        ("await_review", "wait", 1, hours(3), 1 * HOUR, 1 * HOUR),
        ("build", "active", 2, hours(8), 7 * HOUR, 8 * HOUR),
        ("review", "active", 1, None, None, None),
    ]


@pytest.mark.parametrize(
    ("named", "status", "stream", "stage"),
    [
        (None, "Coding", "idea", "build"),
        (None, "Open", None, None),
        ("idea", "Open", "idea", "build"),
        ("help", "Open", "help", "triage"),
        ("help", "Coding", "help", None),
    ],
)
def test_a_status_of_several_value_streams_needs_an_item_that_names_one(named, status, stream, stage):
    streams = owner(
        {"id": "idea", "name": "Idea", "stages": [{"id": "build", "statuses": ["Open", "Coding"]}]},
        {"id": "help", "name": "Help", "stages": [{"id": "triage", "statuses": ["Open"]}]},
    )
    engine = flow([change("1", "a", 0, "active", status)], [item("a", value_stream_id=named)], of=streams)
    assert facts(engine, "fct_status_visit", "value_stream_id", "stage_id") == [(stream, stage)]
    assert facts(engine, "fct_work_item", "flow_value_stream_id") == [(stream,)]


def test_parents_are_no_leaves_and_lend_their_initiative():
    engine = flow(
        [],
        [
            item("epic", type="epic", initiative_id="i1"),
            item("part", parent_id="epic", flow_type="feature"),
            item("own", parent_id="epic", initiative_id="i2", service_id="unheard", team_id="web"),
        ],
    )
    columns = ("work_item_id", "is_leaf", "initiative_id", "flow_type", "service_id", "team_id")
    assert facts(engine, "fct_work_item", *columns) == [
        ("epic", False, "i1", "unmapped", "shop", "web"),
        ("own", True, "i2", "unmapped", "unallocated", "web"),
        ("part", True, "i1", "feature", "shop", "web"),
    ]


def test_effort_is_unplanned_by_the_source_or_by_what_it_went_to():
    def log(id, **columns):
        return {"worklog_id": id, "worked_on": date(2026, 3, 2), "effort_seconds": HOUR, **columns}

    engine = built(
        "fct_worklog",
        owner=owner(),
        work_item=[item("bug", flow_type="defect"), item("story", flow_type="feature"), item("odd")],
        incident=[{"incident_id": "inc", "opened_at": START, "service_id": "payments"}],
        worklog=[
            log("1", work_item_id="bug"),
            log("2", work_item_id="story"),
            log("3", work_item_id="story", is_unplanned=True),
            log("4", work_item_id="bug", is_unplanned=False),
            log("5", incident_id="inc"),
            log("6", work_item_id="odd"),
            log("7"),
        ],
    )
    assert facts(engine, "fct_worklog", "service_id", "team_id", "is_unplanned") == [
        ("shop", "web", True),
        ("shop", "web", False),
        ("shop", "web", True),
        ("shop", "web", False),
        ("payments", "unallocated", True),
        ("shop", "web", None),
        ("unallocated", "unallocated", None),
    ]


def test_an_initiative_sums_the_effort_of_its_leaves_and_converts_at_the_rate_of_its_first_day():
    day = date(2026, 3, 2)
    engine = built(
        "fct_initiative",
        owner=owner(reporting_currency="EUR"),
        initiative=[
            {"initiative_id": "i1", "started_on": day, "budget": 100, "spend": 40, "currency": "USD"},
            {"initiative_id": "i2", "started_on": day, "budget": 70},
        ],
        fx_rate=[{"fx_rate_id": "r", "currency": "USD", "rate_date": date(2026, 2, 1), "rate": Decimal("0.5")}],
        work_item=[
            item("epic", initiative_id="i1"),
            item("part", parent_id="epic", status="done", done_at=hours(3)),
        ],
        worklog=[
            {"worklog_id": str(n), "work_item_id": id, "worked_on": day, "effort_seconds": HOUR}
            for n, id in enumerate(("epic", "part", "part"))
        ],
    )
    columns = ("budget_reporting", "spend_reporting", "effort_seconds", "work_items", "work_items_done")
    assert facts(engine, "fct_initiative", *columns) == [
        (Decimal(50), Decimal(20), 3 * HOUR, 1, 1),
        (Decimal(70), None, 0, 0, 0),
    ]


def test_a_request_is_served_when_it_says_so_or_when_its_new_service_is_first_deployed():
    friday, monday = datetime(2026, 3, 6, 12), datetime(2026, 3, 9, 12)

    def request(id, service, **columns):
        return item(id, type="request", service_id=service, approved_at=friday, **columns)

    def deployment(id, service, at, **columns):
        row = {"deployment_id": id, "repository": service, "service_id": service, "finished_at": at}
        return {**row, "environment": "production", "result": "success", **columns}

    engine = built(
        "fct_service_request",
        owner=owner(),
        work_item=[
            request("a", "shop", available_at=monday),
            request("b", "payments"),
            request("c", "shop"),
            item("d", type="request"),
        ],
        deployment=[
            deployment("1", "shop", datetime(2026, 1, 1)),
            deployment("2", "shop", monday),
            deployment("3", "payments", friday + timedelta(hours=1), result="failure"),
            deployment("4", "payments", friday + timedelta(days=5)),
        ],
    )
    columns = ("work_item_id", "available_at", "deploy_seconds", "deploy_business_days")
    assert facts(engine, "fct_service_request", *columns) == [
        ("a", monday, 3 * 86_400, 1),
        ("b", friday + timedelta(days=5), 5 * 86_400, 3),
        ("c", None, None, None),
    ]


TABLES = ("fct_status_visit", "fct_work_item", "fct_flow_movement", "fct_work_item_stage", "fct_worklog")


def test_a_refresh_after_changes_gives_what_a_rebuild_gives():
    """An item that moves on, one that becomes a parent, one that gets another service."""
    before = [change("1", "a", 0, "active", "In Progress"), change("2", "b", 0, "active", "In Progress")]
    after = [*before, change("3", "a", 4, "waiting", "To Review"), change("4", "b", 5, "done")]
    items = [item("a"), item("b"), item("c")]
    moved = [item("a", service_id="payments"), item("b"), item("c", parent_id="a")]
    engine, of = warehouse(), owner()
    models = [model(name) for name in TABLES]
    for sequence, (work, history) in enumerate(((items, before), (moved, after)), start=1):
        fill(engine, "work_item", work, sequence)
        fill(engine, "status_history", history, sequence)
        done = build_model(engine, of, sequence, models=models)
    assert done["fct_status_visit"].mode == "incremental"
    assert done["fct_work_item_stage"].mode == "incremental"
    rebuilt = flow(after, moved, TABLES)
    for name in TABLES:
        assert content(engine, f"core.{name}") == content(rebuilt, f"core.{name}"), name
