# Everything is installed into .venv. Only Python 3.11 or later is required.
# README.md has the commands for people without make.

PYTHON ?= python3
VENV ?= .venv
ADDRESS ?= 127.0.0.1:8000
# Worker processes of `make serve`. Set REDIS_URL for more than one.
WORKERS ?= 2
MESSAGES ?= 2000
# The number of pytest workers, which often wait, and the tests to run, as in `make test TESTS=tests/socket`.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
TESTS ?= tests

BIN := $(VENV)/bin

# Without compiled modules, each of the many processes that the tests start takes half as long again to start.
unexport PYTHONDONTWRITEBYTECODE

# For `make faults` and `make soak`: options of `python -m tests.faults`, and the minutes that `make soak` runs.
FAULTS ?=
MINUTES ?= 60
# For `make bench`: options of `python -m benchmarks.all`, as in `make bench BENCH="--quick --only fanout"`.
BENCH ?= --write
# For `make fuzz`: the number of examples for each test, and the seed. Without a seed, each run uses a new one.
EXAMPLES ?= 500
SEED ?=

.PHONY: run serve rolling-restart demo test quick faults soak fuzz mutations bench scaling check lint audit format clean

run: $(VENV)/.run
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py runserver $(ADDRESS)

# `exec` replaces the shell by the parent process of the workers, so var/serve.pid holds the id of that process.
serve: $(VENV)/.run
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@$(BIN)/python manage.py migrate --verbosity 0
	@mkdir -m 700 -p var && echo $$$$ > var/serve.pid && address='$(ADDRESS)' && exec $(BIN)/python manage.py serve \
		--host="$$(echo "$${address%:*}" | tr -d '[]')" --port="$${address##*:}" --workers=$(WORKERS)

# Restart the workers one after another, under `make serve`, systemd or Compose.
rolling-restart:
	@$(PYTHON) deploy/rolling_restart.py

demo: $(VENV)/.run
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py demo --messages $(MESSAGES)

test: $(VENV)/.test
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadgroup $(TESTS)

# What needs no browser, no other process and no fuzzing, for everyday work.
SLOW := browser deploy faults fuzz processes terminal profile/test_upgrade.py test_on_postgresql.py test_docs.py test_request_log.py
quick: $(VENV)/.test
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadgroup $(addprefix --ignore=tests/,$(SLOW)) tests

# Break each rule that protects messages or access, one at a time in a copy. Fail if no test notices.
mutations: $(VENV)/.test
	$(BIN)/python -m tests.mutations $(if $(SEED),--seed $(SEED))

# The printed seed repeats a run.
fuzz: SEED := $(or $(SEED),$(shell $(PYTHON) -c 'import secrets; print(secrets.randbelow(2**32))'))
fuzz: $(VENV)/.test
	@echo "SEED=$(SEED) EXAMPLES=$(EXAMPLES)"
	FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest --hypothesis-seed=$(SEED) --numprocesses $(JOBS) --dist loadgroup tests/fuzz

# Test every fault on every database and server, and on the chat of the Channels tutorial. The table goes to var/faults,
# and with --write also to docs/results.
faults: $(VENV)/.test
	$(BIN)/python -m tests.faults $(FAULTS)

# Inject faults at random for MINUTES minutes.
soak: $(VENV)/.test
	$(BIN)/python -m tests.faults --soak $(MINUTES) $(FAULTS)

# Test the benchmarks, then measure the site and other servers, one after another. Figures go to var/bench, tables and
# charts to docs/results.
bench: $(VENV)/.test
	$(BIN)/python -m pytest --quiet benchmarks/tests
	$(BIN)/python -m benchmarks.all $(BENCH)

# Measure the cost of one more client, room, worker and message, and fit the capacity model. Results go to docs/results.
scaling: $(VENV)/.test
	$(BIN)/python -m benchmarks.scaling --write

# The second job uses the time in which a test waits.
check: $(VENV)/.test
	$(MAKE) --jobs=2 lint test

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(MAKE) audit
	$(BIN)/mypy

# Check the installed packages against the advisories of PyPI. Nothing is installed from npm, so there is no npm audit.
audit: $(VENV)/.test
	@if $(BIN)/python -c 'import django, urllib.request as it; it.urlopen(f"https://pypi.org/pypi/Django/{django.__version__}/json", timeout=10)' 2>/dev/null; \
	then $(BIN)/pip-audit --progress-spinner off --local --strict; \
	else echo "NOT AUDITED: pypi.org, or its advisories, cannot be reached from here."; fi

format: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) var staticfiles .mypy_cache .pytest_cache .ruff_cache .hypothesis

# uv installs in a quarter of the time. It does not read pip's configuration, so a machine with its own index uses pip.
define install
	@{ ! $(BIN)/python -m pip config list | grep -qE '\.(index-url|no-index)=' && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: uv && \
		$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r $<; } || \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $<
endef

$(VENV)/.run: requirements.txt
	@echo "Installing the site's dependencies into $(VENV) (once) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is required, but $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(install)
	@touch $@

$(VENV)/.test: requirements-dev.txt $(VENV)/.run
	@echo "Installing the test dependencies into $(VENV) (once) ..."
	$(install)
	@command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome || \
		$(BIN)/playwright install chromium || \
		echo "No Chromium was found, and it could not be installed. The browser tests will be skipped."
	@touch $@
