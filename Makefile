# What people run here. `make` alone prints this list.

PYTHON ?= python3
PORT ?= 8000
DATA ?= demo-data

PY := .venv/bin/python
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test check fmt bench soak migrate lock snapshot

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## make .venv from requirements.lock (once per lock)

demo: $(STAMP) ## a complete portal with made-up people; PORT=8000 DATA=demo-data
	@exec .venv/bin/portico demo --port "$(PORT)" --data "$(DATA)"

test: $(STAMP) ## everything that must hold: check, then all tests
	@exec $(PY) -m tests.run

check: $(STAMP) ## the static part of test: ruff, mypy, import contracts, content
	@exec $(PY) -m tests.run --static

fmt: $(STAMP) ## format the code, mend what ruff can mend
	@$(PY) -m ruff check --quiet --fix .; $(PY) -m ruff format --quiet .

bench: $(STAMP) ## measure; writes the table of docs/performance.md
	@exec $(PY) -m benchmarks

soak: $(STAMP) ## the long runs: full matrices, timing, production drill
	@exec $(PY) -m tests.soak

migrate: $(STAMP) ## bring OWNER_DATABASE_URL to this version's schema
	@exec .venv/bin/portico migrate

snapshot: $(STAMP) ## write the checked snapshots (docs/schema.sql …) anew
	@PORTICO_WRITE_SNAPSHOTS=1 $(PY) -m pytest -q tests/contracts

lock: | .venv/bin/uv ## resolve requirements.lock anew from pyproject.toml
	@.venv/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-header --all-extras pyproject.toml -o requirements.lock

.venv/bin/uv:
	@$(MAKE) --no-print-directory install

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Portico needs Python 3.11 or newer; name one with PYTHON=/path/to/python3."; exit 1; }
	@test -x $(PY) && $(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || \
		{ echo "This Python cannot make virtual environments; install the package python3-venv (apt install python3-venv)."; exit 1; }
	@echo "Installing into .venv from requirements.lock (once, about a minute)."
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)
