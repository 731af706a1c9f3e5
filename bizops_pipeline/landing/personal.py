"""Which columns of a source hold personal data and never reach `raw` as they are.

Three ways lead there: the source's YAML lists a column; a map puts it into a column that its contract calls personal;
or nothing reads it and its name looks personal by the list in `personal_columns.yaml`. What a reader needs is asked
for in YAML (`keep_columns`), so that the default is safe.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from bizops_pipeline.catalogue.models import SourceTable
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.landing.columns import columns_of_load, read_columns

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class Withheld:
    """Columns by name as the source writes them: those left out, and those that are kept as hashes only."""

    dropped: tuple[str, ...] = ()
    hashed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is withheld."""
        return bool(self.dropped or self.hashed)

    def describe(self) -> str:
        """Return what is withheld in words, empty when nothing is."""
        parts = {"dropped": self.dropped, "hashed": self.hashed}
        return "; ".join(f"{what} {', '.join(names)}" for what, names in parts.items() if names)


NOTHING_WITHHELD = Withheld()


def withheld(table: SourceTable, names: Iterable[str]) -> Withheld:
    """Return which of the columns that a source brings are dropped and which are hashed; case does not count.

    What the YAML lists under `drop_columns` or `hash_columns` is dropped or hashed, whatever `keep_columns` says.
    """
    entities = table.entities.values()
    listed_drop = _lowered(table.drop_columns, *(entity.drop_columns for entity in entities))
    listed_hash = _lowered(table.hash_columns, *(entity.hash_columns for entity in entities))
    kept, mentioned, secret = _lowered(table.keep_columns), _mentioned(table), _mapped_to_personal(table)
    dropped, hashed = [], []
    for name in names:
        low = name.lower()
        if low in listed_drop:
            dropped.append(name)
        elif low in listed_hash or (low in secret and low not in kept):
            hashed.append(name)
        elif low not in kept and low not in mentioned and looks_personal(name):
            (dropped if table.personal_columns == "drop" else hashed).append(name)
    return Withheld(tuple(dropped), tuple(hashed))


def named_columns(table: SourceTable) -> list[str]:
    """Return the columns that the YAML drops, hashes or keeps, in the order in which it names them."""
    lists = [table.drop_columns, table.hash_columns, table.keep_columns]
    for entity in table.entities.values():
        lists += [entity.drop_columns, entity.hash_columns]
    return list(dict.fromkeys(name for names in lists for name in names))


def looks_personal(name: str) -> bool:
    """Tell whether a column's name is, or contains, one of the names of personal data.

    What names a thing (`credit memo`) or a mere property (`comment count`) by the list does not count.
    """
    listed = _listed()
    text = " ".join(_words(name)).rstrip(" 0123456789")
    is_property = text.rpartition(" ")[2] in listed.properties
    names = listed.personal_with_properties if is_property else listed.personal
    for thing in listed.things:
        text = f" {text} ".replace(f" {thing} ", " | ").strip()
    words = text.split()
    return any(
        "".join(words[first:last]) in names for first in range(len(words)) for last in range(first + 1, len(words) + 1)
    )


def _mentioned(table: SourceTable) -> frozenset[str]:
    maps = (mapped for entity in table.entities.values() for mapped in entity.map.values())
    return _lowered(columns_of_load(table), *(read_columns(mapped) for mapped in maps))


def _mapped_to_personal(table: SourceTable) -> frozenset[str]:
    return _lowered(
        *(
            read_columns(mapped)
            for name, entity in table.entities.items()
            for column, mapped in entity.map.items()
            if name in ENTITIES and ENTITIES[name].has(column) and ENTITIES[name].column(column).personal
        )
    )


@dataclass(frozen=True, slots=True)
class _Listed:
    """The list of names: personal ones as one word, those that are so even of a property, and what is not personal."""

    personal: frozenset[str]
    personal_with_properties: frozenset[str]
    things: tuple[str, ...]
    properties: frozenset[str]


@cache
def _listed() -> _Listed:
    document = yaml.safe_load(files(__package__).joinpath("personal_columns.yaml").read_text(encoding="utf-8"))
    groups, properties = document["personal"], document["properties"]
    names = {group: {"".join(_words(name)) for line in lines for name in line} for group, lines in groups.items()}
    return _Listed(
        frozenset().union(*names.values()),
        frozenset().union(*(found for group, found in names.items() if group not in properties["of"])),
        tuple(thing for line in document["things"] for thing in line),
        frozenset(word for line in properties["words"] for word in line),
    )


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return [word.lower() for word in _WORD.findall(plain)]


def _lowered(*lists: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lower() for names in lists for name in names)
