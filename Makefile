# Every verb sets up .venv first (tools/bootstrap.py, a few milliseconds once it is done). Written for GNU Make 3.81.
.DEFAULT_GOAL := help
.PHONY: help setup demo rehearsal test test-kafka test-clients emulator-rules check bench chaos explore lock format

PYTHON3 := $(shell command -v python3 || command -v python || echo python3)
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest

SEED ?= 1
SIZE ?= small
SCALE ?= 60
ONCE ?=
BOOKS ?= single
KILLS ?= 50
KAFKA ?= embedded
ROWS ?= 100000
ONLY ?=
OUT ?=
CORE ?=
EDITS ?=
FAULTS ?=
ARGS ?=

option = $(if $(2),--$(1) $(2))

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv from wheels
	@$(PYTHON3) tools/bootstrap.py

demo: setup ## the main job on embedded parts [ONCE=1 SIZE=small|medium|large|N SEED=1 SCALE=60]
	@$(PYTHON) -m launcher demo $(if $(ONCE),--once) --size $(SIZE) --seed $(SEED) --scale $(SCALE)

rehearsal: setup ## the vendors, PostgreSQL and a broker, to install into [BOOKS=single|group SIZE SEED SCALE; docs/rehearsal.md]
	@$(PYTHON) -m launcher rehearsal --books $(BOOKS) --size $(SIZE) --seed $(SEED) --scale $(SCALE)

test: setup ## all tests that need wheels only, on embedded parts [ARGS=...; PARTS=containers]
	@$(PYTEST) -n auto --maxprocesses 8 $(ARGS)

test-kafka: setup ## the delivery, end-to-end and fault tests on Apache Kafka [ARGS=...]
	@KAFKA=apache $(PYTEST) -m kafka $(ARGS)

test-clients: setup ## published clients of both vendors against the emulators [ONLY=name]
	@$(PYTHON) -m clients $(call option,only,$(ONLY))

emulator-rules: setup ## each vendor rule, its source, its test, and that it fails when the rule is off [ONLY=id]
	@$(PYTHON) -m emulators $(call option,only,$(ONLY))

check: setup ## lint, types, architecture, pins
	@$(PYTHON) tools/check.py

bench: setup ## figures, asserts nothing [ONLY=name ROWS=100000 OUT=file]
	@$(PYTHON) -m bench --rows $(ROWS) $(call option,only,$(ONLY)) $(call option,out,$(OUT))

chaos: setup ## kills and faults under load [SEED=1 KILLS=50 KAFKA=embedded|apache OUT=file]
	@$(PYTHON) -m chaos --seed $(SEED) --kills $(KILLS) --kafka $(KAFKA) $(call option,out,$(OUT))

explore: setup ## every interleaving over the pure cores [CORE=name EDITS=n FAULTS=n]
	@$(PYTHON) -m explore

format: setup ## let ruff write
	@.venv/bin/ruff check -q --fix . ; .venv/bin/ruff format -q .

lock: setup ## pin anew what libs/common and requirements.in ask for
	@.venv/bin/uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links \
	  --no-header --no-annotate libs/common/pyproject.toml requirements.in --output-file requirements.lock
