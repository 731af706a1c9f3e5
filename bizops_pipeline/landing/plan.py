"""What a load has to read: which files carry rows, which only repeat others, whose old rows may vanish.

The same content is loaded once, whatever it is called: in append mode the first name in order carries the
rows. A file that comes again with other content replaces its old rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bizops_pipeline.catalogue.models import SourceTable
from bizops_pipeline.errors import SourceError
from bizops_pipeline.landing.store import Landed, latest_batch, read_manifest


@dataclass(frozen=True, slots=True)
class Booked:
    """The current content of a file, as the audit knows it."""

    extract_id: str
    sha256: str
    rejected: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read, what to book without reading, and whose stored rows may vanish (None: all)."""

    read: tuple[Landed, ...]
    superseded: tuple[Landed, ...] = ()
    """Repetitions: all their records count as deduplicated."""
    repeated: tuple[tuple[Landed, int], ...] = ()
    """Files that hold what they held, with the number of records rejected then."""
    vanishing: frozenset[str] | None = frozenset()


def plan(table: SourceTable, landed: Sequence[Landed], booked: Mapping[str, Booked]) -> Plan:
    """Decide what a load of landed files has to do, given the current content of the files loaded before."""
    ordered = sorted(landed, key=lambda item: item.number)
    if table.load.mode == "replace":
        return _plan_replace(table, ordered)
    if table.load.mode == "merge":
        return _plan_merge(ordered)
    return _plan_append(ordered, booked)


def _plan_replace(table: SourceTable, ordered: list[Landed]) -> Plan:
    batch = latest_batch(ordered)
    if not batch:
        raise SourceError(
            f"source {table.source}, table {table.name}: the files of a full reload did not all arrive; "
            "the next refresh extracts them again"
        )
    carriers: dict[str, Landed] = {}
    for item in sorted(batch, key=lambda item: item.origin):
        carriers.setdefault(item.sha256, item)
    read = tuple(sorted(carriers.values(), key=lambda item: item.origin))
    rest = tuple(item for item in ordered if item not in read)
    return Plan(read, rest, vanishing=None)


def _plan_merge(ordered: list[Landed]) -> Plan:
    """Read all but what was landed in another way than the latest of its file, or of the database."""
    latest = {_read_from(item): item.read_as for item in ordered}
    by_file = sorted(ordered, key=lambda item: (item.origin, item.number))
    read = tuple(item for item in by_file if item.read_as == latest[_read_from(item)])
    return Plan(read, tuple(item for item in by_file if item.read_as != latest[_read_from(item)]))


def _read_from(item: Landed) -> str:
    return item.origin if item.extent == "file" else ""


def _plan_append(ordered: list[Landed], booked: Mapping[str, Booked]) -> Plan:
    latest = {item.origin: item for item in ordered}
    superseded = [item for item in ordered if latest[item.origin] is not item]
    repeated = [
        (item, booked[origin].rejected)
        for origin, item in latest.items()
        if origin in booked and booked[origin].sha256 == item.sha256
    ]
    content_before = {origin: before.sha256 for origin, before in booked.items()}
    content_after = content_before | {origin: item.sha256 for origin, item in latest.items()}
    carrier_before, carrier_after = _carriers(content_before), _carriers(content_after)
    known = {item.origin for item, _ in repeated}
    read: dict[str, Landed] = {}
    for sha256, origin in carrier_after.items():
        if carrier_before.get(sha256) == origin:
            continue
        read[origin] = latest[origin] if origin in latest else _landed_before(ordered[0], booked[origin])
    superseded += [item for origin, item in latest.items() if origin not in read and origin not in known]
    vanishing = {origin for sha256, origin in carrier_before.items() if carrier_after.get(sha256) != origin}
    repeated = [(item, rejected) for item, rejected in repeated if item.origin not in read]
    return Plan(
        tuple(read[origin] for origin in sorted(read)), tuple(superseded), tuple(repeated), frozenset(vanishing)
    )


def _carriers(contents: Mapping[str, str]) -> dict[str, str]:
    """Return for each content the first file, by name, that has it."""
    carriers: dict[str, str] = {}
    for origin in sorted(contents):
        carriers.setdefault(contents[origin], origin)
    return carriers


def _landed_before(sibling: Landed, booked: Booked) -> Landed:
    """Return an earlier landing file: it repeated a content whose carrier has changed, and now carries it."""
    name = "-".join(booked.extract_id.rsplit("-", 2)[1:])
    manifest = sibling.path.parent / f"{name}.json"
    if not manifest.is_file():
        raise SourceError(
            f"{manifest} is needed again, because the file whose content it repeated has changed, but it is not in "
            "landing any more; put it back, or reload the source in full"
        )
    return read_manifest(manifest)
