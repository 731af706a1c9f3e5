"""Run the command line as a module: `python -m bizops_pipeline`."""

from bizops_pipeline.cli.main import main

main()
