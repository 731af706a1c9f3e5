"""The command line run in this process, and a company that is published once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bizops_pipeline.cli.main import main
from bizops_pipeline_tests.e2e.support import Shop, keep_history_in_memory, make_shop


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Said]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run `bizops` with some arguments."""
    monkeypatch.delenv("BIZOPS_COMPANY", raising=False)
    monkeypatch.delenv("BIZOPS_STATE", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    keep_history_in_memory(monkeypatch)

    def run(*arguments: str | Path) -> Said:
        monkeypatch.setattr("sys.argv", ["bizops", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def published(published_shop: Shop) -> Shop:
    """A company with a publication; commands that change nothing may share it."""
    return published_shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A company that was never refreshed."""
    return make_shop(tmp_path / "company")
