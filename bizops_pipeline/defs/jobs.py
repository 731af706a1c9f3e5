"""Jobs and their schedules: the daily refresh, and parts of it for people who know what they want."""

from __future__ import annotations

import dagster as dg

from bizops_pipeline.catalogue.models import Company

REFRESH = "refresh"


def jobs() -> list[dg.UnresolvedAssetJobDefinition]:
    """Return `refresh` (everything), `ingest` (sources to raw) and `publish` (the last step alone)."""
    return [
        _job(
            REFRESH,
            dg.AssetSelection.all(),
            "Extract, load, check, build and publish everything that changed.",
        ),
        _job(
            "ingest",
            dg.AssetSelection.groups("raw"),
            "Extract from all sources and load into raw; builds nothing.",
        ),
        _job(
            "publish",
            dg.AssetSelection.groups("publication"),
            "Publish the last build if its checks passed and it is complete; refused after a failed refresh.",
        ),
    ]


def schedules(company: Company) -> list[dg.ScheduleDefinition]:
    """Return the daily refresh, an hour after the company's midnight; switched off until someone turns it on."""
    return [
        dg.ScheduleDefinition(
            name="daily_refresh",
            job_name=REFRESH,
            cron_schedule="0 1 * * *",
            execution_timezone=company.settings.time_zone,
            default_status=dg.DefaultScheduleStatus.STOPPED,
            description="Refresh for yesterday, every night at 01:00 in the company's time zone.",
        )
    ]


def _job(name: str, selection: dg.AssetSelection, description: str) -> dg.UnresolvedAssetJobDefinition:
    return dg.define_asset_job(name, selection=selection, description=description, executor_def=dg.in_process_executor)
