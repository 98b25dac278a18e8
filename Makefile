# Builds its own environment from uv.lock with nothing but Python 3.11 or 3.12, git and make, then calls the
# tools in it. What the targets do is decided by the tools, not here.

# The system's own first: version managers build theirs without the optimizations of a distribution, which took
# 1.3 times as long for plain Python. With ensurepip, or it makes no environment.
PYTHON ?= $(shell for candidate in /usr/bin/python3.11 /usr/bin/python3.12 python3.11 python3.12 python3 python; do \
	"$$candidate" -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null \
	&& echo "$$candidate" && break; done)
UV_VERSION := $(shell sed -n '/^name = "uv"$$/{n;s/^version = "\(.*\)"$$/\1/p;}' uv.lock)
ENVIRONMENT := .venv/.synced
RUN := .venv/bin/python -m
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv

.DEFAULT_GOAL := help
.PHONY: help demo dev test test-slow bench lint clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r target words; do \
		printf '%-18s %s\n' "$$target" "$$words"; done

demo: $(ENVIRONMENT) ## Simulated health system, one whole run, summary
	.venv/bin/concord demo

dev: $(ENVIRONMENT) ## User interface with the asset graph, checks and history
	.venv/bin/concord dev

test: $(ENVIRONMENT) ## All tests but the slow ones
	$(RUN) pytest -m "not slow"

test-slow: $(ENVIRONMENT) ## The slow tests; SLOW="tests/e2e" for those below one folder
	$(RUN) pytest -m slow $(SLOW)

bench: $(ENVIRONMENT) ## Rerun the performance claims
	$(RUN) benchmarks

lint: $(ENVIRONMENT) ## Style, types, import directions, SQL
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	.venv/bin/lint-imports
	$(RUN) yamllint --strict .
	$(RUN) sqlfluff lint --processes 0 --disable-progress-bar dbt_project/models dbt_project/tests
	$(RUN) tests.architecture.portability

clean: ## Remove environment and caches; keeps .concord
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		dbt_project/target dbt_project/logs

$(ENVIRONMENT): pyproject.toml uv.lock | .tools/uv-$(UV_VERSION)
	.tools/bin/python -m uv sync --frozen --all-groups --compile-bytecode --python .tools/bin/python
	@touch $@

.tools/uv-$(UV_VERSION):
	@test -n "$(PYTHON)" || { echo "Concord needs Python 3.11 or 3.12 with its venv module (Debian: install" \
		"python3-venv); found $$(python3 --version 2>&1). Or name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet "uv==$(UV_VERSION)"
	@touch $@
