# Everything here needs Python 3.11 or newer and nothing else. `make help` lists the targets.

SHELL := /bin/sh
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$name && exit 0; done; echo python3)
BIN := .venv/bin
CODE := providers studio tests benchmarks scripts manage.py

# folders whose tests must hold on PostgreSQL as well as on SQLite
DATABASE_TESTS := tests/billing tests/jobs tests/access tests/media tests/editor tests/gallery tests/history tests/moodboards

.PHONY: help run test lint format bench screenshots upgrade-check clean environment dev-environment browser

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: environment ## Start the studio (PORT=8000, DATA_DIR=data) and print a sign-in link
	@exec $(BIN)/python manage.py studio

test: dev-environment browser ## Run every test, in a real browser and on PostgreSQL too
	$(BIN)/python -m pytest
	$(BIN)/python -m tests.postgres $(wildcard $(DATABASE_TESTS))

lint: export DATA_DIR := $(CURDIR)/.venv/lint-data
lint: dev-environment ## Check style, types, the direction of imports, settings and migrations
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy providers studio
	$(BIN)/lint-imports
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run

format: dev-environment ## Put the code into shape
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: dev-environment browser ## Measure the engine and the pages (docs/performance.md)
	$(BIN)/python -m benchmarks.run

screenshots: dev-environment browser ## Take every page, wide and narrow, dark and light
	$(BIN)/python -m scripts.screenshots

upgrade-check: dev-environment ## List packages with newer versions
	$(BIN)/python -m pip list --outdated

clean: ## Remove the virtual environment and caches; data/ stays
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis test-results
	find . -name __pycache__ -type d -not -path './data/*' -prune -exec rm -rf {} +

environment:
	@$(PYTHON) scripts/environment.py requirements.txt

dev-environment:
	@$(PYTHON) scripts/environment.py requirements-dev.txt

browser: dev-environment
	@$(BIN)/python -m scripts.browser
