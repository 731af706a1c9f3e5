"""Surplus empty fields at the end of a record, which the engine would not see."""

import pytest

from bizops_pipeline.landing.records import RecordCounter
from bizops_pipeline.landing.surplus import MARKER, SurplusWatch, marked

CASES = {
    "none": ("a,b\n1,2\n", False),
    "an empty last field is no surplus": ("a,b\n1,\n", False),
    "one surplus field": ("a,b\n1,2,\n", True),
    "in the last line without a break": ("a,b\n1,2,", True),
    "two surplus fields are the engine's to reject": ("a,b\n1,2,,\n", False),
    "delimiters inside quotes do not count": ('a,b\n"1,2",\n', False),
    "a surplus field after quotes": ('a,b\n"1,\n2",3,\n', True),
    "a quoted header": ('"a,x",b\n1,2,\n', True),
    "carriage returns": ("a,b\r\n1,2,\r\n", True),
}


def has_surplus(text: str, chunk: int) -> bool:
    watch = SurplusWatch(",")
    counter = RecordCounter('"', watch)
    data = text.encode()
    for start in range(0, len(data), chunk):
        counter.feed(data[start : start + chunk])
    counter.finish()
    return watch.found


@pytest.mark.parametrize("chunk", [1, 3, 1000])
@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_a_surplus_field_is_found_whatever_the_chunks(text: str, expected: bool, chunk: int) -> None:
    assert has_surplus(text, chunk) is expected


def test_only_surplus_fields_are_marked() -> None:
    text = 'a,b\n1,2\n3,4,\n"5,\n6",7,\n8,\n'

    assert "".join(marked([text[:9], text[9:]], ",", '"')) == (f'a,b\n1,2\n3,4,{MARKER}\n"5,\n6",7,{MARKER}\n8,\n')
