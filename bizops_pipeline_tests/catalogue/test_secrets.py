import pytest

from bizops_pipeline.catalogue import secrets
from bizops_pipeline.errors import SourceError


def test_references_are_replaced_by_their_values() -> None:
    assert secrets.resolve("a ${USER}:${WORD} b $HOME", {"USER": "u", "WORD": "${USER}"}) == "a u:${USER} b $HOME"


@pytest.mark.parametrize("environment", [{}, {"WORD": ""}], ids=["unset", "empty"])
def test_a_missing_variable_is_named_and_no_value_printed(environment: dict[str, str]) -> None:
    with pytest.raises(SourceError) as error:
        secrets.resolve("${WORD}${USER}", {**environment, "USER": "hunter2"})
    assert "WORD" in str(error.value)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "wrong"), [("${}", "${}"), ("a${b c}", "${b c}"), ("${OPEN", "${OPEN"), ("${OK}$x", None)]
)
def test_what_is_no_reference_is_noticed(text: str, wrong: str | None) -> None:
    assert secrets.malformed(text) == wrong


def test_a_foreign_message_is_rid_of_values() -> None:
    message = secrets.redact("cannot log in as u with pass", "x://${USER}:${WORD}@h", {"USER": "u", "WORD": "pass"})
    assert message == "cannot log in as ${USER} with ${WORD}"
