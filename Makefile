# `make` alone says what there is. Nothing here needs a step before it.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO_SECONDS ?= 90
WORKERS ?= 2

.PHONY: help demo test test-fast check format lock bench soak clean

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F':.*?## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(READY): requirements.lock pyproject.toml
	@echo "Making $(VENV) with the locked dependencies (the first time takes a minute or two)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; found: $$($(PYTHON) --version). Try: make PYTHON=python3.11"; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q streamsql # so that the first command starts as fast as the next
	@touch $@

demo: $(READY) ## Run the sample project on an embedded Kafka with live events, then show its outputs
	@$(BIN)/streamsql dev --duration $(DEMO_SECONDS) --newest 4

test: $(READY) ## Run the whole test suite
	@$(BIN)/python -m pytest -n $(WORKERS)

test-fast: $(READY) ## Run the quick tests: those that need neither Spark nor Kafka
	@$(BIN)/python -m pytest -n $(WORKERS) -m "not spark and not kafka and not slow"

check: $(READY) ## Format, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY) ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only .

lock: ## Resolve requirements.lock anew (needs uv)
	@uv pip compile pyproject.toml --extra spark --extra fast --extra registry --extra dev --group build \
	  --generate-hashes --universal --python-version 3.11 --no-header -q -o requirements.lock

bench: $(READY) ## Measure what is fast, beside hand-written PySpark (see benchmarks/)
	@$(BIN)/python -m benchmarks

soak: $(READY) ## Kill driver and broker 50 times in the middle of a run, and account for every row
	@STREAMSQL_KILLS=50 $(BIN)/python -m pytest tests/chaos -m "spark and kafka" -x -q

clean: ## Remove what was made: environment, outputs, caches
	rm -rf $(VENV) target .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
