# AgentCollect. `make` lists the commands. Targets and paths are relative: make cannot hold a target with a space.
SHELL := /bin/sh
PORT ?= 8000
ARGS ?=
N ?= 1000000
# Python 3.11 or newer makes .venv; after that only .venv is used. PYTHON=/path/to/python chooses one; else the
# first on PATH that is new enough, or `python3` to complain about.
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
endif
export PORT

py := .venv/bin/python
# Where checks keep the state that settings make on import: never the state of a running product.
check_env := AGENTCOLLECT_VAR=.venv/check-var

.DEFAULT_GOAL := help
.PHONY: help run test check lint-api fuzz seed bench-api bench-webhooks bench-due races faults money-day mutations simulate checker demo pictures format messages lock clean python install install-dev

help:  ## list the commands
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

run: install  ## run the whole product on this machine (PORT=8000); Ctrl-C stops it
	@exec $(py) -m agentcollect.supervisor

test: install-dev  ## the whole suite on SQLite, then on PostgreSQL (ARGS='-k foo')
	@exec $(py) -m tests.run_suite $(ARGS)

check: install-dev  ## formatting, lint, types, architecture, migrations, OpenAPI drift
	@rm -rf .venv/check-var
	@echo 'ruff format'; $(py) -m ruff format --check --quiet --output-format concise . || { echo 'Run: make format'; exit 1; }
	@echo 'ruff check'; $(py) -m ruff check --quiet .
	@echo 'mypy'; $(check_env) $(py) -m mypy --no-error-summary .
	@cd clients/python && ../../$(py) -m mypy --no-error-summary
	@echo 'import-linter'; $(py) -c 'from importlinter.cli import lint_imports_command as run; run()' --no-cache --no-logo
	@echo 'migrations'; $(check_env) $(py) manage.py makemigrations --check --dry-run
	@echo 'openapi'; $(check_env) $(py) manage.py openapi --check
	@echo 'messages'; $(check_env) $(py) manage.py messages --check
	@$(MAKE) --no-print-directory lint-api

# 1.34 runs on Node 18, which Debian 12 has; 2.x does not.
redocly := npx --yes --loglevel=error @redocly/cli@1.34.15

lint-api:  ## lint the OpenAPI document (needs Node 18 or newer)
	@if command -v npx >/dev/null 2>&1; then echo 'redocly'; \
	  REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true $(redocly) lint agentcollect/openapi.json \
	    --config redocly.yaml; \
	elif [ "$$CI" = true ]; then echo 'npx is missing: install nodejs and npm.'; exit 1; \
	else echo 'redocly: skipped, this machine has no npx'; fi

fuzz: install-dev  ## a long run of malformed requests over the whole document (FUZZ_EXAMPLES, FUZZ_BODIES)
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-100} FUZZ_BODIES=$${FUZZ_BODIES:-10000} $(py) -m tests.run_suite \
	  tests/test_fuzz.py $(ARGS)

seed: install-dev  ## fill the empty PostgreSQL that DATABASE_URL names (N=1000000 cases)
	@exec $(py) -m benchmarks.seed $(N) $(ARGS)

bench-api: install-dev  ## measure the API: load, growth, against bare Django (ARGS='P1 P3 P4', ARGS=--short)
	@exec $(py) -m benchmarks.api $(ARGS)

bench-webhooks: install-dev  ## measure webhooks: latency, drain, isolation (ARGS='P5 P6 P7', ARGS=--short)
	@exec $(py) -m benchmarks.webhook_bench $(ARGS)

bench-due: install-dev  ## measure finding and claiming due steps among millions (P10; empties DATABASE_URL)
	@exec $(py) -m benchmarks.due_steps $(ARGS)

races: install-dev  ## workers, payments and disputes at the same moment, on PostgreSQL (ROUNDS=1000)
	@ROUNDS=$${ROUNDS:-1000} $(py) -m pytest tests/outreach/test_race.py -q -p no:cacheprovider $(ARGS)

faults: install-dev  ## kill senders, database, broker, receiver and clock under load (ARGS='--rounds 100')
	@exec $(py) -m benchmarks.faults $(ARGS)

money-day: install-dev  ## a day of payments, refunds and disputes under kill -9, then every sum (ARGS='--minutes 7')
	@exec $(py) -m benchmarks.money_day $(ARGS)

mutations: install-dev  ## turn each rule of the law off in turn: does the independent checker notice? (ARGS='--rule R-12')
	@exec $(py) -m benchmarks.mutations $(ARGS)

simulate: install-dev  ## a made-up portfolio through the engine, then the checker (DEBTORS=500 MONTHS=12 SEED=7 MIX=default)
	@exec $(py) -m benchmarks.simulated --debtors $${DEBTORS:-500} --months $${MONTHS:-12} --seed $${SEED:-7} \
	  --mix $${MIX:-default} $(ARGS)

checker: install-dev  ## re-read what an organisation sent and called, against the law (ARGS='--organisation org_…')
	@exec $(py) -m benchmarks.checker $(ARGS)

demo: install  ## a believable month for the demo organisation, on every page (ARGS=--again)
	@$(py) manage.py migrate --noinput -v 0
	@exec $(py) manage.py demo $(ARGS)

pictures: install-dev  ## take the pictures of README and guides anew, from a demo of their own (needs Chromium)
	@exec $(py) -m docs.images.make $(ARGS)

messages: install-dev  ## find and compile the texts of the payment page (payments/locale)
	@$(check_env) $(py) manage.py messages

format: install-dev  ## format the code and fix what can be fixed by machine
	@$(py) -m ruff format .
	@$(py) -m ruff check --fix .

lock: install-dev  ## write the lock files from requirements.in, requirements-dev.in and tools.in
	@$(py) -m uv pip compile $(lock_options) tools.in -o tools.txt
	@$(py) -m uv pip compile $(lock_options) requirements.in -o requirements.txt
	@$(py) -m uv pip compile $(lock_options) requirements-dev.in -c requirements.txt -o requirements-dev.txt

lock_options := --quiet --system-certs --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate --no-emit-index-url

clean:  ## remove .venv and caches; the state in var/ stays
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

install: python
	@"$(PYTHON)" agentcollect/supervisor/install.py run

install-dev: python
	@"$(PYTHON)" agentcollect/supervisor/install.py dev

python:
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
	  echo 'AgentCollect needs Python 3.11 or newer; found no $(PYTHON). Choose one: make run PYTHON=python3.12'; \
	  exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  has=$$("$(PYTHON)" -c 'import platform; print(platform.python_version())'); \
	  echo "AgentCollect needs Python 3.11 or newer; $(PYTHON) is $$has. Choose another: make run PYTHON=python3.12"; \
	  exit 1; }
