"""Analyses over KPI values: what goes with what. Statistics come from scipy and statsmodels.

Both libraries take a second to import, so the modules that compute are imported by those that build a table, inside
a function and only when there is something to compute.
"""
