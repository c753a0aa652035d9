# `make` alone lists the targets. Everything happens inside .venv; nothing outside this folder is touched.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install -qq --disable-pip-version-check
TORCH  := torch==2.13.0
JAX    := jax jaxlib
BENCH  :=
COUNT  :=
SEED   :=

# A stamp is newer than pyproject.toml for as long as what it stands for is installed.
VENV_STAMP  := $(VENV)/.made
DEMO_STAMP  := $(VENV)/.installed-cli
DEV_STAMP   := $(VENV)/.installed-dev
BENCH_STAMP := $(VENV)/.installed-bench

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-all test-hostile test-native faults lint format bench dev clean

# Bytecode is kept beside its source (`make clean` removes it): without it every process that a test starts compiles anew.
unexport PYTHONDONTWRITEBYTECODE

# Two workers, each with one thread: workers that each take every core only get in each other's way.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

help:  ## list the targets
	@echo "make TARGET, where TARGET is one of:"
	@sed -n 's/^\([a-z-]*\):.*  ## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(DEMO_STAMP)  ## install, then train a network on handwritten digits
	@$(BIN)/glassnet train digits

test: lint  ## run the checks to run while working: style, types, import rules, the quick tests
	@echo "== quick tests"
	@$(PYTEST) -q -m "not slow" --hypothesis-profile=quick

test-all: lint  ## run every check: style, types, import rules, all tests, with branch coverage
	@echo "== quick tests, with branch coverage, which makes them three times as dear"
	@$(PYTEST) --cov --cov-report=term -m "not slow and not hostile" --hypothesis-profile=quick
	@echo "== slow tests, further cases and examples, and how often the check-up is right"
	@$(PYTEST) -q -m "(slow or rates or more or hypothesis) and not hostile"
	@echo "== hostile inputs and faults"
	@$(MAKE) --no-print-directory test-hostile

test-hostile: $(DEV_STAMP)  ## run the hostile inputs and faults alone (COUNT=60000 SEED=7: more inputs, others)
	@HOSTILE_COUNT=$(COUNT) HOSTILE_SEED=$(SEED) $(PYTEST) -m hostile tests/hostile

test-native: $(DEV_STAMP)  ## run the native engine's tests with C that watches itself: addresses, undefined behaviour, threads
	@$(BIN)/python -m tests.engines.native.sanitizing

faults: $(DEV_STAMP)  ## plant faults in a copy of the library, one at a time, and see that the tests fail
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.faults

lint: $(DEV_STAMP)  ## run the checks that need no test: style, types, import rules
	@echo "== style"
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@echo "== types"
	@$(BIN)/mypy
	@echo "== import rules"
	@$(BIN)/lint-imports --no-logo

format: $(DEV_STAMP)  ## rewrite the code in the house style
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: $(BENCH_STAMP)  ## measure speed beside the peers that can be installed (BENCH=--quick: in a minute)
	@for peer in "torch $(TORCH)" "jax $(JAX)"; do set -- $$peer; name=$$1; shift; \
	  $(BIN)/python -m pip show --quiet $$name 2>/dev/null || { echo "Installing $$* to compare with ..."; \
	  $(PIP) "$$@" || echo "$$* could not be installed (see above): measuring without it."; }; done
	@$(BIN)/python -m benchmarks $(BENCH)

dev: $(DEV_STAMP)  ## install what the checks need, and run none

clean:  ## remove .venv, caches and built files; trained networks in runs/ stay
	rm -rf $(VENV) build dist htmlcov .coverage .coverage.* .hypothesis .import_linter_cache
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find src tests benchmarks examples -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(VENV_STAMP):
	@command -v $(PYTHON) >/dev/null || { \
	  echo "glassnet needs Python 3.11 or newer; '$(PYTHON)' was not found."; \
	  echo "Install it, or name it: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "glassnet needs Python 3.11 or newer; '$(PYTHON)' is `$(PYTHON) --version 2>&1`."; \
	  echo "Install a newer one and name it, for example: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make a virtual environment: its venv module is not installed."; \
	  echo "On Debian and Ubuntu: sudo apt install python3-venv    Then run make again."; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(DEMO_STAMP): $(VENV_STAMP) pyproject.toml
	@echo "Installing glassnet and its command into $(VENV) ..."
	@$(PIP) --editable ".[cli]"
	@touch $@

$(DEV_STAMP): $(VENV_STAMP) pyproject.toml
	@echo "Installing glassnet and its checks into $(VENV) ..."
	@$(PIP) --editable ".[dev]"
	@touch $@

$(BENCH_STAMP): $(VENV_STAMP) pyproject.toml
	@echo "Installing glassnet and its peers into $(VENV) ..."
	@$(PIP) --editable .
	@if $(PIP) --editable ".[bench]"; then touch $@; \
	 else echo "scikit-learn could not be installed (see above): measuring without it."; fi
