"""The example company over few records that grow day by day: its spine, or the whole of it.

What belongs here: which definitions of the example are its spine. All else is read from the example as it is, so a
definition that is renamed or gone is an error here.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from bizops_pipeline_tests.e2e.support import CATALOGUE, RETAILER, SmallCompany, edit, read_yaml
from retailer_generator import generate

SOURCES: dict[str, tuple[str, ...]] = {
    "devops": ("changes", "commits", "deployments", "deployment_commits"),
    "erp": ("customers", "products", "orders", "order_lines"),
    "fx": (),
    "itsm": ("incidents", "outages"),
    "okr_tool": (),
    "survey": (),
    "webshop": ("sessions", "carts", "checkouts", "refunds"),
}
"""The sources of the spine with the tables of each; a source that is one table names none."""

KPIS = frozenset(
    """
    net_revenue orders aov active_customers arpu conversion_rate cart_abandonment checkout_abandonment refund_rate
    repeat_purchase_rate csat it_satisfaction deployment_frequency change_failure_rate rework_rate
    lead_time_for_changes coding_time merge_to_deploy failed_deploy_recovery mttr_resolve mttr_resolve_median
    mttr_restore sla_compliance availability critical_incidents open_incidents undeployed_changes
    """.split()
)
OBJECTIVES = frozenset(
    """
    easy_to_buy_2026q3 dependable_checkout_2026q3 flow_of_change_2026q3 wider_assortment_2026q3 great_christmas_2026q4
    calm_peak_2026q4
    """.split()
)
ORGANISATION = ("teams", "value_streams", "services")
"""What KPIs are cut by; nothing that is judged by KPIs of the whole company."""


@dataclass(frozen=True)
class Retailer(SmallCompany):
    """The example company's catalogue over few records."""

    scale: float
    split: Literal["day", "month"] = "day"

    def grow(self, until: date) -> Retailer:
        """Let every source show what it showed at the end of a day; finished files of the shop stay as they were."""
        generate(self.folder, scale=self.scale, until=until, split=self.split, erp="database")
        return self


def make_retailer(
    folder: Path, until: date, *, whole: bool = False, scale: float = 0.02, split: Literal["day", "month"] = "day"
) -> Retailer:
    """Make a small retailer of the example's spine, or with all of its sources, KPIs and objectives."""
    folder.mkdir(parents=True)
    for name in CATALOGUE:
        source = RETAILER / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    shutil.rmtree(folder / "catalogue" / "quality")  # its floors are those of two whole years
    if not whole:
        _keep_the_spine(folder)
    edit(folder / "sources" / "erp.yaml", lambda erp: erp["connector"].pop("restore_from"))
    for file in (folder / "sources").glob("*.yaml"):  # in the first days nobody had answered, returned or deployed
        edit(file, lambda source: source.update(allow_empty=True, required=False))
    return Retailer(folder, scale, split).grow(until)


def _keep_the_spine(folder: Path) -> None:
    for file in (folder / "sources").glob("*.yaml"):
        if file.stem not in SOURCES:
            file.unlink()
    for source, tables in SOURCES.items():
        if tables:
            edit(folder / "sources" / f"{source}.yaml", lambda found, kept=tables: _only(found["tables"], kept))
    catalogue = folder / "catalogue"
    for file in catalogue.glob("*.yaml"):
        if file.stem != "organisation":
            file.unlink()
    edit(catalogue / "organisation.yaml", lambda found: _only(found, ORGANISATION))
    _pick(catalogue / "kpis", "kpis", KPIS)
    _pick(catalogue / "okrs", "objectives", OBJECTIVES)
    for file in (catalogue / "okrs").glob("*.yaml"):
        edit(file, _keep_what_the_spine_measures)


def _only(found: dict[str, Any], names: Collection[str]) -> None:
    kept = {name: found[name] for name in names}
    found.clear()
    found.update(kept)


def _pick(folder: Path, key: str, ids: Collection[str]) -> None:
    """Keep some items, by their id, of the lists in all files of a folder."""
    seen: set[str] = set()
    for file in folder.glob("*.yaml"):
        items = read_yaml(file)[key]
        kept = [item for item in items if item["id"] in ids]
        seen.update(item["id"] for item in kept)
        edit(file, lambda found, kept=kept: found.update({key: kept}))
    assert seen == set(ids), f"the example has no {key} named {', '.join(sorted(set(ids) - seen))}"


def _keep_what_the_spine_measures(okrs: dict[str, Any]) -> None:
    for objective in okrs["objectives"]:
        objective["key_results"] = [kr for kr in objective["key_results"] if kr.get("kpi") in (None, *KPIS)]
    ids = {kr["id"] for objective in okrs["objectives"] for kr in objective["key_results"]}
    for objective in okrs["objectives"]:
        for key_result in objective["key_results"]:
            if key_result.get("supports") not in ids:
                key_result.pop("supports", None)
