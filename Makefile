# Each target, alone, sets up what it needs on a machine with Python 3.11+ and nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STORE ?= memory
# Lints the OpenAPI document, and plays a second Kinesis; without it those tests are skipped, and fail where CI is set.
NODE := $(if $(shell command -v npm),node_modules/.installed)

.DEFAULT_GOAL := help
# More processes than CI has cores (two): tests wait for servers, leases and time-outs as long as they compute.
# In the order that tests/conftest.py gives: xdist's own order puts the slowest files last, since they hold few tests.
SIDE_BY_SIDE := -n 4 --dist loadfile --no-loadscope-reorder --max-worker-restart 0
.PHONY: help setup dev hooks demo test check lint format types imports test-motor compose-check sharded-check texts bench lock audit sbom pin-images clean

help: ## Show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(VENV)/.runtime ## Make .venv, with Fangate in it and nothing for developers

dev: $(VENV)/.dev ## Make .venv with what developers need too: the tests, the linters, the lock tool

hooks: $(VENV)/.dev ## Run the quick checks before each commit (see .pre-commit-config.yaml)
	$(BIN)/pre-commit install

demo: $(VENV)/.runtime $(if $(filter mongo,$(STORE)),$(VENV)/.dev) ## Run the main job from start to end and show it (STORE=mongo: against a real MongoDB; CONSOLE=1: then look at it)
	$(if $(filter mongo,$(STORE)),$(BIN)/python -m tests.support.servers.mongod) $(BIN)/fangate demo $(if $(CONSOLE),--console)

# Where Python may keep no bytecode, each of the processes would compile all tests, and each command all of Fangate.
test test-motor: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/.dev $(NODE) ## Run every test, in four processes
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

check: lint types imports test-motor test ## Everything CI runs

lint: $(VENV)/.dev ## Check the style of the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.dev ## Write the code in the style that lint checks
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.dev ## Check the types (mypy, strict)
	$(BIN)/mypy

imports: $(VENV)/.dev ## Check that imports point down and that no adapter knows another
	$(BIN)/lint-imports

test-motor: $(VENV)-motor/.dev ## The MongoDB contract suite on Motor instead of PyMongo's async client
	$(VENV)-motor/bin/python -m pytest $(SIDE_BY_SIDE) tests/contracts tests/adapters/mongo -k mongo

compose-check: $(VENV)/.dev ## Start docker-compose.yml and play the README's section (needs Docker with Compose v2)
	$(BIN)/python -m tests.compose

sharded-check: $(VENV)/.dev ## The suites of MongoDB on a sharded cluster (needs mongod and mongos in the PATH)
	$(BIN)/python -m tests.sharded

texts: $(VENV)/.dev ## Write the catalogue of the texts of the console, for translators
	$(BIN)/python -m tests.console.catalogue

bench: $(VENV)/.dev ## Measure, each figure beside its ceiling of the same run
	$(BIN)/python -m tests.bench

lock: $(VENV)/.dev ## Resolve the dependencies anew into requirements/
	$(BIN)/python -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" pyproject.toml --group build -o requirements/runtime.txt
	$(BIN)/python -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" -c requirements/runtime.txt pyproject.toml --group build --group dev -o requirements/dev.txt
	$(BIN)/python -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" pyproject.toml --extra motor --group build --group dev -o requirements/motor.txt
	$(BIN)/python -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --group pyproject.toml:audit -o requirements/audit.txt

audit: $(VENV)-audit/.tools ## Ask PyPI for known vulnerabilities of everything in requirements/ (needs the network)
	status=0; for file in requirements/*.txt; do \
		$(VENV)-audit/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r $$file || status=1; \
	done; exit $$status

sbom: $(VENV)-audit/.tools ## Write sbom.json, the list of what the image has of Python's packages (CycloneDX)
	$(VENV)-audit/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --validate \
		-o sbom.json requirements/runtime.txt

pin-images: ## Write the digests of the images into Dockerfile and docker-compose.yml (needs Docker and the network)
	$(PYTHON) deploy/image/pin.py

clean: ## Remove what the other targets made
	rm -rf $(VENV) $(VENV)-motor $(VENV)-audit sbom.json node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

$(VENV)-motor/.dev: requirements/motor.txt pyproject.toml
	test -x $(VENV)-motor/bin/python || $(PYTHON) -m venv $(VENV)-motor
	$(VENV)-motor/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/motor.txt
	$(VENV)-motor/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)-audit/.tools: requirements/audit.txt
	test -x $(VENV)-audit/bin/python || $(PYTHON) -m venv $(VENV)-audit
	$(VENV)-audit/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/audit.txt
	touch $@

node_modules/.installed: package-lock.json
	-npm ci --engine-strict --ignore-scripts --no-audit --no-fund --loglevel=error && touch $@
