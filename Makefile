# Two commands do everything on a machine with Python 3.11 and make: `make run` and `make test`.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
STAMP := $(VENV)/.locked
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1

.PHONY: help setup run test safety processes fuzz mutants layers lint bench campaign elasticity drills faults faults-fem public-arms tissue convergence alarms pictures lock clean

help:
	@echo "make run          a whole massage session in simulation, with a report; ARGS=\"...\" passes options"
	@echo "make test         linter, types, import contracts, tests"
	@echo "make lint         only linter, types and import contracts"
	@echo "make safety       only the tests of the safety core, every branch of it"
	@echo "make processes    only the tests with real processes"
	@echo "make fuzz         a million random commands against the gate, a thousand wrong laws on the arm (half an hour)"
	@echo "make mutants      does a test see every change of the safety core? (a quarter of an hour)"
	@echo "make layers       does a test fail when a layer of safety is taken out? (some minutes)"
	@echo "make bench        speed of the loop beside its floor and the peers (some minutes; sets the peers up once)"
	@echo "make campaign     acceptance campaign: bodies x arms x gains x seeds (hours)"
	@echo "make elasticity   joints from soft to stiff, encoders on either side (a quarter of an hour)"
	@echo "make alarms       200 sessions without a fault: none may be stopped (hours)"
	@echo "make faults       whole fault table, two at once included (half an hour)"
	@echo "make faults-fem   a part of the fault table on finite elements (some minutes)"
	@echo "make tissue       contact law compared with finite elements (a quarter of an hour)"
	@echo "make convergence  finite elements over mesh size and time step (some minutes)"
	@echo "make drills       real processes, real kills (some minutes, on a quiet machine)"
	@echo "make pictures     pictures of README and docs"
	@echo "make setup        only the virtual environment in $(VENV)"
	@echo "make lock         newest versions of all packages into requirements.lock"
	@echo "make clean        delete $(VENV), runs/ with all its runs, and caches"

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "massage-arm: no Python found; allowed: Python 3.11; install python3.11 with venv" >&2; exit 2; }
	@"$(PYTHON)" -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v == (3, 11) else "massage-arm: got Python %d.%d; allowed: Python 3.11 (PyBullet has no wheels for newer ones); install it or call: make PYTHON=/path/to/python3.11 ..." % v)'
	@echo "massage-arm: setting up $(VENV) (once, a few minutes)"
	@"$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "massage-arm: compiling the control kernels (once, about a minute)"
	@$(BIN)/python -m workbench.runs.warm_up
	@touch $@

run: setup
	@$(BIN)/massage-arm run $(ARGS)

bench: setup
	@$(BIN)/massage-arm bench $(ARGS)

lint: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/basedpyright --warnings
	@$(BIN)/lint-imports

# The safety core has its own run, under branch coverage; `make test` runs the rest beside it, so nothing runs twice.
SAFETY_TESTS := $(addprefix tests/unit/test_, depth.py keep_out.py gate.py gate_caps.py gate_faults.py monitor.py monitor_senses.py monitor_on_way.py gate_false_wrench.py swing_watch.py reaction.py reasons.py tank.py own_time.py friction_doubt.py \
	supervision.py missing_torque.py missing_torque_use.py projection.py gate_pads.py gate_two_pads.py pad_shares.py speed_filter.py stop_gain_values.py outward_pull.py stopped_arm.py speed_signal.py speed_check.py gate_errors.py free_motion.py gate_own_terms.py audit.py lost_joints.py handover.py) $(addprefix tests/property/test_, leaky_counts.py gate_properties.py gate_fuzz.py \
	bound_properties.py limit_fields.py pads_fuzz.py certificate_fuzz.py certificate_edges.py)
COVERAGE := --cov=controller.safety --cov-branch --cov-fail-under=100 --cov-report=term-missing:skip-covered

safety: setup
	@$(BIN)/python -m pytest -n 2 -q -m "not campaign" $(COVERAGE) $(SAFETY_TESTS)

# Real processes in real time have the machine to themselves: beside other tests they starve, and fail for that.
PROCESS_TESTS := $(addprefix tests/faults/test_, processes.py bus_drills.py heir_drills.py rehearsal.py)

processes: setup
	@$(BIN)/python -m pytest -q -m "not campaign" $(PROCESS_TESTS)

test: lint safety processes
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not campaign" \
		$(addprefix --ignore=, $(SAFETY_TESTS) $(PROCESS_TESTS)) $(ARGS)

fuzz: setup
	@$(BIN)/python -m pytest -q -s -m campaign tests/property/test_gate_fuzz.py tests/property/test_certificate_fuzz.py tests/physics/test_wrong_law.py

mutants: setup
	@MASSAGE_ARM_HYPOTHESIS=mutants $(BIN)/mutmut run --max-children 2
	@$(BIN)/python tests/mutation/check_survivors.py
	@$(BIN)/python -m tests.mutation.certificate_mutants

layers: setup
	@$(BIN)/python -m tests.layers.take_out $(ARGS)

campaign: setup
	@$(BIN)/massage-arm campaign acceptance --gains standard fast --markdown docs/results.md $(ARGS)

elasticity: setup
	@$(BIN)/massage-arm campaign elasticity --markdown docs/elasticity.md $(ARGS)

drills: setup
	@$(BIN)/python -m pytest -q -m campaign $(PROCESS_TESTS)

faults: setup
	@$(BIN)/massage-arm campaign faults --markdown docs/faults.md $(ARGS)

faults-fem: setup
	@$(BIN)/massage-arm campaign faults --tissue fem --markdown docs/faults_fem.md $(ARGS)

public-arms: setup
	@$(BIN)/python -m pytest -q -m campaign tests/physics/test_public_arms.py

tissue: setup
	@$(BIN)/massage-arm campaign tissue --markdown docs/tissue.md $(ARGS)

convergence: setup
	@$(BIN)/massage-arm campaign convergence --markdown docs/convergence.md $(ARGS)

alarms: setup
	@$(BIN)/massage-arm campaign alarms $(ARGS)

pictures: setup
	@$(BIN)/python -m workbench.docs_pictures.make docs/pictures $(ARGS)

lock:
	@$(BIN)/python -m pip install --quiet pip-tools
	@$(BIN)/pip-compile --extra dev --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --annotation-style=line -q -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) runs .mypy_cache .ruff_cache .pytest_cache .hypothesis
