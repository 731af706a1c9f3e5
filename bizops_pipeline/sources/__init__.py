"""Connectors that extract what a source has to immutable landing files.

Only `ingest`, which has these files loaded, knows the warehouse.
"""
