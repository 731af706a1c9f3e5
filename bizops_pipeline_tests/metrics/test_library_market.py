"""Standard KPIs of the outside world on a few records, each with its value worked out by hand."""

import pytest

from bizops_pipeline_tests.metrics.support import World, at, standard

JANUARY, FEBRUARY = "2024-01-01", "2024-02-01"


@pytest.fixture(scope="module")
def world() -> World:
    made = World(standard("market"), as_of="2024-02-29")
    signs = {"positive": 1, "neutral": 0, "negative": -1, None: None}
    posts = [
        # day, channel, sentiment, minutes to the reply
        ("2024-01-05 10:00", "forum", "positive", 30),
        ("2024-01-05 11:00", "forum", "negative", 10),
        ("2024-01-06 10:00", "forum", "negative", None),
        ("2024-01-07 10:00", "video", "neutral", 60),
        ("2024-01-08 10:00", "video", None, None),
        ("2024-02-05 10:00", "video", "positive", None),
    ]
    made.add(
        "fct_social_post",
        *(
            {
                "posted_at": at(moment),
                "channel": channel,
                "sentiment": sentiment,
                "sentiment_sign": signs[sentiment],
                "is_answered": minutes is not None,
                "response_seconds": None if minutes is None else 60 * minutes,
            }
            for moment, channel, sentiment, minutes in posts
        ),
    )
    releases = [
        # series, region, month, value, revision, is the latest
        ("consumer_confidence", "DE", JANUARY, "-19.6", 0, False),
        ("consumer_confidence", "DE", JANUARY, "-20.0", 1, True),
        ("consumer_confidence", "AT", JANUARY, "-25.0", 0, True),
        ("consumer_confidence", "DE", FEBRUARY, "-18.0", 0, True),
        ("inflation", "DE", JANUARY, "3.1", 0, True),
    ]
    made.add(
        "fct_public_indicator",
        *(
            {
                "series": series,
                "region": region,
                "indicator_date": month,
                "value": value,
                "revision": revision,
                "is_latest": latest,
            }
            for series, region, month, value, revision, latest in releases
        ),
    )
    made.build()
    return made


@pytest.mark.parametrize(
    ("kpi", "start", "value", "working"),
    [
        ("social_sentiment", JANUARY, (1 - 2) / 4, "the neutral one is a mention, the unjudged one is not"),
        ("social_sentiment", FEBRUARY, 1, "one post"),
        ("social_mentions", JANUARY, 5, "all"),
        ("social_response_time", JANUARY, 30, "median of 10, 30, 60"),
        ("social_response_time", FEBRUARY, None, "nobody has replied"),
        ("social_unanswered", JANUARY, 2, "two of five"),
        ("consumer_confidence", JANUARY, (-20 - 25) / 2, "the revision, averaged over the countries"),
        ("consumer_confidence_first_release", JANUARY, (-19.6 - 25) / 2, "before the revision"),
        ("inflation", JANUARY, 3.1, "as published"),
        ("inflation", FEBRUARY, None, "not published yet"),
    ],
)
def test_standard_kpi(world: World, kpi: str, start: str, value: float | None, working: str):
    assert world.value(kpi, "month", start) == (None if value is None else pytest.approx(value, rel=1e-9)), working


def test_mentions_by_sentiment_and_confidence_by_region(world: World):
    assert world.value("social_mentions", "month", JANUARY, sentiment="negative") == 2
    assert world.value("consumer_confidence", "month", JANUARY, region="DE") == -20


def test_every_standard_kpi_has_values(world: World):
    found = dict(world.engine.rows("select kpi_id, count(value) from marts.kpi_value group by kpi_id"))
    assert set(found) == {kpi.id for kpi in standard("market")}
    assert all(found.values()), found
