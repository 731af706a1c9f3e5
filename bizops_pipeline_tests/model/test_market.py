"""Posts and public figures by hand-computed cases."""

from datetime import date, datetime
from decimal import Decimal

from bizops_pipeline_tests.model.company import built, facts


def test_what_a_post_says_and_how_long_a_reply_took():
    posted = datetime(2026, 3, 10, 12)
    engine = built(
        "fct_social_post",
        social_post=[
            {
                "post_id": "a",
                "posted_at": posted,
                "sentiment": "negative",
                "replied_at": datetime(2026, 3, 10, 12, 30),
            },
            {"post_id": "b", "posted_at": posted, "sentiment": "positive", "replied_at": None},
            {"post_id": "c", "posted_at": posted, "sentiment": None, "replied_at": None},
        ],
    )

    columns = ("post_id", "sentiment_sign", "is_answered", "response_seconds")
    assert facts(engine, "fct_social_post", *columns) == [
        ("a", -1, True, 1800),
        ("b", 1, False, None),
        ("c", None, False, None),
    ]


def test_a_revision_supersedes_the_release_before():
    def release(id, month, value, released):
        return {
            "indicator_id": id,
            "series": "confidence",
            "region": "DE",
            "indicator_date": date(2026, month, 1),
            "value": Decimal(value),
            "released_on": released,
        }

    engine = built(
        "fct_public_indicator",
        public_indicator=[
            release("a1", 1, "-10", None),
            release("a2", 1, "-11", date(2026, 2, 25)),
            release("a3", 1, "-12", date(2026, 3, 25)),
            release("b1", 2, "-9", date(2026, 2, 26)),
        ],
    )

    columns = ("indicator_id", "revision", "superseded_on", "is_latest")
    assert facts(engine, "fct_public_indicator", *columns) == [
        ("a1", 0, date(2026, 2, 25), False),
        ("a2", 1, date(2026, 3, 25), False),
        ("a3", 2, None, True),
        ("b1", 0, None, True),
    ]


def test_a_target_is_met_on_the_better_side():
    def figure(id, value, better, target="10"):
        return {
            "indicator_id": id,
            "series": id,
            "indicator_date": date(2026, 1, 1),
            "value": Decimal(value),
            "target": None if target is None else Decimal(target),
            "better": better,
        }

    engine = built(
        "fct_public_indicator",
        public_indicator=[
            figure("a", "10", "up"),
            figure("b", "9", "up"),
            figure("c", "9", "down"),
            figure("d", "11", "down"),
            figure("e", "11", None),
            figure("f", "11", "up", None),
        ],
    )

    assert [row[0] for row in facts(engine, "fct_public_indicator", "is_target_met")] == [
        True,
        False,
        True,
        False,
        None,
        None,
    ]
