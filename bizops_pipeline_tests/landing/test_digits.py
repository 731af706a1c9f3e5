import re

import pytest

from bizops_pipeline.landing.digits import DigitsWatch

LINES = [
    '{"a": 123456789012345}',
    '{"a": 1234567890123456}',
    '{"a": 0.12345678901234}',
    '{"a": 123.45678901234}\n{"b": 1}',
    '{"at": "2026-01-01T00:00:00.123456+02:00", "n": 1.5}',
    "",
]


@pytest.mark.parametrize("text", LINES)
@pytest.mark.parametrize("size", [1, 3, 15, 16, 17, 100])
def test_a_long_number_is_found_whatever_the_chunks(text: str, size: int) -> None:
    watch = DigitsWatch()
    for start in range(0, len(text), size):
        watch.take(text[start : start + size].encode())
    watch.finish()
    assert watch.found == bool(re.search("[0-9.]{16}", text))
