"""Personal data stops at the landing by itself: by the names of columns, by contracts, and as the YAML says."""

import json
from typing import Any

import pytest

from bizops_pipeline.landing.personal import Withheld, looks_personal, withheld
from bizops_pipeline_tests.landing.support import World, source_table

PERSONAL = [
    *("email", "E-Mail", "callerEmail", "customer_e_mail", "Telefon", "phone1", "Mobile Number"),
    *("first_name", "LastName", "Vorname", "Prénom", "apellidos", "user_name", "ContactName"),
    *("caller", "caller_id", "opened_by", "AssignedTo", "reporter", "author_id", "Empfänger"),
    *("street", "Straße", "billing_address", "ip_address", "IPAddress"),
    *("birth_date", "DOB", "Geburtsdatum", "date_of_birth", "gender", "IBAN", "employee_age", "age_group"),
    *("comment", "short_description", "Message", "text", "Bemerkung", "work_notes", "commit_message"),
]
PERSONAL_AMONG_OTHER_WORDS = [
    *("salary_type", "gender_category", "passport_country", "birth_date_type", "card_number_status"),
    *("credit_memo_text", "caller_message_id", "type_of_comment", "count_email", "notes_status_text", "comment2"),
]
PLAIN = [
    *("order_no", "amount", "name", "product_name", "service_name", "channel", "mobile", "created_at", "city"),
    *("country", "updated_at", "landing_page", "status", "page", "average", "context", "emailing", "sku"),
]
PLAIN_BY_SYSTEM = {
    "ERP": """
        vendor_name vendor_id company_name company_code supplier_no cost_centre gl_account account_name posting_date
        document_type credit_memo debit_memo_no delivery_note credit_note_id product_description item_description
        payment_via payment_method plant storage_location ship_to_country ship_to_city invoice_age customer_type""",
    "service desk": """
        host_name first_response_at handle_time average_handle_time assignment_group assigned_to_group ticket_age
        caller_department requester_type resolved_by_date comment_count commentsCount reopen_count phone_model
        feedback_score note_type created_by_system contact_type sla_name opened_at closed_at urgency""",
    "DevOps": """
        repository_name branch_name environment_name pipeline_name build_number message_queue message_id text_length
        message_count_2 model_name author_count ip_version age_days page_age release_notes commit_sha assignee_count""",
    "people": """
        department_name team_name manager_level job_title hire_date headcount cost_category fte employment_type
        contract_language location_country""",
    "shop": """
        user_agent address_type campaign_name email_campaign_id email_type last_login_at login_count body_type alt_text
        cart_age session_id device_type landing_page_name message_type""",
}


@pytest.fixture
def world(tmp_path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("name", PERSONAL + PERSONAL_AMONG_OTHER_WORDS)
def test_names_that_look_personal(name: str):
    assert looks_personal(name)


@pytest.mark.parametrize("name", PLAIN)
def test_names_that_do_not(name: str):
    assert not looks_personal(name)


@pytest.mark.parametrize("names", PLAIN_BY_SYSTEM.values(), ids=PLAIN_BY_SYSTEM)
def test_usual_names_of_a_system_that_stay(names: str):
    assert [name for name in names.split() if looks_personal(name)] == []


def mapped(entity: str, **columns: Any) -> dict[str, Any]:
    return {entity: {"map": columns}}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, Withheld(("email", "Comment"), ())),
        ({"personal_columns": "hash"}, Withheld((), ("email", "Comment"))),
        ({"keep_columns": ["EMAIL"]}, Withheld(("Comment",), ())),
        ({"hash_columns": ["email"]}, Withheld(("Comment",), ("email",))),
        ({"drop_columns": ["id"], "keep_columns": ["id", "email", "comment"]}, Withheld(("id",), ())),
        ({"entities": mapped("refund", refund_id="id", reason="lower(comment)")}, Withheld(("email",), ())),
        ({"entities": mapped("employee", employee_id="id")}, Withheld(("email", "Comment"), ("id",))),
        ({"entities": mapped("employee", employee_id="concat('P', id)")}, Withheld(("email", "Comment"), ("id",))),
        ({"entities": mapped("employee", employee_id="id"), "keep_columns": ["id"]}, Withheld(("email", "Comment"))),
        ({"load": {"mode": "merge", "key": ["email"]}}, Withheld(("Comment",), ())),
    ],
    ids=[
        "dropped by default",
        "hashed if the company says so",
        "kept where asked for",
        "listed ones as listed",
        "a list of what is dropped wins",
        "what a map reads is needed",
        "what a contract calls personal is hashed",
        "whatever it is computed with",
        "unless it is kept",
        "what the load needs is needed",
    ],
)
def test_what_is_withheld(settings: dict[str, Any], expected: Withheld):
    assert withheld(source_table(**settings), ["id", "email", "Comment", "amount"]) == expected


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("extracts/a.csv", "id,email,comment\n1,ada@example.com,call Ada\n2,bo@example.com,,ada\n"),
        (
            "extracts/a.jsonl",
            '{"id": 1, "email": "ada@example.com", "comment": "call Ada"}\n{"id": 2, "comment": "Ada\n',
        ),
        ("extracts/b.jsonl", '{"id": 2, "comment": "call Ada at ada@example.com\n'),
    ],
    ids=["csv", "json lines", "nothing readable"],
)
@pytest.mark.parametrize("action", ["drop", "hash"])
def test_no_personal_value_reaches_the_warehouse(world: World, path: str, content: str, action: str):
    table = source_table(path=path, personal_columns=action, threshold={"rows": 10})
    world.write(path, content)
    world.refresh(table)
    tables = world.engine.rows(
        "select table_schema, table_name from information_schema.tables "
        "where table_catalog in (current_database(), 'temp')"
    )
    dump = json.dumps([world.engine.dicts(f'select * from "{s}"."{t}"') for s, t in tables], default=str)
    assert "Ada" not in dump
    assert "example.com" not in dump


def test_a_load_says_what_it_withheld(world: World):
    table = source_table(hash_columns=["customer"])
    world.write("extracts/a.csv", "id,customer,email\n1,c,x@example.com\n")
    result = world.refresh(table)
    assert result.withheld == Withheld(("email",), ("customer",))
    assert world.audit("personal_columns") == [("dropped email; hashed customer",)]


def test_a_load_without_personal_columns_says_nothing(world: World):
    world.write("extracts/a.csv", "id,amount\n1,2\n")
    assert not world.refresh(source_table()).withheld
    assert world.audit("personal_columns") == [(None,)]
