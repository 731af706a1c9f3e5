"""Where things lie: the company's folder, its state folder, and the environment variables that choose them.

Read only at the edges (the command line and the Dagster definitions) and passed on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bizops_pipeline.errors import UsageError

COMPANY_VARIABLE = "BIZOPS_COMPANY"
STATE_VARIABLE = "BIZOPS_STATE"
DEFAULT_COMPANY = Path("data") / "retailer"


@dataclass(frozen=True, slots=True)
class StatePaths:
    """The folders and files in which a company's pipeline keeps its state."""

    root: Path

    @property
    def lock(self) -> Path:
        """File whose kernel lock makes one process the writer."""
        return self.root / "lock"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that only the pipeline opens."""
        return self.root / "warehouse.duckdb"

    @property
    def temp(self) -> Path:
        """Where the engine spills."""
        return self.root / "temp"

    @property
    def landing(self) -> Path:
        """What sources gave, immutable."""
        return self.root / "landing"

    @property
    def restored(self) -> Path:
        """Databases restored from dumps."""
        return self.root / "restored"

    @property
    def published(self) -> Path:
        """Publications; `current` links to the one that readers see."""
        return self.root / "published"

    @property
    def dagster(self) -> Path:
        """The Dagster instance: runs, events, schedules."""
        return self.root / "dagster"

    @property
    def expectations(self) -> Path:
        """Expectation suites as they were last run, for review."""
        return self.root / "expectations"

    @property
    def company(self) -> Path:
        """File that names the company whose state this is."""
        return self.root / "company"

    def refuse_other(self, company_id: str) -> None:
        """Refuse a state that is of another company; raises UsageError that names it."""
        known = self.company.read_text(encoding="utf-8").strip() if self.company.is_file() else company_id
        if known != company_id:
            raise UsageError(
                f"{self.root} is the state of company `{known}`, not of `{company_id}`; name the folder that belongs "
                f"to it with --state, or unset {STATE_VARIABLE}. If the company has a new id, delete {self.company}."
            )

    def claim(self, company_id: str) -> None:
        """Make this the state of a company; raises UsageError when it is of another one."""
        self.refuse_other(company_id)
        self.company.write_text(f"{company_id}\n", encoding="utf-8")

    def create(self) -> None:
        """Create the folders; landing may hold personal data and is readable by its owner only.

        Raises UsageError for a path that cannot hold Dagster's history, whose address SQLAlchemy reads as a URL.
        """
        if {"?", "%"} & set(str(self.root.absolute())):
            raise UsageError(
                f"the state folder {self.root.absolute()} has `?` or `%` in its path, where Dagster cannot keep its "
                f"history of runs; name another folder with --state or {STATE_VARIABLE}"
            )
        for folder in (self.root, self.temp, self.landing, self.restored, self.published, self.dagster):
            folder.mkdir(parents=True, exist_ok=True)
        self.landing.chmod(0o700)


def company_folder(given: Path | None, environment: Mapping[str, str]) -> Path:
    """Return the company's folder: as given, else $BIZOPS_COMPANY, else the example company.

    Raises UsageError when there is no bizops.yaml in it.
    """
    if given is not None:
        folder = given
    elif COMPANY_VARIABLE in environment:
        folder = Path(environment[COMPANY_VARIABLE])
    elif DEFAULT_COMPANY.is_dir():
        folder = DEFAULT_COMPANY
    else:
        folder = Path(__file__).resolve().parent.parent / DEFAULT_COMPANY
    if not (folder / "bizops.yaml").is_file():
        lacks = "it has no bizops.yaml" if folder.is_dir() else "there is no such folder"
        raise UsageError(
            f"{folder} is not a company: {lacks}. Name one with --company, or make one with `bizops init DIR`."
        )
    return folder.resolve()


def state_paths(company: Path, given: Path | None, environment: Mapping[str, str]) -> StatePaths:
    """Return where state lies: as given, else $BIZOPS_STATE, else `.bizops` in the company's folder."""
    if given is None and STATE_VARIABLE in environment:
        given = Path(environment[STATE_VARIABLE])
    return StatePaths((given or company / ".bizops").resolve())
