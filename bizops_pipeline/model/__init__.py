"""The company's records as one model: entities in `staging`, then dimensions, facts and bridges in `core`.

Here belongs what a table means, one SQL file per table; not where records come from (`sources`), nor what
is measured on them (`metrics`).
"""
