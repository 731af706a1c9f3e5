# Needs make and Python 3.11 or later; everything else goes into .venv. `make` alone lists the targets.

PYTHON ?= python3
COMPANY ?= data/retailer
WORKERS ?= 2

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
STATE := $(COMPANY)/.bizops

# No library reports home, and pip says only what went wrong.
export DAGSTER_DISABLE_TELEMETRY := true
export GX_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The lock is complete, so pip resolves nothing; it holds the build backend too, so nothing else is fetched.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || { echo "making $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "installing what requirements.lock names"
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: setup
setup: $(INSTALLED) ## Make .venv with the locked versions and this package

# The folder is the one that COMPANY names, whatever the caller's environment says.
demo dev ui: export BIZOPS_COMPANY = $(COMPANY)
demo dev ui: export BIZOPS_STATE = $(STATE)

.PHONY: demo
demo: setup ## Build the example company from its extracts and publish it
	@$(BIN)/bizops refresh
	@printf '\nPublished: %s\n\n' "$$(cd "$(STATE)" && pwd)/published/current/bizops.duckdb"
	@$(BIN)/bizops status

.PHONY: dev
dev: setup $(STATE)/dagster/dagster.yaml ## Start the Dagster UI and daemon on the example company
	@export DAGSTER_HOME="$$(cd "$(STATE)/dagster" && pwd)" PATH="$$PWD/$(BIN):$$PATH"; \
		exec $(BIN)/dagster dev -w workspace.yaml -h 127.0.0.1

.PHONY: ui
ui: setup $(STATE)/dagster/dagster.yaml ## Show the Dagster UI read-only: runs and tables to look at, nothing to launch
	@export DAGSTER_HOME="$$(cd "$(STATE)/dagster" && pwd)" PATH="$$PWD/$(BIN):$$PATH"; \
		exec $(BIN)/dagster-webserver -w workspace.yaml -h 127.0.0.1 --read-only

$(STATE)/dagster/dagster.yaml: dagster.yaml
	@mkdir -p "$(@D)"
	@cp $< "$@"

.PHONY: test
test: setup ## Run the fast tests
	@$(BIN)/pytest -q -n $(WORKERS) --dist loadscope --no-loadscope-reorder

.PHONY: test-slow
test-slow: setup ## Run the slow tests
	@$(BIN)/pytest -q -m slow

.PHONY: lint
lint: setup ## Check style, types, the direction of imports and the portability of SQL
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m bizops_pipeline.warehouse.portable

.PHONY: format
format: setup ## Put the code into the form that lint expects
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

.PHONY: reference
reference: setup ## Generate docs/reference from contracts, library and models, and the models' column lineage
	@$(BIN)/python -m bizops_pipeline.model.lineage
	@$(BIN)/python -m bizops_pipeline.reference docs/reference

.PHONY: lock
lock: setup ## Resolve requirements.lock anew from pyproject.toml
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes --upgrade \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file requirements.lock pyproject.toml

.PHONY: bench
bench: setup ## Measure this pipeline beside what one would otherwise write
	@$(BIN)/python -m pip install --quiet --no-deps -r benchmarks/requirements.txt
	@$(BIN)/python -m benchmarks

.PHONY: clean
clean: ## Remove .venv, caches and what the example company's runs wrote
	@rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@rm -rf data/retailer/.bizops
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
