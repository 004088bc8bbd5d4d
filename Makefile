# The whole project by name: `make help`. Needs Python >= 3.11, cargo and make; the rest is made here.
.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV := .venv
BIN := $(VENV)/bin
CARGO ?= cargo
# Scenarios of the getting-started guide, run where its runner stands beside the project.
GUIDE_RUNNER ?= ../shared/guide/run_guide.py
BENCH_ARGS ?=

# Everything the extension is built from: a change in any of these builds it again.
RUST_SOURCES := $(shell find crates -name target -prune -o \( -name '*.rs' -o -name Cargo.toml \) -print) Cargo.toml Cargo.lock

# The stamp means nothing when the library it stands for is gone.
ifeq ($(wildcard python/daffi/_daffi*.so),)
  $(shell rm -f $(VENV)/.extension)
endif

export PATH := $(CURDIR)/$(BIN):$(PATH)
export GUIDE_RUNNER

.PHONY: help demo test test-quick lint bench extension format clean

help: ## what each target does
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20
	@echo "  PYTHON=...          the interpreter to make .venv with, 3.11 or newer"

# One clear sentence instead of a shell's.
NEEDS_CARGO = command -v $(CARGO) >/dev/null || { echo "no cargo found" >&2; echo "hint: install Rust from https://rustup.rs" >&2; exit 1; }

demo: extension ## one process calls a function of another: the result and the median time of a call
	@$(BIN)/python examples/run.py first_call

test: extension ## every test: Rust, Python, examples, documentation; ends with `N passed, N failed`
	@$(CARGO) xtask test

test-quick: extension ## while working: the units, and of every idea one file over unix sockets; under a minute
	@$(CARGO) xtask test-quick

lint: extension ## fmt, clippy, rustdoc, tidy, ruff, import-linter, pyright, mypy, stubtest; ends with `N passed, N failed`
	@$(NEEDS_CARGO)
	@$(CARGO) xtask lint

bench: extension ## ours beside raw sockets and peers, one table (BENCH_ARGS=--quick for a smoke run)
	@$(BIN)/python -m benches $(BENCH_ARGS)

extension: $(VENV)/.extension ## the extension, built in release into python/daffi

format: $(VENV)/.requirements ## let the formatters rewrite the sources
	@$(CARGO) fmt
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

clean: ## remove what was made here, except cargo's own target folder
	rm -rf $(VENV) python/daffi/*.so .pytest_cache .ruff_cache .hypothesis

# `python3.12` may be a stub that answers "not installed": a candidate counts when it runs and is new enough.
$(BIN)/python:
	@found=; for candidate in $(PYTHON) $(if $(PYTHON),,python3 python3.14 python3.13 python3.12 python3.11 python); do \
	  if $$candidate -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "no Python 3.11 or newer with venv found$(if $(PYTHON),: $(PYTHON))" >&2; \
	  echo "hint: install one, or name it: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; \
	fi; \
	echo "making $(VENV) with $$($$found --version)"; $$found -m venv $(VENV)

$(VENV)/.requirements: requirements-dev.txt | $(BIN)/python
	@echo "installing requirements-dev.txt"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

$(VENV)/.extension: $(VENV)/.requirements $(RUST_SOURCES) pyproject.toml
	@$(NEEDS_CARGO)
	@echo "building the extension"
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/maturin develop --release --quiet
	@touch $@
