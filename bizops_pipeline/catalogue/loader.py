"""Reading a company: all files, all faults at once, and a Company only when there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bizops_pipeline.catalogue.checks import CHECKS
from bizops_pipeline.catalogue.dependencies import in_dependency_order, references
from bizops_pipeline.catalogue.documents import Document, NodePath, is_inside, read_document
from bizops_pipeline.catalogue.draft import Declared, Draft
from bizops_pipeline.catalogue.identity import SETTINGS
from bizops_pipeline.catalogue.library import library
from bizops_pipeline.catalogue.models import (
    AiCatalogue,
    Company,
    CompanySettings,
    Kpi,
    Objective,
    Organisation,
    Practices,
    SourceDefinition,
    Suite,
)
from bizops_pipeline.catalogue.sources import merged, source_tables
from bizops_pipeline.catalogue.suggestion import one_of
from bizops_pipeline.catalogue.validation import Located, validate
from bizops_pipeline.errors import CatalogueError, Problem
from bizops_pipeline.naming import fingerprint

ORGANISATION = "catalogue/organisation.yaml"
MODELS = "catalogue/models.yaml"
PRACTICES = "catalogue/practices.yaml"
SINGLE_FILES = (ORGANISATION, MODELS, PRACTICES)
FOLDERS = ("catalogue/kpis", "catalogue/okrs", "catalogue/quality", "sources")
_ID = re.compile(r"\bid:\s*['\"]?(\w+)")


def load_company(root: Path, environment: Mapping[str, str] | None) -> Company:
    """Read, check and resolve a company's definitions.

    References `${NAME}` stay in the result as they are written; that the environment sets them is checked.

    Args:
        root: The company's folder.
        environment: Where `${NAME}` is looked up, usually `os.environ`; None for who reads no source and needs none.

    Raises:
        CatalogueError: With every problem of every file.
    """
    root = root.resolve()
    if not (root / SETTINGS).is_file():
        found = f"no {SETTINGS} in {root}"
        expected = f"a company's folder; `bizops init {root}` writes a small working one"
        raise CatalogueError([Problem(SETTINGS, 1, 1, found, expected)])
    problems: list[Problem] = []
    draft = _Reader(root, environment, problems).draft()
    for check in CHECKS:
        problems.extend(check(draft))
    if problems:
        raise CatalogueError(sorted(set(problems), key=lambda problem: (problem.file, problem.line, problem.column)))
    return _company(draft)


def _company(draft: Draft) -> Company:
    assert draft.settings is not None
    settings = draft.settings.value
    organisation = draft.organisation.value if draft.organisation else Organisation()
    definitions: dict[str, Any] = {
        "settings": settings,
        "organisation": organisation,
        "source_tables": tuple(table.value for table in draft.tables),
        "kpis": tuple(in_dependency_order(kpi.value for kpi in draft.kpis)),
        "objectives": tuple(objective.value for objective in draft.objectives),
        "suites": tuple(suite.value for suite in draft.suites),
        "ai": draft.ai.value if draft.ai else AiCatalogue(),
        "practices": draft.practices.value.practices if draft.practices else (),
    }
    company = Company(root=draft.root, fingerprint="", **definitions)
    content = company.model_dump(mode="json", exclude={"root", "fingerprint"})
    return company.model_copy(update={"fingerprint": fingerprint(json.dumps(content, sort_keys=True))})


class _Reader:
    """Reads the files of one company into a draft."""

    def __init__(self, root: Path, environment: Mapping[str, str] | None, problems: list[Problem]) -> None:
        self.root = root
        self.environment = environment
        self.problems = problems
        self.unreadable: list[Path] = []

    def draft(self) -> Draft:
        self._refuse_unread_files()
        settings_document = self._document(self.root / SETTINGS)
        settings = self._located(CompanySettings, settings_document, ()) if settings_document else None
        organisation_document = self._document(self.root / ORGANISATION)
        organisation = self._located(Organisation, organisation_document, ()) if organisation_document else None
        ai_document = self._document(self.root / MODELS)
        practices_document = self._document(self.root / PRACTICES)
        sources, tables = [], []
        for document in self._documents("sources"):
            source = self._located(SourceDefinition, document, ())
            if source:
                sources.append(source)
                tables.extend(source_tables(source, settings.value if settings else None, self.problems))
        kpi_items = list(self._items("catalogue/kpis", "kpis"))
        objective_items = list(self._items("catalogue/okrs", "objectives"))
        suite_items = list(self._suite_items())
        written = frozenset(_ids(item for _, _, item in kpi_items)) | self._ids_in_unreadable("catalogue/kpis")
        kpis = [kpi for item in kpi_items if (kpi := self._kpi(*item))]
        parts = _parts_from_library(kpis, written)
        objectives, okrs_unread = [item for _, _, item in objective_items], self._ids_in_unreadable("catalogue/okrs")
        return Draft(
            root=self.root,
            environment=self.environment,
            settings=settings,
            organisation=organisation,
            sources=tuple(sources),
            tables=tuple(tables),
            kpis=(*kpis, *parts),
            objectives=tuple(found for d, path, _ in objective_items if (found := self._located(Objective, d, path))),
            suites=tuple(found for d, path, _ in suite_items if (found := self._located(Suite, d, path))),
            ai=self._located(AiCatalogue, ai_document, ()) if ai_document else None,
            practices=self._located(Practices, practices_document, ()) if practices_document else None,
            declared=Declared(
                kpis=written.union(part.value.id for part in parts),
                objectives=okrs_unread.union(_ids(objectives)),
                key_results=okrs_unread.union(_ids(each for one in objectives for each in _list(one, "key_results"))),
                services=self._declared(ORGANISATION, organisation_document, "services"),
                teams=self._declared(ORGANISATION, organisation_document, "teams"),
                value_streams=self._declared(ORGANISATION, organisation_document, "value_streams"),
                use_cases=self._declared(MODELS, ai_document, "use_cases"),
            ),
        )

    def _declared(self, file: str, document: Document | None, key: str) -> frozenset[str]:
        """Return the ids in a list of a file; all ids of one that is no YAML, which does not tell whose they are."""
        return self._ids_in_unreadable(file).union(_ids(_list(document.value if document else None, key)))

    def _document(self, path: Path) -> Document | None:
        """Return a file whose top is a mapping; None when it is not there or not readable."""
        if not path.exists() and not path.is_symlink():
            return None
        document = read_document(self.root, path, self.problems)
        if document is None:
            self.unreadable.append(path)
            return None
        if document.value is None:
            return Document(document.file, document.lines, {})
        if not isinstance(document.value, dict):
            self.problems.append(
                document.problem((), "no mapping at the top of the file", "keys and values (`key: value`)")
            )
            return None
        return document

    def _ids_in_unreadable(self, place: str) -> frozenset[str]:
        """Return the ids in a file, or the files of a folder, that are no YAML: what refers to them is not blamed."""
        read = [path for path in self.unreadable if self.root / place in (path, path.parent)]
        files = [path for path in read if is_inside(self.root, path)]
        return frozenset(
            id for file in files if file.is_file() for id in _ID.findall(file.read_bytes().decode("latin-1"))
        )

    def _documents(self, folder: str) -> Iterator[Document]:
        path = self.root / folder
        if path.exists() and not is_inside(self.root, path):
            found = "a link that leads out of the company's folder"
            self.problems.append(Problem(folder, 1, 1, found, "a folder inside it"))
            return
        for file in sorted(path.glob("*.yaml")):
            document = self._document(file)
            if document:
                yield document

    def _items(self, folder: str, key: str) -> Iterator[tuple[Document, NodePath, Any]]:
        """Yield the entries of the list that each file of a folder holds."""
        for document in self._documents(folder):
            for name in document.value:
                if name != key:
                    found = f"unknown key `{name}`"
                    self.problems.append(document.problem((name,), found, one_of(name, [key], "the key"), at="key"))
            items = document.value.get(key, [])
            if not isinstance(items, list):
                self.problems.append(
                    document.problem((key,), f"`{key}` is not a list", f"`{key}:` with a list (`- id: ...`)")
                )
                continue
            for index, item in enumerate(items):
                yield document, (key, index), item

    def _suite_items(self) -> Iterator[tuple[Document, NodePath, Any]]:
        for document in self._documents("catalogue/quality"):
            suites = document.value.get("suites") if set(document.value) == {"suites"} else None
            if isinstance(suites, list):
                yield from ((document, ("suites", index), item) for index, item in enumerate(suites))
            elif document.value:
                yield document, (), document.value

    def _located(self, model: Any, document: Document, path: NodePath) -> Located[Any] | None:
        value = document.value
        for step in path:
            value = value[step]
        validated = validate(model, value, document, [path], self.problems)
        return None if validated is None else Located(validated, document, path)

    def _kpi(self, document: Document, path: NodePath, item: Any) -> Located[Kpi] | None:
        """Return a KPI; with `use: library` the standard definition under what is written beside it."""
        if not isinstance(item, dict):
            return self._located(Kpi, document, path)
        definition = {key: value for key, value in item.items() if key != "use"}
        id = definition.get("id")
        if "file" in definition:
            self.problems.append(document.problem((*path, "file"), "unknown key `file`", "a key of a KPI", at="key"))
            return None
        if "use" in item:
            if item["use"] != "library":
                found = f"`use` is `{item['use']}`"
                self.problems.append(document.problem((*path, "use"), found, "`use: library`"))
                return None
            standard = library().get(str(id))
            if standard is None:
                found = f"the library has no KPI `{id}`"
                expected = one_of(str(id), library(), "one of the library's")
                self.problems.append(document.problem((*path, "id"), found, expected))
                return None
            definition = merged(standard, definition)
        elif id in library() and "type" not in definition:
            found = f"`{id}` without a definition"
            expected = f"`use: library` beside `id: {id}`, or a definition of your own with `type`"
            self.problems.append(document.problem((*path, "id"), found, expected))
            return None
        kpi = validate(Kpi, definition, document, [path], self.problems)
        return None if kpi is None else Located(kpi.model_copy(update={"file": document.file}), document, path)

    def _refuse_unread_files(self) -> None:
        """Report YAML files that nothing reads, so that no definition is left out in silence."""
        read = {self.root / name for name in SINGLE_FILES}
        for folder in FOLDERS:
            read.update((self.root / folder).glob("*.yaml"))
        for top in ("catalogue", "sources"):
            for path in sorted((self.root / top).rglob("*.y*ml")):
                if path.suffix in (".yaml", ".yml") and path not in read:
                    name = path.relative_to(self.root).as_posix()
                    places = ", ".join([*SINGLE_FILES, *(f"{folder}/*.yaml" for folder in FOLDERS)])
                    self.problems.append(Problem(name, 1, 1, "a file that nothing reads", f"one of {places}"))


def _parts_from_library(kpis: list[Located[Kpi]], written: frozenset[str]) -> list[Located[Kpi]]:
    """Return the standard KPIs that standard KPIs are computed from, where the company names none of that id.

    They are cut by nothing, so they are computed as far as others need them and shown nowhere.
    """
    standard = [kpi for kpi in kpis if kpi.value.id in library()]
    parts: dict[str, Located[Kpi]] = {}
    while standard:
        user = standard.pop()
        for _, name in references(user.value):
            if name in library() and name not in written and name not in parts:
                definition = Kpi.model_validate({**library()[name], "by": [], "file": user.value.file})
                parts[name] = Located(definition, user.document, user.path)
                standard.append(parts[name])
    return list(parts.values())


def _list(item: Any, key: str) -> list[Any]:
    items = item.get(key) if isinstance(item, dict) else None
    return items if isinstance(items, list) else []


def _ids(items: Any) -> Iterator[str]:
    for item in items:
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            yield item["id"]
