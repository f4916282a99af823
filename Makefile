# Everything is installed into .venv; nothing needs to be there but Python 3.11 or later.
# Each command is spelled out in README.md for those without make.

PYTHON ?= python3
VENV ?= .venv
ADDRESS ?= 127.0.0.1:8000
# Processes of `make serve`. More than one want REDIS_URL.
WORKERS ?= 2
MESSAGES ?= 2000
# pytest's workers and options, as in `make test TESTS=tests/socket`.
JOBS ?= 3
TESTS ?= tests

BIN := $(VENV)/bin

# Of `make faults` and `make soak`: options of `python -m tests.faults`, and how long faults go on at random.
FAULTS ?=
MINUTES ?= 60
# Of `make bench`: options of `python -m benchmarks.all`, as in `make bench BENCH="--quick --only fanout"`.
BENCH ?= --write
# Examples of each test of `make fuzz`, and the seed they come from; without one, another each time.
EXAMPLES ?= 500
SEED ?=

.PHONY: run serve rolling-restart demo test faults soak fuzz mutations bench scaling check audit format clean

run: $(VENV)/.run
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py runserver $(ADDRESS)

# The shell becomes the parent of the workers, so the file holds its id.
serve: $(VENV)/.run
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@$(BIN)/python manage.py migrate --verbosity 0
	@mkdir -m 700 -p var && echo $$$$ > var/serve.pid && address='$(ADDRESS)' && exec $(BIN)/uvicorn chatsite.asgi:application \
		--host="$$(echo "$${address%:*}" | tr -d '[]')" --port="$${address##*:}" --workers=$(WORKERS) \
		--http=chatsite.http:Http --ws=chatsite.websocket:WebSocket --no-proxy-headers --no-server-header \
		--timeout-graceful-shutdown=5 --timeout-worker-healthcheck=30

# One worker after another, under `make serve`, systemd or compose, whichever is there.
rolling-restart:
	@$(PYTHON) deploy/rolling_restart.py

demo: $(VENV)/.run
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py demo --messages $(MESSAGES)

test: $(VENV)/.test
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadgroup $(TESTS)

# Breaks each rule that keeps messages whole, or strangers out, one at a time in a copy, and fails if no test notices.
mutations: $(VENV)/.test
	$(BIN)/python -m tests.mutations $(if $(SEED),--seed $(SEED))

# What was found is found again by the seed it names.
fuzz: SEED := $(or $(SEED),$(shell $(PYTHON) -c 'import secrets; print(secrets.randbelow(2**32))'))
fuzz: $(VENV)/.test
	@echo "SEED=$(SEED) EXAMPLES=$(EXAMPLES)"
	FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest --hypothesis-seed=$(SEED) --numprocesses $(JOBS) --dist loadgroup tests/fuzz

# Inject every fault on every database and server, and into the tutorial's chat: to var/faults, with --write to docs/results.
faults: $(VENV)/.test
	$(BIN)/python -m tests.faults $(FAULTS)

soak: $(VENV)/.test
	$(BIN)/python -m tests.faults --soak $(MINUTES) $(FAULTS)

# Compare the site with other servers, one after another: figures to var/bench, tables and charts to docs/results.
bench: $(VENV)/.test
	$(BIN)/python -m benchmarks.all $(BENCH)

# Measure what one more client, room, worker and message costs, and the model made of it: to docs/results.
scaling: $(VENV)/.test
	$(BIN)/python -m benchmarks.scaling --write

check: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --quiet tests/test_architecture.py
	export DEBUG=0 ALLOWED_HOSTS=chat.example.org SITE_URL=https://chat.example.org STATIC_ROOT=$$(mktemp -d) && \
		export DATABASE_URL=sqlite:///$$STATIC_ROOT/db.sqlite3 && \
		export SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') && \
		$(BIN)/python manage.py collectstatic --noinput --verbosity 0 && \
		$(BIN)/python manage.py check --deploy --fail-level WARNING && rm -r $$STATIC_ROOT
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(MAKE) audit
	$(MAKE) test

# What is installed against the advisories of PyPI. There is no npm audit: nothing here is installed from npm.
audit: $(VENV)/.test
	@if $(BIN)/python -c 'import django, urllib.request as it; it.urlopen(f"https://pypi.org/pypi/Django/{django.__version__}/json", timeout=10)' 2>/dev/null; \
	then $(BIN)/pip-audit --progress-spinner off --local --strict; \
	else echo "NOT AUDITED: pypi.org, or its advisories for what is installed, cannot be reached from here."; fi

format: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) var staticfiles .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/.run: requirements.txt
	@echo "Installing what the site needs into $(VENV) (once) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements-dev.txt
	@echo "Installing what the tests need into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome || \
		$(BIN)/playwright install chromium || \
		echo "No Chromium was found, and none could be installed: the browser tests will be skipped."
	@touch $@
