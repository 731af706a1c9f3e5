from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bizops_pipeline.catalogue.documents import Document, is_inside, parse_document, read_document
from bizops_pipeline.errors import Problem


def parse(text: str) -> tuple[Document | None, list[Problem]]:
    problems: list[Problem] = []
    return parse_document("a.yaml", text, problems), problems


def test_every_node_has_its_place() -> None:
    document, problems = parse("a:\n  - {b: one, c: 'two'}\n  - x\n")
    assert document is not None
    assert not problems
    assert document.value == {"a": [{"b": "one", "c": "two"}, "x"]}
    places = {path: (p.line, p.column) for path, p in document.values.items()}
    assert places[("a", 0, "b")] == (2, 9)
    assert places[("a", 0, "c")] == (2, 18)  # behind the quote: where the text begins
    assert places[("a", 1)] == (3, 5)
    assert {path: (p.line, p.column) for path, p in document.keys.items()} == {
        ("a",): (1, 1),
        ("a", 0, "b"): (2, 6),
        ("a", 0, "c"): (2, 14),
    }


def test_a_fault_in_a_missing_node_is_shown_at_the_nearest_above() -> None:
    document, _ = parse("a:\n  b: 1\n")
    assert document is not None
    problem = document.problem(("a", "c", "d"), "nothing", "something")
    assert (problem.line, problem.column, problem.excerpt) == (1, 1, "a:")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("null", None),
        ("", None),
        ("17:00", "17:00"),
        ("2026-01-31", "2026-01-31"),
        ("007", "007"),
        ("12", 12),
        ("-1.5", -1.5),
        ("1.5e+3", 1500.0),
        ("nan", "nan"),
        (".inf", ".inf"),
        ("'12'", "12"),
        ("'true'", "true"),
        ("9" * 40, "9" * 40),
        ("!!str 12", "12"),
    ],
)
def test_plain_words_mean_what_people_take_them_for(written: str, value: object) -> None:
    document, problems = parse(f"a: {written}\n")
    assert not problems
    assert document is not None
    assert document.value == {"a": value}


def test_keys_are_text() -> None:
    document, _ = parse("1: one\ntrue: two\n")
    assert document is not None
    assert document.value == {"1": "one", "true": "two"}


LAUGHS = "a: &a [x, x]\n" + "\n".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]" for i in range(9)
)


@pytest.mark.parametrize(
    ("text", "line", "column", "found"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "the key `a` a second time (first in line 1)"),
        ("a: {b: 1, b: 2}\n", 1, 11, "the key `b` a second time (first in line 1)"),
        ("a:\n\tb: 1\n", 2, 1, "a tab in the indentation"),
        ("a: [1, 2\nb: 1\n", 2, 2, "not YAML"),
        ("a: 'open\n", 1, 9, "not YAML"),
        ("a: b: c\n", 1, 5, "not YAML"),
        ("a: *nowhere\n", 1, 4, "undefined alias"),
        ("a: !!python/object:os.system x\n", 1, 4, "the tag `tag:yaml.org,2002:python/object:os.system`"),
        ("a: !secret x\n", 1, 4, "the tag `!secret`"),
        ("a: 1\n---\nb: 2\n", 2, 1, "a second document"),
        ("a: &a [*a]\n", 1, 1, "an alias that contains itself"),
        ("base: &b {x: 1}\na:\n  <<: *b\n", 3, 3, "a merge key"),
        ("? [a, b]\n: 1\n", 1, 3, "a list or mapping as a key"),
        ("a: " + "[" * 60 + "]" * 60, 1, 43, "nested deeper than 40 levels"),
        ("a: &a x\nb: [" + ", ".join(["*a"] * 101) + "]\n", 2, 405, "more than 100 aliases"),
        ("a: \x00\n", 1, 1, "not YAML"),
        (LAUGHS, 6, 1, "more than 100,000 values once aliases are written out"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else None,
)
def test_unreadable_yaml_is_refused_at_its_place(text: str, line: int, column: int, found: str) -> None:
    _, problems = parse(text)
    assert len(problems) == 1
    assert found in problems[0].found
    assert (problems[0].line, problems[0].column) == (line, column)


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    root = tmp_path_factory.getbasetemp()
    path = root / "any.yaml"
    path.write_bytes(content)
    problems: list[Problem] = []
    document = read_document(root, path, problems)
    assert document is not None or problems
    assert all(problem.render() for problem in problems)


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@`,? \n\t~<", max_size=40))
@settings(max_examples=500)
def test_any_signs_are_read_or_refused(text: str) -> None:
    document, problems = parse(text)
    assert document is not None or problems


def test_text_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\nb: caf\xe9\n")
    problems: list[Problem] = []
    assert read_document(tmp_path, path, problems) is None
    assert (problems[0].line, problems[0].found) == (2, "byte 12 is not UTF-8")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("\ufeffa: 1\n".encode())
    document = read_document(tmp_path, path, [])
    assert document is not None
    assert document.value == {"a": 1}


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("a: 1\n")
    root = tmp_path / "company"
    root.mkdir()
    (root / "link.yaml").symlink_to(outside)
    problems: list[Problem] = []
    assert read_document(root, root / "link.yaml", problems) is None
    assert "a link that leads out" in problems[0].found
    assert not is_inside(root, root / "link.yaml")
    assert not is_inside(root, root / ".." / "outside.yaml")


def test_a_link_in_circles_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "b.yaml")
    (tmp_path / "b.yaml").symlink_to(tmp_path / "a.yaml")
    problems: list[Problem] = []
    assert read_document(tmp_path, tmp_path / "a.yaml", problems) is None
    assert problems
