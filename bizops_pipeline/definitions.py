"""The Dagster entry point: read the company's catalogue and turn it into definitions."""

import os
from pathlib import Path

import dagster as dg

from bizops_pipeline.catalogue.loader import load_company
from bizops_pipeline.defs.assemble import definitions_for
from bizops_pipeline.settings import company_folder, state_paths


@dg.definitions
def defs() -> dg.Definitions:
    """Return the definitions of the company that $BIZOPS_COMPANY names, the example company without it."""
    folder: Path = company_folder(None, os.environ)
    company = load_company(folder, os.environ)
    return definitions_for(company, state_paths(folder, None, os.environ))
