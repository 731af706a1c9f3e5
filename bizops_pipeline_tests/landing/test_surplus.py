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


MARKED = {
    "among others": ("a,b\n1,2\n3,4,\n8,\n", f"a,b\n1,2\n3,4,{MARKER}\n8,\n"),
    "after quotes": ('a,b\n1,2\n3,4,\n"5,\n6",7,\n8,\n', f'a,b\n1,2\n3,4,{MARKER}\n"5,\n6",7,{MARKER}\n8,\n'),
    "inside quotes": ('a,b\n"1,2,\n",3\n', 'a,b\n"1,2,\n",3\n'),
    "in the last line without a break": ("a,b\n1,2,", f"a,b\n1,2,{MARKER}"),
    "too many": ("a,b\n1,2,,\n,,\n", f"a,b\n1,2,,\n,,{MARKER}\n"),
    "a quoted header": ('"a,x",b\n1,2,\n', f'"a,x",b\n1,2,{MARKER}\n'),
    "a separator that is no line feed": ("a,b\n1\u2028,2,\n", f"a,b\n1\u2028,2,{MARKER}\n"),
    "a quote that never closes": ('a,b\n1,2,\n"3,4,\n5,6,\n', f'a,b\n1,2,{MARKER}\n"3,4,\n5,6,\n'),
    "nothing": ("", ""),
}


@pytest.mark.parametrize("chunk", [1, 3, 9, 1000])
@pytest.mark.parametrize(("text", "expected"), MARKED.values(), ids=MARKED.keys())
def test_only_surplus_fields_are_marked_whatever_the_chunks(text: str, expected: str, chunk: int) -> None:
    pieces = [text[start : start + chunk] for start in range(0, len(text), chunk)]

    assert "".join(marked(pieces, ",", '"')) == expected


@pytest.mark.parametrize("delimiter", ["|", "^", "\t", "]"])
def test_any_delimiter_marks_where_there_are_no_quotes(delimiter: str) -> None:
    text = delimiter.join("ab") + "\n" + delimiter.join(["1", '"2', ""]) + "\n"

    assert "".join(marked([text], delimiter, "")) == text[:-1] + MARKER + "\n"
