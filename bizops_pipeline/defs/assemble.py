"""All definitions of a company in one place: assets by layer, checks, jobs, schedules, the warehouse."""

from __future__ import annotations

import dagster as dg

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.defs import core, insight, jobs, marts, publication, raw, staging, standing, steering
from bizops_pipeline.defs.resources import warehouse_for
from bizops_pipeline.settings import StatePaths


def definitions_for(company: Company, paths: StatePaths) -> dg.Definitions:
    """Return a company's definitions: every table an asset, every check an asset check, one daily refresh."""
    assets = [
        *raw.assets(company),
        *staging.assets(company),
        *core.assets(company),
        *marts.assets(company),
        *insight.assets(company),
        marts.trust(company),
        *standing.assets(company),
        *steering.assets(company),
        *publication.assets(company),
    ]
    return dg.Definitions(
        assets=dg.map_asset_specs(lambda spec: _owned(company, spec), assets),
        jobs=jobs.jobs(),
        schedules=jobs.schedules(company),
        resources={"warehouse": warehouse_for(company, paths)},
        executor=dg.in_process_executor,
    )


def _owned(company: Company, spec: dg.AssetSpec) -> dg.AssetSpec:
    owner = company.settings.owner
    return spec if spec.owners or not owner else spec.replace_attributes(owners=[owner])
