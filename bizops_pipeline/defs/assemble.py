"""All definitions of a company in one place: assets by layer, checks, jobs, schedules, the warehouse."""

from __future__ import annotations

import dagster as dg

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.defs import core, jobs, marts, publication, raw, staging
from bizops_pipeline.defs.resources import warehouse_for
from bizops_pipeline.settings import StatePaths


def definitions_for(company: Company, paths: StatePaths) -> dg.Definitions:
    """Return a company's definitions: every table an asset, every check an asset check, one daily refresh."""
    return dg.Definitions(
        assets=[
            *raw.assets(company),
            *staging.assets(company),
            *core.assets(company),
            *marts.assets(company),
            *publication.assets(company),
        ],
        jobs=jobs.jobs(),
        schedules=jobs.schedules(company),
        resources={"warehouse": warehouse_for(company, paths)},
        executor=dg.in_process_executor,
    )
