"""The pages of the reference: Markdown and JSON Schemas made from the KPI library, the contracts and the models.

What a definition means is written beside the definition; this module only lays it out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bizops_pipeline.catalogue.library import library
from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.catalogue.schema import KINDS, schemas
from bizops_pipeline.catalogue.schema import render as render_schema
from bizops_pipeline.contracts.audit import ORIGIN, SYSTEM_TABLES
from bizops_pipeline.contracts.core import DIMENSIONS, FACTS
from bizops_pipeline.contracts.marts import MARTS
from bizops_pipeline.contracts.marts.data import PUBLICATION
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Column, Table
from bizops_pipeline.metrics.facts import facts_of_kpis
from bizops_pipeline.publish.tables import TABLES, VIEWS
from bizops_pipeline.reference.catalogue import render_catalogue
from bizops_pipeline.reference.markdown import cell, grid, listed, page

DOMAINS = {
    "value_creation": "Value creation",
    "risk_mitigation": "Risk mitigation",
    "resource_optimization": "Resource optimization",
}


def render_kpis() -> str:
    """Return the KPI dictionary: every KPI of the standard library."""
    kpis = [Kpi.model_validate(definition) for definition in library().values()]
    facts = facts_of_kpis(kpis)
    parts = [
        "The standard KPIs that ship with the package. A company switches one on with `{id: ..., use: library}` and "
        "overrides what differs; it defines its own beside them. How a type computes its value is in the "
        "[catalogue reference](catalogue.md#keys-by-type-of-kpi). A ratio is stored as 0..1, also where it is shown "
        "in percent."
    ]
    for domain, title in DOMAINS.items():
        members = sorted((kpi for kpi in kpis if kpi.value_domain == domain), key=lambda kpi: kpi.label or kpi.id)
        if members:
            parts.append(f"## {title}")
            parts += [_kpi(kpi, facts[kpi.id]) for kpi in members]
    return page("KPI dictionary", parts)


def render_tables() -> str:
    """Return the data dictionary: every table by schema, with its columns."""
    published = {table.id for table in TABLES}
    schemas: tuple[tuple[str, str, Sequence[Table]], ...] = (
        (
            "marts",
            "What readers query, in `published/current/bizops.duckdb` and as Parquet. A publication also holds the "
            "dimensions and bridges of `core`, under schema `marts`.",
            (*MARTS.values(), PUBLICATION, *VIEWS),
        ),
        ("core", "The value-stream model that metrics read.", (*DIMENSIONS, *FACTS)),
        (
            "staging",
            "The entities that sources are mapped to, one row per key. Beside the columns below every row has "
            + listed(column.name for column in ORIGIN)
            + ", which name its row in `raw`; that says file, row, time and refresh.",
            tuple(ENTITIES.values()),
        ),
        (
            "audit, quarantine, state",
            "How the pipeline keeps account of itself. Not published.",
            SYSTEM_TABLES,
        ),
    )
    parts = ["Every table by schema: what one row is, its key and its columns. **Bold** columns are never NULL."]
    for name, introduction, tables in schemas:
        parts += [f"## {name}", introduction]
        parts += [_table(table, is_published=name == "core" and table.id in published) for table in tables]
    return page("Data dictionary", parts)


def _schema(name: str) -> str:
    return render_schema(schemas()[name])


RENDERERS: dict[str, Callable[[], str]] = {
    "kpis.md": render_kpis,
    "tables.md": render_tables,
    "catalogue.md": render_catalogue,
    **{f"schema/{name}.schema.json": partial(_schema, name) for name in KINDS},
}
"""The generated files by name."""


def write_reference(folder: Path) -> list[Path]:
    """Write the generated files into a folder and return them."""
    written = []
    for name, render in RENDERERS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(), encoding="utf-8")
        written.append(path)
    return written


def _kpi(kpi: Kpi, facts: Sequence[str]) -> str:
    rows = {
        "Formula": kpi.formula,
        "Unit, direction": f"{kpi.unit}, {_direction(kpi)}",
        "Type": kpi.type,
        "Domain, layer": f"{kpi.value_domain}, {kpi.layer}",
        "Reads": listed(facts),
        "Needs": listed(kpi.needs) if kpi.needs else None,
        "Grains": ", ".join(kpi.grains),
        "Cut by": ", ".join(" × ".join(cut) if cut else "company" for cut in kpi.by),
        "Edge cases": kpi.edge_cases,
        "Source": kpi.citation,
    }
    table = grid(("", ""), ([name, cell(value)] for name, value in rows.items() if value))
    return f"### {kpi.label}\n\n`{kpi.id}`: {kpi.description}\n\n{table}"


def _direction(kpi: Kpi) -> str:
    words = {
        "up": "more is better",
        "down": "less is better",
        "band": "inside its band",
        "context": "neither is better",
    }
    return words[kpi.direction]


def _table(table: Table, *, is_published: bool) -> str:
    lines = [f"### {table.id}", table.summary]
    facts = [f"Key: {listed(table.key)}."]
    if is_published:
        facts.append("Published.")
    if table.latest_by:
        facts.append(f"Among rows of one key the latest {listed(table.latest_by)} wins.")
    facts += [rule.description for rule in table.rules]
    lines.append(" ".join(facts))
    lines.append(grid(("column", "type", "meaning"), (_column(column) for column in table.columns)))
    return "\n\n".join(lines)


def _column(column: Column) -> list[str]:
    name = f"**{column.name}**" if column.required else column.name
    meaning = [column.meaning]
    limits = (("at least", column.minimum), ("at most", column.maximum))
    bounds = [f"{word} {value:g}" for word, value in limits if value is not None]
    if bounds:
        meaning.append(", ".join(bounds).capitalize() + ".")
    if column.references:
        meaning.append(f"Refers to `{column.references}`.")
    if column.conserves:
        meaning.append(f"Adds up to `staging.{column.conserves.amount}`, per currency.")
    return [name, str(column.type), cell(" ".join(meaning))]
