# make demo | test | test-all: each does all the set-up that it needs, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := synth train verify_workers cluster
# Three files of tests at a time, since many a test waits; those that take longest first (tests/conftest.py).
PYTEST := $(BIN)/python -m pytest -q -p no:cacheprovider -n 3 --dist loadfile --no-loadscope-reorder
# Container images often set this; then every process compiles all that it imports, which is half of the time it takes to start.
unexport PYTHONDONTWRITEBYTECODE
# Set-up is redone when these change, and from nothing when it was interrupted ($(VENV)/.incomplete is left then).
LOCK_HASH := $(shell cat requirements/cpu.lock requirements/install.sh 2>/dev/null | cksum | tr ' ' '-')

.PHONY: help setup demo test test-all lint format docs site clean
.DEFAULT_GOAL := help

help:
	@echo "make setup   the virtual environment $(VENV) with locked packages, and the embedded Lean's core library (once, 3-5 minutes)"
	@echo "make demo    the whole job on this machine: problems -> statements -> proofs -> training rounds (5 to 15 minutes)"
	@echo "make test    the tests but the slow ones        make test-all    all of them"
	@echo "make lint    ruff, mypy and a check of the docs        make format  ruff's fixes and formatting        make docs    the reference pages in docs/, and a check of its links        make site    the docs as pages for a browser"
	@echo "make clean   remove caches and build output (CLEAN_VENV=1: the environment too)"
	@echo "TESTS=...    what to test, of all: a folder, a file, or options of pytest such as -k NAME"
	@echo "PYTHON=...   the Python to build the environment from (>= 3.11)"

setup: $(VENV)/.packages-$(LOCK_HASH) $(VENV)/.project
	@$(BIN)/python -m verify_workers.lean build

$(VENV)/.packages-$(LOCK_HASH):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	    { echo "setup: needs Python 3.11 or newer, but '$(PYTHON)' is $$($(PYTHON) --version 2>&1 | head -n 1); try make setup PYTHON=python3.11" >&2; exit 1; }
	@if [ -e $(VENV)/.incomplete ]; then echo "setup: the last set-up was interrupted; starting again"; rm -rf $(VENV); fi
	@$(PYTHON) -m venv $(VENV) || { echo "setup: could not make $(VENV); on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@touch $(VENV)/.incomplete
	@requirements/install.sh $(VENV)
	@rm -f $(VENV)/.packages-* $(VENV)/.project $(VENV)/.incomplete
	@touch $@

$(VENV)/.project: setup.cfg pyproject.toml | $(VENV)/.packages-$(LOCK_HASH)
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	@$(BIN)/synth demo

test: setup
	@$(PYTEST) -m "not slow" $(TESTS)

test-all: setup
	@$(PYTEST) $(TESTS)

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python docs/build.py --check

format: setup
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: setup
	@$(BIN)/python docs/build.py

site: setup
	@$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo docs/_build/html/index.html

clean:
	rm -rf build dist docs/_build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +
	$(if $(CLEAN_VENV),rm -rf $(VENV))
