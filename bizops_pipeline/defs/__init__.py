"""Dagster only: assets, checks, resources, jobs and schedules that wire the pipeline's functions together.

Every module turns a company's catalogue into definitions by pure functions; no logic of the pipeline lives here.
"""
