# Everything runs in .venv, which bootstrap.py fills from the hashed locks. Python: the first of these that is 3.11 or 3.12.
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory --silent
PYTHON ?= $(firstword $(foreach name,python3.12 python3.11 python3,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' >/dev/null 2>&1 && echo $(name))))
BIN := .venv/bin
PY := $(BIN)/python
# `make test COVERAGE=on` measures what the tests cover as well, which takes nearly twice as long; CI does.
COVERAGE ?= off
# A file's tests stay together, so that what they share is made once; files in the order of tests/conftest.py, long ones first.
PYTEST := pytest -q --dist loadfile --no-loadscope-reorder
# On two processors the third process uses what the others leave while they wait for emulators and children.
EVERY := $(PYTEST) -n 3 --durations=20 -m "not services and not airflow"
export KEEP PORT
export UV_PYTHON_DOWNLOADS := never
# Wherever it is set: without bytecode each process that a test or the demo starts compiles all that it imports.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo demo-stop test quick test-services check fix docs-site golden bench lock setup-uv setup-runtime setup-dev
.DEFAULT_GOAL := help

help: ## What there is
	grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | awk -F'\t' '{ printf "  make %-13s %s\n", $$1, $$2 }'

demo: setup-runtime ## Run the demo's projects in an Airflow of its own; KEEP=1 leaves its UI up, PORT=… chooses the UI's port
	$(PY) -m sandbox.demo

demo-stop: setup-runtime ## Stop the Airflow that make demo KEEP=1 left up
	$(PY) -m sandbox.demo stop

test: setup-dev ## Run the tests that start no Airflow, and list the slowest twenty; COVERAGE=on measures what they cover
ifeq ($(COVERAGE),off)
	$(PY) -m $(EVERY)
else
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m $(EVERY)
	$(BIN)/coverage combine -q
	rm -f .coverage.*  # what a process that a test killed left half written
	$(BIN)/coverage report --format=total | sed 's/^/Coverage, %: /'
endif

quick: setup-dev ## Run the unit tests that need no emulator and take little time, in a minute; not stages, pages and sandbox
	$(PY) -m $(PYTEST) -n 2 -m "not slow and not emulator" tests/unit $(addprefix --ignore=tests/unit/,stages web sandbox)

test-services: setup-dev ## Run the demo in an Airflow, and as docker-compose.yaml deploys it on PostgreSQL and Redis
	$(PY) -m pytest -q -n 0 --durations=20 -m "services or airflow" tests/journeys tests/services

check: setup-dev ## Lint, types, layers, and that what is generated is current
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose*.yaml
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --quiet --check
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo >.cache/lint-imports.log || { cat .cache/lint-imports.log; exit 1; }
	$(PY) -m pipeline_lib docs --check
	if command -v docker-compose >/dev/null; then docker-compose --env-file .env.example config -q \
		&& docker-compose --env-file .env.example -f docker-compose.yaml -f docker-compose.tls.yaml -f docker-compose.oidc.yaml config -q; fi

fix: setup-dev ## Mend what ruff can
	$(BIN)/ruff check --quiet --fix
	$(BIN)/ruff format --quiet

docs-site: setup-dev ## Make the documentation as web pages, and say where they are
	$(BIN)/sphinx-build -q -W --keep-going -c docs/site -d .cache/docs-site.doctrees . .cache/docs-site
	echo "file://$(CURDIR)/.cache/docs-site/index.html"

golden: setup-dev ## Hold a run against the predecessors' outputs: CASE=folder ONLY="csv icr coda"
	test -n "$(CASE)" || { echo 'golden: say which: make golden CASE=../shared/golden/… [ONLY="csv icr coda"]'; exit 2; }
	$(PY) tests/run_golden.py "$(CASE)" $(ONLY)

bench: setup-runtime ## Measure each step: of all, or of N="10000 100000" messages, or of INPUT=folder; TRACED=1 REPEAT=3
	$(PY) -m sandbox.benchmark $(N) $(if $(INPUT),--input "$(INPUT)") $(if $(TRACED),--traced) --repeat $(or $(REPEAT),1)
ifeq ($(N)$(INPUT),)
	$(PY) -m sandbox.benchmark.maps
	$(PY) -m sandbox.benchmark.fetch
	$(PY) -m sandbox.benchmark.coda
	$(PY) -m sandbox.benchmark.shards
	$(PY) -m sandbox.benchmark.profiles
	$(PY) -m sandbox.benchmark.dags # fails where a bar is not met
endif

lock: setup-uv ## Compile requirements*.in to hashed locks; pins stay unless UPGRADE=1
	$(PY) bootstrap.py lock $(if $(UPGRADE),--upgrade)

setup-runtime: ## Make .venv with what the pipeline and the demo need, or bring it up to date
setup-dev: ## The same, and what tests and checks need

setup-uv setup-runtime setup-dev: setup-%:
	test -n "$(PYTHON)" || { echo 'setup: no Python 3.11 or 3.12 found; install one, or say where: make PYTHON=/path/to/python3.12 …'; exit 1; }
	$(PYTHON) bootstrap.py $*
