"""The last step: the checked build becomes what readers see, at once and whole, or it does not."""

from time import monotonic

import dagster as dg

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts import marts as contracts
from bizops_pipeline.defs import checks, log
from bizops_pipeline.defs.metadata import asset_key, freshness, row_count, table_of
from bizops_pipeline.defs.resources import Warehouse, environment
from bizops_pipeline.publish.alerts import tell
from bizops_pipeline.publish.gate import last_checked
from bizops_pipeline.publish.publication import publish
from bizops_pipeline.warehouse.session import finish

GROUP = "publication"
KEY = dg.AssetKey(["published", "current"])


def assets(company: Company) -> list[dg.AssetsDefinition]:
    """Return the publishing step."""
    spec = dg.AssetSpec(
        KEY,
        deps=[asset_key(table) for table in contracts.MARTS.values()],
        group_name=GROUP,
        description="What BI tools read: a self-contained DuckDB file and Parquet, replaced in one instant.",
        kinds={"duckdb", "parquet"},
        freshness_policy=freshness("daily"),
    )

    @dg.multi_asset(
        name="publish_build", specs=[spec], description="Publish the build if every blocking check passed, else refuse."
    )
    def publish_build(warehouse: Warehouse) -> dg.MaterializeResult[None]:
        started = monotonic()
        run = last_checked(warehouse.engine, warehouse.run)
        done = publish(
            warehouse.engine,
            company,
            run,
            warehouse.paths.published,
            required_checks=checks.required(company),
        )
        finish(warehouse.engine, warehouse.run, "published", None)
        sent, left = tell(warehouse.engine, company, run, environment())
        total = sum(done.tables.values())
        log.table(f"published {done.build_id}", total, f"{len(done.tables)} tables", monotonic() - started)
        counts = [{"table": name, "rows": rows} for name, rows in sorted(done.tables.items())]
        return dg.MaterializeResult(
            asset_key=KEY,
            metadata={
                **row_count(total, alerts_sent=sent, alerts_left=left),
                "path": dg.MetadataValue.path(str(done.database)),
                "readers_open": dg.MetadataValue.path(str(warehouse.paths.published / "current" / done.database.name)),
                "tables": table_of(counts),
            },
        )

    return [publish_build]
