"""A module whose import is put off is there when it is used, and nobody else meets its stand-in."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bizops_pipeline.quality.deferred import deferred


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package that imports a module of its own and one of another in the two usual ways."""
    (tmp_path / "heavy").mkdir()
    (tmp_path / "heavy" / "__init__.py").write_text("")
    (tmp_path / "heavy" / "part.py").write_text("def double(number):\n    return 2 * number\n")
    (tmp_path / "charts.py").write_text("TITLE = 'chart'\n")
    (tmp_path / "light.py").write_text(
        "import charts as c\nfrom heavy import part\n"
        "def six():\n    return part.double(3)\ndef title():\n    return c.TITLE\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in ("heavy", "heavy.part", "charts", "light"):
        sys.modules.pop(name, None)


def test_a_module_is_imported_when_it_is_first_used() -> None:
    with deferred("heavy.part", "charts"):
        import light  # type: ignore[import-not-found]
    assert not {"heavy.part", "charts"} & sys.modules.keys()
    assert light.six() == 6
    assert "heavy.part" in sys.modules
    assert "charts" not in sys.modules
    assert light.title() == "chart"


def test_others_import_the_module_itself() -> None:
    with deferred("charts"):
        import light  # noqa: F401
    import charts  # type: ignore[import-not-found]

    assert charts.__file__ is not None


def test_a_module_may_be_used_while_the_import_goes_on() -> None:
    with deferred("charts"):
        import charts

        assert charts.TITLE == "chart"
    assert "charts" in sys.modules


def test_a_module_that_is_there_already_stays() -> None:
    import charts

    with deferred("charts"):
        assert sys.modules["charts"] is charts
    assert sys.modules["charts"] is charts
