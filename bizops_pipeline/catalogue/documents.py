"""YAML files as values with the place of every node, so that any later complaint can point at its line.

Here belongs reading: syntax, duplicate keys, tags, size, and the promise that a file lies inside the company's
folder. What the values mean is not decided here.

Plain words keep the meaning people give them: `true`, `false`, `null` and numbers are read as such, everything
else (`yes`, `17:00`, `2026-01-01`, `007`) stays text until a model asks for more. Keys are always text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from bizops_pipeline.errors import Problem

NodePath = tuple[str | int, ...]
"""Keys and list positions from the top of a file to a node."""

MAXIMUM_BYTES = 2_000_000
MAXIMUM_NODES = 100_000
MAXIMUM_ALIASES = 100
MAXIMUM_DEPTH = 40

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STANDARD = "tag:yaml.org,2002:"
_SAFE_TAGS = frozenset(_STANDARD + name for name in ("str", "int", "float", "bool", "null", "seq", "map"))
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)?\.[0-9]+([eE][-+][0-9]{1,3})?")
_WORDS: dict[str, Any] = {"true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file, from 1; `text` tells whether characters of a text can be counted on from there."""

    line: int
    column: int
    text: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file: its value, and where each key and value stands."""

    file: str
    lines: tuple[str, ...]
    value: Any
    keys: Mapping[NodePath, Position] = field(default_factory=dict)
    values: Mapping[NodePath, Position] = field(default_factory=dict)

    def problem(
        self,
        path: NodePath,
        found: str,
        expected: str,
        *,
        at: Literal["key", "value"] = "value",
        offset: int = 0,
    ) -> Problem:
        """Return a problem at a node, or at the nearest node above it that the file has.

        `offset` counts characters into a text on one line.
        """
        position = self._position(path, at)
        column = position.column + (offset if position.text else 0)
        return self.problem_at(position.line, column, found, expected)

    def problem_at(self, line: int, column: int, found: str, expected: str) -> Problem:
        """Return a problem at a place of the file."""
        excerpt = self.lines[line - 1].replace("\t", " ") if 0 < line <= len(self.lines) else ""
        return Problem(self.file, line, column, found, expected, excerpt.rstrip())

    def has(self, path: NodePath) -> bool:
        """Tell whether the file has a node at that path."""
        return path in self.values

    def where(self, path: NodePath) -> str:
        """Return `file:line` of a node, for messages about two places."""
        return f"{self.file}:{self._position(path, 'value').line}"

    def _position(self, path: NodePath, at: Literal["key", "value"]) -> Position:
        if at == "value" and path in self.values:
            return self.values[path]
        for length in range(len(path), -1, -1):
            prefix = path[:length]
            position = self.keys.get(prefix) or self.values.get(prefix)
            if position is not None:
                return position
        return Position(1, 1)


def read_document(root: Path, path: Path, problems: list[Problem]) -> Document | None:
    """Return the file as a document; what is wrong with it is added to `problems`, None when nothing is left."""
    name = path.relative_to(root).as_posix()
    if not is_inside(root, path):
        problems.append(Problem(name, 1, 1, "a link that leads out of the company's folder", "a file inside it"))
        return None
    try:
        content = path.read_bytes()
    except OSError as error:
        problems.append(Problem(name, 1, 1, f"cannot be read: {error.strerror}", "a readable YAML file"))
        return None
    if len(content) > MAXIMUM_BYTES:
        found = f"a file of {len(content):,} bytes"
        problems.append(Problem(name, 1, 1, found, f"at most {MAXIMUM_BYTES:,} bytes"))
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.append(Problem(name, line, 1, f"byte {error.start + 1} is not UTF-8", "a file in UTF-8"))
        return None
    return parse_document(name, text, problems)


def parse_document(file: str, text: str, problems: list[Problem]) -> Document | None:
    """Return YAML text as a document; what is wrong with it is added to `problems`."""
    blank = Document(file, tuple(text.split("\n")), None)
    try:
        dangers = list(_dangers(blank, text))
        if dangers:
            problems.extend(dangers)
            return None
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        problems.append(_syntax_problem(blank, text, error))
        return None
    except (ValueError, OverflowError, RecursionError) as error:
        problems.append(blank.problem_at(1, 1, f"not readable as YAML: {error}", "plain YAML"))
        return None
    builder = _Builder(blank)
    value = {} if node is None else builder.build(node, ())
    problems.extend(builder.problems)
    if builder.is_exhausted:
        return None
    return Document(file, blank.lines, value, builder.keys, builder.values)


def is_inside(root: Path, path: Path) -> bool:
    """Tell whether a path, with all links followed, lies inside a folder."""
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return False


def _dangers(document: Document, text: str) -> Iterator[Problem]:
    """Yield what must not even be composed: foreign tags, too many aliases, too deep, more than one document."""
    depth = aliases = documents = 0
    for event in yaml.parse(text, Loader=_LOADER):
        mark: Any = event.start_mark
        place = (mark.line + 1, mark.column + 1)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents == 2:
                yield document.problem_at(*place, "a second document in one file", "one document per file")
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
            if aliases > MAXIMUM_ALIASES:
                found = f"more than {MAXIMUM_ALIASES} aliases (`*name`)"
                yield document.problem_at(*place, found, "the values written out")
                return
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAXIMUM_DEPTH:
                yield document.problem_at(*place, f"nested deeper than {MAXIMUM_DEPTH} levels", "a flatter file")
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        tag = getattr(event, "tag", None)
        if tag not in (None, "!") and tag not in _SAFE_TAGS:
            yield document.problem_at(*place, f"the tag `{tag}`", "a plain value without a tag")


def _syntax_problem(document: Document, text: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    if mark is None:
        offset = getattr(error, "position", 0) or 0
        line = text.count("\n", 0, offset) + 1
        return document.problem_at(line, 1, f"not YAML: {reason}", "plain text without control characters")
    line, column = mark.line + 1, mark.column + 1
    if line > len(document.lines) or (line > 1 and not document.lines[line - 1].strip()):
        line = max((n for n, content in enumerate(document.lines[:line], 1) if content.strip()), default=1)
        column = len(document.lines[line - 1].rstrip()) + 1
    content = document.lines[line - 1]
    if "\t" in content[: max(column, len(content) - len(content.lstrip()))]:
        column = content.index("\t") + 1
        return document.problem_at(line, column, "a tab in the indentation", "spaces: YAML allows no tabs there")
    context = getattr(error, "context", None)
    return document.problem_at(line, column, f"not YAML: {reason}", f"valid YAML{f' ({context})' if context else ''}")


class _Builder:
    """Turns composed nodes into values and notes where each stands."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.keys: dict[NodePath, Position] = {}
        self.values: dict[NodePath, Position] = {}
        self.problems: list[Problem] = []
        self.is_exhausted = False
        self._nodes = 0
        self._open: set[int] = set()

    def build(self, node: yaml.Node, path: NodePath) -> Any:
        self._nodes += 1
        if self.is_exhausted:
            return None
        if self._nodes > MAXIMUM_NODES:
            self._give_up(path, f"more than {MAXIMUM_NODES:,} values once aliases are written out")
            return None
        if id(node) in self._open:
            self._give_up(path, "an alias that contains itself")
            return None
        self.values[path] = _value_position(node)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
            return _scalar(node)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, path: NodePath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._complain(line, column, "a list or mapping as a key", "a plain name as the key")
                continue
            key = str(key_node.value)
            if key == "<<":
                self._complain(line, column, "a merge key `<<`", "the keys written out")
                continue
            if key in result:
                found = f"the key `{key}` a second time (first in line {first[key]})"
                self._complain(line, column, found, "each key once")
                continue
            first[key] = line
            self.keys[(*path, key)] = Position(line, column)
            result[key] = self.build(value_node, (*path, key))
        return result

    def _complain(self, line: int, column: int, found: str, expected: str) -> None:
        self.problems.append(self.document.problem_at(line, column, found, expected))

    def _give_up(self, path: NodePath, found: str) -> None:
        """Stop at the key under which it happened: what an alias stands for may be anywhere."""
        self.is_exhausted = True
        position = next((self.keys[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.keys), Position(1, 1))
        self._complain(position.line, position.column, found, "the values written out")


def _value_position(node: yaml.Node) -> Position:
    start, end = node.start_mark, node.end_mark
    if not isinstance(node, yaml.ScalarNode) or start.line != end.line:
        return Position(start.line + 1, start.column + 1)
    if node.style in ("'", '"'):
        verbatim = end.column - start.column == len(node.value) + 2
        return Position(start.line + 1, start.column + 1 + verbatim, text=verbatim)
    return Position(start.line + 1, start.column + 1, text=True)


def _scalar(node: yaml.Node) -> Any:
    text = str(node.value)
    is_plain = getattr(node, "style", None) not in ("'", '"', "|", ">")
    if not is_plain or (node.tag == _STANDARD + "str" and text not in _WORDS):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return text
