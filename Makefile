# The verbs of the house. Needs git, make, pip and CPython 3.11 or newer; everything else goes into $(VENV).
# Windows: the same lines for PowerShell stand in README.md.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --quiet

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
BUNDLE := dist/linetwin-$(VERSION)-bundle

DEMO ?=
TESTS ?=
MARKS ?= not slow
WORKERS ?= 2
SHORT ?=

.PHONY: demo test test-long check bench faults docs bundle lock clean

demo: $(VENV)/run.stamp ## a living line with two hours behind it, in the browser: make demo DEMO="--port 9000"
	$(BIN)/twin demo $(DEMO)

test: $(VENV)/dev.stamp ## every test but the slow ones: make test TESTS=tests/unit/core
	$(BIN)/python -m pytest -q -m "$(MARKS)" $(or $(TESTS),-n $(WORKERS) --dist loadfile --ignore tests/browser)
	$(if $(TESTS),,$(BIN)/python -m pytest -q -m "$(MARKS)" tests/browser)

test-long: $(VENV)/dev.stamp ## every test, the slow ones too
	$(BIN)/python -m pytest -q --timeout 1800 $(TESTS)

check: $(VENV)/dev.stamp ## form, lint, types, layers, spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/codespell

bench: $(VENV)/dev.stamp ## our figures beside those of a rival in the same run
	$(BIN)/python -m benchmarks

faults: $(VENV)/dev.stamp ## break everything, count, write docs/reference/reliability.md (root): make faults SHORT=1
	$(BIN)/python -m tests.faults.battery $(if $(SHORT),--short)

docs: $(VENV)/dev.stamp ## write the generated pages of docs/reference again
	$(BIN)/python docs/generate.py

bundle: $(VENV)/run.stamp ## dist/linetwin-VERSION-bundle: installs on a machine like this one without a network
	rm -rf $(BUNDLE) && mkdir -p $(BUNDLE)
	$(PIP) download --require-hashes --only-binary :all: --dest $(BUNDLE)/wheels -r requirements/run.txt
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir $(BUNDLE)/wheels .
	cp deploy/bundle/* requirements/run.txt $(BUNDLE) && mv $(BUNDLE)/run.txt $(BUNDLE)/requirements.txt
	cd $(BUNDLE) && printf 'linetwin==$(VERSION) --hash=sha256:%s\n' \
	  "$$($(abspath $(BIN))/python -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' \
	  wheels/linetwin-$(VERSION)-*.whl)" >> requirements.txt
	$(BIN)/python -c 'import platform, sys; print(*sys.version_info[:2], sep=".", end=" "); print(platform.system(), platform.machine())' \
	  > $(BUNDLE)/PYTHON

lock: $(VENV)/dev.stamp ## resolve again; dev.txt first, so that the other two agree with it
	$(PIP) install uv
	$(LOCK) --upgrade --group dev --output-file requirements/dev.txt
	$(LOCK) --upgrade pyproject.toml --constraint requirements/dev.txt --output-file requirements/run.txt
	$(LOCK) --upgrade --group build --constraint requirements/dev.txt --output-file requirements/build.txt

clean: ## remove what make and the tools made; a data folder is yours and stays
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find twin connectors simulators tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is as new as the environment it stands for: made once, and again when a lock or pyproject.toml changes.
$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON): Linetwin needs Python 3.11 or newer; name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "$(PYTHON): cannot make an environment (on Debian: apt install python3-venv)" >&2; exit 1; }
	@touch $@

$(VENV)/run.stamp: $(VENV)/python.stamp requirements/run.txt requirements/build.txt pyproject.toml
	$(PIP) install --require-hashes -r requirements/run.txt
	$(PIP) install --require-hashes -r requirements/build.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements/dev.txt
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@
