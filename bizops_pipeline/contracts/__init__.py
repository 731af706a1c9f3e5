"""Every table of the warehouse, declared once: columns, types, key, grain, rules, description.

Storage, validation, documentation and the data dictionary are made from these declarations. Nothing here
reads data or knows an engine.
"""
