"""The settings under other environment variables."""

import json
import os
import subprocess
import sys

from chat.delivery.process.db_threads import READERS
from chatsite.config import files
from chatsite.config.database import LEAST_CONNECTIONS
from tests.cases import each
from tests.fork_server import ROOT, run_python

SHOW = "import json; from chatsite import settings; print(json.dumps(settings.DATABASES['default'], default=str))"


def alone(**environment):
    """Return these variables and those without which no program is found."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | environment


def python(code, **environment):
    """Run Python code in a process with these variables, with the libraries imported. Return the run."""
    return run_python(["-c", code], alone(**environment))


def database(url):
    return json.loads(python(SHOW, DATABASE_URL=url).stdout)


def test_default_database_is_durable_sqlite():
    options = json.loads(python(SHOW).stdout)["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]
    assert "synchronous=FULL" in options["init_command"]
    assert "secure_delete=ON" in options["init_command"]


def test_postgresql_gets_a_pool_and_keeps_the_options_of_its_address():
    settings = database("postgres://chat@db.example/chat?sslmode=verify-full")
    assert settings["OPTIONS"]["sslmode"] == "verify-full"
    assert settings["OPTIONS"]["pool"]["max_size"] == 16
    assert settings["CONN_HEALTH_CHECKS"] is True


def test_options_in_the_database_url_override_the_defaults():
    settings = database("postgres://chat:p%40ss@db.example:6432/chat?connect_timeout=1&conn_max_age=0")
    assert (settings["HOST"], settings["PORT"], settings["PASSWORD"]) == ("db.example", 6432, "p@ss")
    assert settings["OPTIONS"]["connect_timeout"] == 1
    assert settings["OPTIONS"]["pool"]["timeout"] == 5


@each(("size", "is_enough"), [("6", True), ("5", False), ("0", False)])
def test_pool_is_large_enough_for_database_threads_and_pages(size, is_enough):
    assert LEAST_CONNECTIONS == 1 + READERS + 1
    run = python(SHOW, DATABASE_URL="postgres://chat@db.example/chat", DATABASE_POOL_SIZE=size)
    assert (run.returncode == 0) == is_enough
    assert is_enough or "DATABASE_POOL_SIZE" in run.stderr.strip().splitlines()[-1]


def test_folder_of_the_database_is_created(tmp_path):
    """A container's file system may be read-only but for the folder of the database."""
    url = f"sqlite:///{tmp_path / 'new' / 'chat.sqlite3'}"
    run = python("from chatsite import settings", DATABASE_URL=url, SECRET_KEY="x")
    assert (run.returncode, (tmp_path / "new").is_dir()) == (0, True)


@each(
    ("given", "missing"),
    [({}, ["SECRET_KEY", "ALLOWED_HOSTS"]), ({"SECRET_KEY": "x"}, ["ALLOWED_HOSTS"])],
)
def test_missing_settings_stop_the_start_when_debug_is_off(given, missing):
    run = python("import chatsite.settings", DEBUG="off", **given)
    assert run.returncode != 0
    sentence = run.stderr.strip().splitlines()[-1]
    assert all(name in sentence for name in missing)
    assert ("SECRET_KEY" in sentence) == ("SECRET_KEY" in missing)


@each(
    ("variable", "value"),
    [
        ("CHAT_POSTS_PER_SECOND", "many"),
        ("CHAT_MAX_BODY", "1.5"),
        ("CHAT_DIRECT", "friends"),
        ("CHAT_BOTS", "everyone"),
        ("CHAT_DIRECT_MAX", "1"),
        ("CHAT_DIRECT_MAX", "14"),
        ("CHAT_GUEST_SHARE", "0"),
        ("CHAT_GUEST_SHARE", "1.5"),
        ("DATABASE_URL", "chat"),
        ("DATABASE_URL", "mysql://chat@db.example/chat"),
        ("DATABASE_URL", "sqlite://:memory:"),
        ("DATABASE_URL", "sqlite:////not/there/chat.sqlite3"),
        ("REDIS_URL", "cache.example"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("CHAT_SIGN_UP", "everyone"),
        ("CHAT_DELETED_ACCOUNTS", "forget"),
        ("CHAT_EMAIL_DOMAINS", "dora@example.org"),
        ("CHAT_VAPID_KEY", "MIGHAgEA"),
        ("CHAT_VAPID_KEY", "no key"),
        ("CHAT_PUSH_CONTENT", "all"),
        ("CHAT_OUTBOUND_PROXY", "proxy.example.org:3128"),
        ("CHAT_OUTBOUND_PROXY", "socks5://proxy.example.org"),
        ("CHAT_EMAIL_DOMAINS", ".example.org"),
        ("CHAT_FILES_HOST", "https://files.example.org"),
        ("CHAT_FILES_HOST", "files.example.org"),
    ],
)
def test_invalid_variable_stops_the_start_and_is_named(variable, value):
    run = python("import chatsite.settings", **{variable: value})
    assert run.returncode != 0
    assert variable in run.stderr.strip().splitlines()[-1]


def test_files_are_private_but_for_a_proxy_that_reads_them():
    given = [files.storage("", ROOT, is_read_by_proxy=it)["OPTIONS"] for it in (False, True)]
    modes = [(it["file_permissions_mode"], it["directory_permissions_mode"]) for it in given]
    assert modes == [(0o600, 0o700), (0o640, 0o750)]


def test_host_of_files_is_another_one():
    show = "from chatsite import settings as it; print(it.CHAT_FILES_HOST)"
    site = {"SITE_URL": "https://chat.example.org", "HTTPS": "on"}
    assert python(show, CHAT_FILES_HOST="Files.example.org", **site).stdout.strip() == "https://files.example.org"
    assert python(show, CHAT_FILES_HOST="chat.example.org:8443", **site).returncode != 0


def test_sign_up_by_domain_needs_a_domain():
    show = "from chatsite import settings as it; print(it.CHAT_EMAIL_DOMAINS)"
    refused = python(show, CHAT_SIGN_UP="domain")
    assert "CHAT_EMAIL_DOMAINS is required" in refused.stderr.strip().splitlines()[-1]
    shown = python(show, CHAT_SIGN_UP="domain", CHAT_EMAIL_DOMAINS="Example.org, example.com,")
    assert shown.stdout.strip() == "['example.org', 'example.com']"


def test_redis_gets_timeouts():
    show = "import json; from chatsite import settings; print(json.dumps(settings.CHANNEL_LAYERS['default']))"
    layer = json.loads(python(show, REDIS_URL="redis://cache.example/0").stdout)
    [host] = layer["CONFIG"]["hosts"]
    assert layer["BACKEND"] == "channels_redis.pubsub.RedisPubSubChannelLayer"
    assert host["socket_timeout"] > 0
    assert host["socket_connect_timeout"] > 0


def test_twisted_is_loaded_by_daphne_alone_and_what_sends_at_first_use(tmp_path):
    show = "print('twisted' in sys.modules)"
    sending = "print({'requests', 'urllib3', 'http_ece', 'py_vapid', 'cryptography', 'smtplib'} & sys.modules.keys())"
    code = f"import sys, uvicorn, chatsite.asgi, chat.urls; {sending}; {show}; import daphne.server; {show}"
    environment = alone(DATABASE_URL=f"sqlite:///{tmp_path / 'chat.sqlite3'}", SECRET_KEY="x")
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (run.returncode, run.stdout.split()) == (0, ["set()", "False", "True"]), run.stderr
