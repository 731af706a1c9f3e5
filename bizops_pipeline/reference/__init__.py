"""The reference in `docs/reference`, made from the definitions: of KPIs, tables, and the YAML of the catalogue."""
