# `make demo` and `make test` work on a fresh clone: each makes its own virtual environment when there is none.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

# How much of the repetitions `make soak` runs: all, or a part such as 2/8.
PART ?= all
PIP = $(BIN)/pip install --disable-pip-version-check --progress-bar off -c constraints.txt
# Of pip's lines, those that tell how far it has come.
PROGRESS = awk '/^ *(Collecting|Processing) / && ++packages % 10 == 0 { print "  " packages " packages found"; fflush() } \
	/^ *Downloading/ && match($$0, /\([0-9]+\.[0-9] MB\)/) && substr($$0, RSTART + 1) + 0 >= 5 \
		{ print "  fetching " $$2 " " substr($$0, RSTART); fflush() } \
	/^Installing collected/ { print "  unpacking them"; fflush() }'

.PHONY: help demo test soak check bench demo-library

help: ## Print this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

demo: $(VENV)/.installed ## Open a small library that comes with Wellread in the browser, with a question to send
	@$(BIN)/wellread demo

test: check ## Check the code and run the test suite, with a sample of what repeats itself
	$(BIN)/pytest

soak: $(VENV)/.installed-dev ## Run all of what repeats itself (half an hour); PART=2/8 runs a part of it
	WELLREAD_TEST_SOAK=$(PART) $(BIN)/pytest -m soak

check: $(VENV)/.installed-dev ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed-dev ## Measure the ratios of docs/architecture.md on this machine
	for script in benchmarks/bench_*.py; do $(BIN)/python $$script || exit 1; done

# Needs the tools named in demo/README.md.
demo-library: $(VENV)/.installed-dev ## Rebuild the files under wellread/demo from demo/
	$(BIN)/pip install --quiet -r demo/requirements.txt
	$(BIN)/python demo/build.py

$(BIN)/python:
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing Wellread into $(VENV), which takes about a minute: some 95 packages, 250 MB, from the Python"
	@echo "package index or pip's cache. Nothing but the requests for them leaves this machine."
	@rm -f $@; { $(PIP) -e . && touch $@; } | $(PROGRESS); test -e $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing Wellread and what its tests need into $(VENV)."
	@rm -f $@; { $(PIP) -e ".[dev]" && touch $@ $(VENV)/.installed; } | $(PROGRESS); test -e $@
