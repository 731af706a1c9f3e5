"""What a refresh logs: a line for each table to which something happened, one for all others of a step."""

import logging

import pytest

from bizops_pipeline.defs.log import Tables


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="bizops_pipeline")
    return caplog


def log_step(*tables: tuple[str, int, bool]) -> None:
    logged = Tables("staging")
    for name, rows, is_as_before in tables:
        logged.add(name, rows, "read", 0.0, is_as_before=is_as_before)
    logged.end()


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        pytest.param(
            [("a", 1000, False), ("b", 2, True)],
            ["a 1,000 rows 0.0 s read", "staging 2 rows 0.0 s 1 table as before"],
            id="news and none",
        ),
        pytest.param([("a", 1, True), ("b", 2, True)], ["staging 3 rows 0.0 s 2 tables as before"], id="no news"),
        pytest.param([("a", 1, False)], ["a 1 rows 0.0 s read"], id="news of all"),
        pytest.param([], [], id="no tables"),
    ],
)
def test_tables_without_news_share_a_line(
    lines: pytest.LogCaptureFixture, tables: list[tuple[str, int, bool]], told: list[str]
) -> None:
    log_step(*tables)
    assert [" ".join(line.split()) for line in lines.messages] == told
