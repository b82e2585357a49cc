# make demo    what miglint says about a pull request that conflicts, on a small shop
# make test    all tests
# make check   format, lint, import directions, types
# make docs    writes what is generated of the documentation
#
# Needs python3 (3.11 or newer), git and make; everything else goes into .venv.

VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check docs clean

demo: $(VENV)/installed
	$(BIN)/python examples/make_conflict.py

test: $(VENV)/developing
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/pytest -n auto

check: $(VENV)/developing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	PYTHONPATH=linter:rules $(BIN)/lint-imports
	$(BIN)/mypy

docs: $(VENV)/installed
	$(BIN)/python docs/generate.py
	$(BIN)/python examples/update_readme.py

$(VENV)/bin/python:
	python=$$(.ci/find-python) && $$python -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/developing: $(VENV)/installed
	$(BIN)/pip install --quiet --group dev
	touch $@

clean:
	rm -rf $(VENV) dist build
