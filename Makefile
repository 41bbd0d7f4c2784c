# Two commands do everything on a machine with Python 3.11 and make: `make run` and `make test`.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
STAMP := $(VENV)/.locked
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1

.PHONY: help setup run test lint bench campaign faults alarms pictures lock clean

help:
	@echo "make run       a whole massage session in simulation, with a report"
	@echo "make test      linter, types, import contracts, tests"
	@echo "make bench     speed of the loop"
	@echo "make campaign  the acceptance campaign: bodies x arms x seeds (slow)"
	@echo "make faults    the whole fault table, two at once included (20 minutes)"
	@echo "make alarms    200 sessions without a fault: none may be stopped (slow)"
	@echo "make pictures  the pictures of README and docs"
	@echo "make setup     only the virtual environment in $(VENV)"
	@echo "make lint      only linter, types and import contracts"

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "massage-arm: no Python found; allowed: Python 3.11; install python3.11 with venv" >&2; exit 2; }
	@"$(PYTHON)" -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v == (3, 11) else "massage-arm: got Python %d.%d; allowed: Python 3.11 (PyBullet has no wheels for newer ones); install it or call: make PYTHON=/path/to/python3.11 ..." % v)'
	@echo "massage-arm: setting up $(VENV) (once, a few minutes)"
	@"$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "massage-arm: compiling the control kernels (once, about a minute)"
	@$(BIN)/python -m workbench.warm_up
	@touch $@

run: setup
	@$(BIN)/massage-arm run $(ARGS)

bench: setup
	@$(BIN)/massage-arm bench $(ARGS)

lint: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: lint
	@$(BIN)/python -m pytest -n 2 -m "not campaign" $(ARGS)

campaign: setup
	@$(BIN)/massage-arm campaign acceptance --gains standard fast --markdown docs/results.md $(ARGS)

faults: setup
	@$(BIN)/massage-arm campaign faults --markdown docs/faults.md $(ARGS)

alarms: setup
	@$(BIN)/massage-arm campaign alarms $(ARGS)

pictures: setup
	@$(BIN)/python -m workbench.pictures docs/pictures

lock:
	@$(BIN)/python -m pip install --quiet pip-tools
	@$(BIN)/pip-compile --extra dev --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --annotation-style=line -q -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) runs .mypy_cache .ruff_cache .pytest_cache .hypothesis
