# floodbell: every target sets up by itself whatever it needs. `make` alone lists them.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
# A hundred processes of the tests, each to compile the whole source anew, cost half a minute.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PYTEST = $(BIN)/pytest -n $(WORKERS) --dist loadgroup
READY := .venv/.floodbell-installed
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard edge/locale/*/LC_MESSAGES/*.po))

# What you may add: make demo DEMO="--scenario mopping", make test TESTS="tests/edge -x",
# make mutants MUTANTS=edge/law/falling.py (only these modules; --show prints known survivors too),
# make home-assistant HOME_ASSISTANT=--expiry (waits the three minutes for a silent sensor, too).
DEMO ?=
TESTS ?=
WORKERS ?= 8
BENCH ?=
WORLD ?=
FLOODBELL_HOME_ASSISTANT ?=
HOME_ASSISTANT ?=
FLEET ?=
SOAK ?= --minutes 30
TORTURE ?= --minutes 20
CARD ?=
TRIXIE ?=
ARM64 ?=
MUTANTS ?=
ARCH ?=
RELEASE ?=
POWERCUTS ?=

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: setup ## a flood in a basement, with no hardware: DEMO="--scenario mopping --speed 2"
	@$(BIN)/floodbell demo $(DEMO)

.PHONY: demo-picture
demo-picture: setup mosquitto ## draw docs/demo.svg and its Korean anew, from a demo that is run for it
	@$(BIN)/python -m tests.picture

.PHONY: test
test: ## lint, and every test beside it: TESTS="tests/edge -x" for some
	@$(MAKE) -j 2 setup mosquitto
	@# What lint says is shown whole when the tests have ended; either fails the target. Before the first run the
	@# test files are compiled once: each worker would do it for itself, which takes eight times as long.
	@$(MAKE) lint >.venv/lint.log 2>&1 & lint=$$!; \
	[ -e .venv/.collected ] || { $(BIN)/pytest --collect-only -q >/dev/null 2>&1; touch .venv/.collected; }; \
	$(PYTEST) $(TESTS); tests=$$?; \
	wait $$lint || tests=1; \
	cat .venv/lint.log; \
	exit $$tests

.PHONY: test-long
test-long: setup mosquitto ## the full form of every test that has a short one
	@$(PYTEST) -m "not vm" $(TESTS)

.PHONY: test-vm
test-vm: setup ## the bell in a whole machine: systemd, a GPIO chip, USB ports; needs root and the rig
	@$(BIN)/python -m tests.vm.provision
	@$(BIN)/pytest -m vm --maxfail 3 $(or $(TESTS),tests/vm)

.PHONY: test-trixie
test-trixie: ## make test on Debian 13 with its Python 3.13, in a folder; needs root and debootstrap
	@python3 -m tests.platforms.trixie $(TRIXIE)

.PHONY: test-full-upgrade
test-full-upgrade: setup ## the package through apt's full-upgrade to Debian 13, in a folder; needs root and debootstrap
	@$(BIN)/python -m tests.platforms.full_upgrade

.PHONY: test-arm64
test-arm64: ## the unit part on an emulated 64-bit Pi, from wheels only; needs root and the rig
	@python3 -m tests.platforms.arm64 $(ARM64)

.PHONY: powercuts
powercuts: setup ## cut the power of the machine at fifty instants of floods, and docs/power-cuts.md: POWERCUTS="--cuts 50 --seed 7"
	@$(BIN)/python -m tests.vm.provision
	@$(BIN)/python -m tests.vm.crash_disks
	@$(BIN)/python -m tests.vm.power_cuts $(POWERCUTS)

.PHONY: torture
torture: setup mosquitto ## fuzz of every parser, faults on the running bell, kills: TORTURE="--minutes 20 --seed 7"
	@$(BIN)/python -m tests.torture $(TORTURE)

.PHONY: coverage
coverage: setup ## every branch of the pure modules is taken by their tests, or this fails
	@$(BIN)/pytest -q -n $(WORKERS) --cov-branch --cov-fail-under=100 $$($(BIN)/python tests/mutants/pure.py)

.PHONY: mutants
mutants: setup ## one small thing wrong at a time, each noticed: MUTANTS="edge/law/falling.py --show"
	@$(BIN)/python tests/mutants/run.py $(MUTANTS)

.PHONY: lint
lint: setup ## style, types and the arrows between the packages
	@# All four speak before one of them fails the target.
	@bad=0; \
	$(BIN)/ruff check --quiet . || bad=1; \
	$(BIN)/ruff format --quiet --check . || { echo "floodbell: run make format" >&2; bad=1; }; \
	$(BIN)/mypy || bad=1; \
	$(BIN)/lint-imports --no-logo || bad=1; \
	exit $$bad

.PHONY: format
format: setup ## put the code into its one form
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

.PHONY: bench
bench: setup mosquitto ## what is promised, measured beside a bare loop, and docs/benchmarks.md: BENCH="--only start,memory --runs 5 --quick"
	@$(BIN)/python -m tests.bench $(BENCH)

.PHONY: world
world: setup ## simulated device-years with everything that goes wrong: WORLD="--years 10000"
	@$(BIN)/python -m tests.world $(WORLD)

.PHONY: home-assistant
home-assistant: setup mosquitto ## see the bell in a running Home Assistant: FLOODBELL_HOME_ASSISTANT=its virtual environment
	@FLOODBELL_HOME_ASSISTANT="$(FLOODBELL_HOME_ASSISTANT)" $(BIN)/python -m tests.home_assistant.try_it $(HOME_ASSISTANT)

.PHONY: fleet
fleet: setup mosquitto ## a thousand bells against one broker, and docs/fleet.md: FLEET="--devices 1000"
	@$(BIN)/python -m tests.fleet $(FLEET)

.PHONY: soak
soak: setup mosquitto ## half an hour at fifty readings a second, and docs/soak.md: SOAK="--minutes 30"
	@$(BIN)/python -m tests.soak --docs $(SOAK)

.PHONY: card
card: setup mosquitto ## what a day costs an SD card, as root, in half an hour: CARD="--minutes 31"
	@$(BIN)/python tests/bench/wear.py $(CARD)

.PHONY: texts
texts: $(READY) ## bring the message catalogues up to date with the source
	@$(BIN)/pybabel -q extract -k _ -k N_ --no-location --omit-header -o .venv/floodbell.pot edge/cli edge/diagnose edge/demo
	@$(BIN)/pybabel -q update -N --no-wrap -D floodbell -i .venv/floodbell.pot -d edge/locale

.PHONY: field-guide
field-guide: setup ## write the table of troubles in both field guides anew, from what the program says
	@$(BIN)/python -m tests.field_guide

.PHONY: schemas
schemas: setup ## write the schemas of settings and messages, and the AsyncAPI document, anew
	@$(BIN)/floodbell schema config >config/floodbell.schema.json
	@$(BIN)/floodbell schema asyncapi >docs/asyncapi.json
	@$(BIN)/floodbell schema payloads --into docs/schemas

.PHONY: commands
commands: setup ## write docs/commands.md and its Korean anew, from the help of the commands
	@$(BIN)/python -m edge.cli.manual en >docs/commands.md
	@$(BIN)/python -m edge.cli.manual ko >docs/commands.ko.md

.PHONY: lock
lock: $(READY) ## pin every library of the program with its hashes anew: requirements.lock
	@$(BIN)/python -m debian.making.lock

.PHONY: deb
deb: setup ## the Debian package in dist/: ARCH=amd64|arm64 RELEASE=bookworm|trixie, else this machine's
	@command -v dpkg-deb >/dev/null || .ci/need dpkg "it makes the package"
	@$(BIN)/python -m debian.making $(if $(ARCH),--arch $(ARCH)) $(if $(RELEASE),--release $(RELEASE))

.PHONY: clean
clean: ## remove everything that was made here, the virtual environment too
	@rm -rf .venv dist build htmlcov .coverage .*_cache .hypothesis $(CATALOGUES)
	@find edge drivers tests -name __pycache__ -prune -exec rm -rf {} +

# --- what the targets stand on ---

.PHONY: setup
setup: $(READY) $(CATALOGUES)

$(READY): pyproject.toml hatch_build.py .ci/venv
	@.ci/venv

%.mo: %.po | $(READY)
	@$(BIN)/python hatch_build.py

.PHONY: mosquitto
mosquitto:
	@PATH="$$PATH:/usr/sbin:/usr/local/sbin"; command -v mosquitto >/dev/null || .ci/need mosquitto "the tests talk to a real broker"
