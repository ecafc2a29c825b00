# Everything this project does, by name. Each target makes what it needs (.venv first) and nothing twice.
SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
PORT   ?= 8000
PYTEST ?=
LOCK   ?=

# The first Python that is new enough; requirements.txt is made for 3.11 to 3.13.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

.PHONY: help book web teach teach-bundle pdf test bench links serve notebooks lock lint browser clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

book: $(STAMP)  ## Execute the chapters and build the pages, as far as something of them changed
	$(BIN)/python book/tools/pages.py

web: $(STAMP)  ## Build the page that colours, with npm; `make book` does it too (kept until something of it changes)
	$(BIN)/python book/tools/web.py

teach: $(STAMP)  ## Make students' notebooks, solutions, the key, quizzes and slides in _build/teach
	test -f _build/html/index.html || $(MAKE) book
	$(BIN)/python book/tools/teach.py

teach-bundle: $(STAMP)  ## The same, and the offline classroom with a wheelhouse for this platform
	test -f _build/html/index.html || $(MAKE) book
	$(BIN)/python book/tools/teach.py --wheels

test: $(STAMP) browser  ## Run every test: the package, the chapters, the book and its pages in a browser
	$(BIN)/python -m pytest --benchmark-skip -n auto --dist loadfile --no-loadscope-reorder $(PYTEST)

bench: $(STAMP)  ## Measure the speeds that the book promises; fail below 0.8 of the recorded (PYTEST=--renew: record)
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only -s $(PYTEST)

links: $(STAMP)  ## Visit every link of the pages
	$(BIN)/jupyter-book build . --builder linkcheck --keep-going

serve: $(STAMP)  ## Serve the pages on this machine, building them first when there are none (PORT=8000)
	test -f _build/html/index.html || $(MAKE) book
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

notebooks: $(STAMP)  ## Copy the set-up cell into every chapter and strip outputs that are no promise
	$(BIN)/python book/tools/notebooks.py

pdf: $(STAMP)  ## Print the whole book into one PDF in _build/pdf, with Chromium
	test -f _build/html/index.html || $(MAKE) book
	$(BIN)/python book/tools/pdf.py

lint: $(STAMP)  ## Look at style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:  ## Remove what was built (the environment in .venv stays)
	rm -rf _build dist build .pytest_cache .ruff_cache .mypy_cache .hypothesis .benchmarks *.egg-info
	find book colorlib notebooks tests -name __pycache__ -prune -exec rm -rf {} +

# Chromium opens the pages in the tests, Firefox the one that colours. Where one cannot be installed, those tests say so.
browser:
	@missing=; \
	command -v chromium chromium-browser google-chrome >/dev/null || missing=chromium; \
	command -v firefox-esr firefox >/dev/null || missing="$$missing firefox-esr"; \
	test -n "$$missing" || exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq || true; \
		for package in $$missing; do \
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$package >/dev/null \
				|| echo "$$package could not be installed: its tests cannot run" >&2; \
		done; \
	else echo "not installed, and its tests cannot run: $$missing" >&2; fi

lock: $(BIN)/python  ## Renew requirements.txt after a change of pyproject.toml (LOCK=--upgrade: newest versions)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
		--no-annotate --quiet --custom-compile-command 'make lock' --output-file requirements.txt $(LOCK)

$(STAMP): pyproject.toml requirements.txt book/tools/install.py | $(BIN)/python
	$(BIN)/python book/tools/install.py
	touch $@

$(BIN)/python:
ifeq ($(PYTHON),)
	$(error No Python 3.11 or newer was found. Install one, or name it: make PYTHON=/path/to/python3.11)
endif
	$(PYTHON) -m venv $(VENV)
