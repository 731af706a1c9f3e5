"""From raw rows to entities: mapped, typed, judged by the record rules, one row per entity key.

`builder` runs a build, in one transaction per entity; `mapping` turns the catalogue's map into SQL, and
`conversion` a source's value into a column's type. Everything the embedded engine alone understands stands
in `conversion`. Business logic that needs more than one entity belongs in the SQL of the model.
"""

from bizops_pipeline.model.staging.builder import StagingResult, build

__all__ = ["StagingResult", "build"]
