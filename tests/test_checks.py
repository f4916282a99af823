"""The system checks: each finds its fault, and none finds one in the default settings."""

import copy
import re
import secrets

import pytest
from django.core.checks import Tags, run_checks
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection, connections
from django.test import override_settings

from chatsite.config.channel_layer import channel_layer
from chatsite.config.database import database
from chatsite.server.forwarded import proxies
from tests.cases import each
from tests.fork_server import run_python
from tests.site import ROOT, static_root

SOURCES = "".join(path.read_text() for path in (ROOT / "chat/checks").glob("*.py"))
DOCUMENT = (ROOT / "docs/checks.md").read_text()


@pytest.fixture(autouse=True)
def site_url(settings):
    """Tests run with DEBUG off, and a site in production has an address."""
    settings.SITE_URL = "https://chat.example.org"


def found(**arguments):
    """Return the ids of this site's checks that report something."""
    return {message.id for message in run_checks(**arguments) if message.id.startswith("chat.")}


def test_default_settings_pass_all_checks(db):
    assert found(include_deployment_checks=True) <= {"chat.W008", "chat.W009"}, "development takes guests"
    assert found(databases=["default"]) == set()


# ---- The channel layer


@pytest.fixture
def layer(settings):
    def use(config):
        settings.CHANNEL_LAYERS = {"default": config}
        return found(tags=[Tags.compatibility])

    return use


def test_layer_that_loses_messages_is_an_error(layer):
    core = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": ["redis://cache.example"]}}
    assert layer(core) == {"chat.E001"}
    assert layer(channel_layer("redis://cache.example")) == set()


@pytest.mark.parametrize(("workers", "ids"), [("4", {"chat.W001"}), ("1", set()), ("", set())])
def test_processes_that_are_known_to_be_several_need_a_common_layer(layer, monkeypatch, workers, ids):
    monkeypatch.setenv("WEB_CONCURRENCY", workers)
    assert layer(channel_layer("")) == ids
    assert layer(channel_layer("redis://cache.example")) == set()


@pytest.mark.parametrize(
    "host",
    [
        "redis://cache.example",
        ("cache.example", 6379),
        {"address": "redis://cache.example", "socket_timeout": None, "socket_connect_timeout": 2},
        {"address": "redis://cache.example?socket_timeout=0.1", "socket_timeout": 5, "socket_connect_timeout": 2},
        {"address": "redis://cache.example", "socket_timeout": 5, "socket_connect_timeout": 300},
    ],
)
def test_redis_without_useful_timeouts_is_a_warning(layer, host):
    config = channel_layer("redis://cache.example")
    assert layer(config) == set()
    config["CONFIG"]["hosts"].append(host)
    assert layer(config) == {"chat.W002"}


@pytest.mark.parametrize("option", ["ssl_cert_reqs=none", "ssl_check_hostname=no"])
@pytest.mark.parametrize("address", ["rediss://cache.example?", "rediss+sentinel://one/live?"])
def test_tls_without_verification_is_a_warning(layer, address, option):
    assert layer(channel_layer(address + option)) == {"chat.W003"}
    assert layer(channel_layer(address.removesuffix("?"))) == set()


# ---- Databases


@pytest.fixture
def configured(monkeypatch):
    """Return a function that runs the checks of a database with these settings, without a connection."""

    def use(config, **changes):
        changes = {"ATOMIC_REQUESTS": False, "CONN_MAX_AGE": 0} | changes
        vendor = config["ENGINE"].rpartition(".")[2].replace("3", "")
        described = type("Described", (), {"vendor": vendor, "settings_dict": {**config, **changes}})
        monkeypatch.setattr(connections, "all", lambda **_: [described])
        return found(tags=[Tags.compatibility])

    return use


@pytest.fixture
def sqlite(tmp_path):
    return database({"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "chat.sqlite3"}, 16, "test.sqlite3")


@pytest.fixture
def postgresql():
    return database({"ENGINE": "django.db.backends.postgresql", "NAME": "chat"}, 16, "")


def test_sqlite_as_django_opens_it_is_refused(configured, sqlite):
    assert configured(sqlite) == set()
    assert configured({**sqlite, "OPTIONS": {}}) == {"chat.E002", "chat.E003"}


@pytest.mark.parametrize(
    ("command", "ids"),
    [
        ("PRAGMA journal_mode = wal;PRAGMA synchronous = 2", set()),
        ("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;", {"chat.E003"}),
        ("PRAGMA synchronous=FULL;", {"chat.E003"}),
    ],
)
def test_sqlite_without_durable_settings_is_an_error(configured, sqlite, command, ids):
    options = {**sqlite["OPTIONS"], "init_command": command}
    assert configured({**sqlite, "OPTIONS": options}) == ids


def test_deferred_transactions_are_an_error(configured, sqlite):
    options = {**sqlite["OPTIONS"], "transaction_mode": "DEFERRED"}
    assert configured({**sqlite, "OPTIONS": options}) == {"chat.E002"}


def test_a_pool_and_lasting_connections_exclude_each_other(configured, postgresql):
    assert configured(postgresql) == set()
    assert configured(postgresql, CONN_MAX_AGE=60) == {"chat.E005"}
    assert configured(postgresql, CONN_MAX_AGE=None) == {"chat.E005"}


def test_postgresql_without_persistent_connections_is_a_warning(configured, postgresql):
    without = {**postgresql, "OPTIONS": {}}
    assert configured(without) == {"chat.W005"}
    assert configured(without, CONN_MAX_AGE=60) == set()


def test_atomic_requests_is_a_warning(configured, sqlite, postgresql):
    assert configured(sqlite, ATOMIC_REQUESTS=True) == {"chat.W006"}
    assert configured(postgresql, ATOMIC_REQUESTS=True) == {"chat.W006"}


@pytest.mark.django_db(transaction=True)
def test_sqlite_is_checked_by_its_actual_settings():
    if connection.vendor != "sqlite":
        pytest.skip("The test database is no SQLite")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=NORMAL")
        try:
            assert found(databases=["default"]) == {"chat.E003"}
        finally:
            cursor.execute("PRAGMA synchronous=FULL")
    assert found(databases=["default"]) == set()


# ---- Files


class Signing(FileSystemStorage):
    def url(self, name, parameters=None, expire=None):
        return f"https://bucket.example/{name}?signature=x"


class Public(FileSystemStorage):
    def url(self, name, parameters=None, expire=None):
        return f"https://bucket.example/{name}"


@each(
    ("storage", "others", "ids"),
    [
        (Signing, {}, set()),
        (Public, {}, {"chat.E008"}),
        (FileSystemStorage, {}, {"chat.E008"}),
        (Signing, {"CHAT_FILES_ACCEL": "/protected/"}, {"chat.E008"}),
        (Signing, {"CHAT_FILES_HOST": "https://files.example.org"}, {"chat.E008"}),
    ],
)
def test_files_are_redirected_to_addresses_that_the_storage_signs(monkeypatch, storage, others, ids):
    monkeypatch.setitem(storages._storages, "files", storage())
    with override_settings(CHAT_FILES_REDIRECT=True, **others):
        assert found(tags=[Tags.compatibility]) == ids


# ---- Sessions


def test_sessions_that_cannot_be_ended_are_refused(settings):
    assert found() == set()
    for engine in ("cache", "signed_cookies", "file", "db", "cached_db"):
        settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
        assert found() == {"chat.E006"}


def test_sessions_that_are_not_json_are_a_warning(settings):
    settings.SESSION_SERIALIZER = "django.contrib.sessions.serializers.PickleSerializer"
    assert found() == {"chat.W012"}


# ---- Access


def test_allowed_hosts_with_a_wildcard_is_a_warning(settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert found() == {"chat.W007"}
    settings.DEBUG = True
    assert found() == set()


def test_missing_site_url_is_a_warning(settings):
    settings.DEBUG, settings.SITE_URL = False, ""
    assert "chat.W015" in found(tags=[Tags.security])
    settings.SITE_URL = "https://chat.example.org"
    assert "chat.W015" not in found(tags=[Tags.security])
    settings.DEBUG, settings.SITE_URL = True, ""
    assert "chat.W015" not in found(tags=[Tags.security])


@pytest.mark.parametrize(("setting", "id"), [("CHAT_GUESTS", "chat.W008"), ("CHAT_PLAIN_CLIENTS", "chat.W009")])
def test_open_guest_access_is_a_warning_on_deployment(settings, setting, id):
    settings.CHAT_GUESTS = settings.CHAT_PLAIN_CLIENTS = False
    assert found(include_deployment_checks=True) == set()
    setattr(settings, setting, True)
    assert found(include_deployment_checks=True) == {id}
    assert found() == set()


@pytest.mark.parametrize("create", [True, False])
def test_warning_mentions_guests_only_if_they_can_create_rooms(settings, create):
    settings.CHAT_GUESTS, settings.CHAT_GUESTS_CREATE_ROOMS = True, create
    [warning] = [it for it in run_checks(include_deployment_checks=True) if it.id == "chat.W008"]
    assert ("create rooms" in warning.msg) is create


def test_domains_that_restrict_nothing_are_a_warning(settings):
    settings.CHAT_EMAIL_DOMAINS = ["example.org"]
    assert found(tags=[Tags.security]) == {"chat.W017"}
    settings.CHAT_SIGN_UP = "domain"
    assert found(tags=[Tags.security]) == set()


def test_sign_up_by_email_without_a_mail_server_is_a_warning(settings):
    settings.CHAT_SIGN_UP, settings.CHAT_EMAIL_DOMAINS = "domain", ["example.org"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert found(tags=[Tags.security]) == {"chat.W018"}
    settings.DEBUG = True
    assert found(tags=[Tags.security]) == set()


def test_printed_emails_are_a_warning_on_deployment(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "chat.W019" in found(include_deployment_checks=True)
    settings.DEBUG = True
    assert "chat.W019" not in found(include_deployment_checks=True)


def test_trusted_scheme_header_without_https_is_a_warning(settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.HTTPS = False
    assert found() == {"chat.W010"}
    settings.HTTPS = True
    assert found() == set()


@pytest.mark.parametrize(
    ("trusted", "ids"), [("10.0.0.0/8,unix", set()), ("0.0.0.0/0", {"chat.W011"}), ("::/0", {"chat.W011"})]
)
def test_trusting_every_proxy_is_a_warning(settings, trusted, ids):
    settings.TRUSTED_PROXIES = proxies(trusted.split(","))
    assert found() == ids


# ---- Applications and files


def test_wrong_order_of_apps_is_a_warning(settings):
    settings.INSTALLED_APPS = [*(app for app in settings.INSTALLED_APPS if app != "chat"), "chat"]
    assert found() == {"chat.W013"}


def test_uncollected_static_files_are_a_warning(settings, tmp_path):
    hashed = copy.deepcopy(settings.STORAGES)
    hashed["staticfiles"]["BACKEND"] = "chatsite.server.static_files.HashedFiles"
    settings.STATIC_ROOT, settings.STORAGES = str(tmp_path), hashed
    assert found() == {"chat.W014"}
    settings.STATIC_ROOT = static_root()
    settings.STORAGES = copy.deepcopy(hashed)  # the storage has read its list of files
    assert found() == set()


# ---- All of them


@pytest.mark.parametrize(
    "services",
    [
        {},
        {
            "DATABASE_URL": "postgres://chat:secret@db.example/chat",
            "REDIS_URL": "redis://:secret@cache.example:6379/0",
            "TRUSTED_PROXIES": "10.0.0.0/8",
            "WEB_CONCURRENCY": "4",
        },
    ],
    ids=["one process", "many processes"],
)
def test_the_documented_settings_for_production_are_clean(services, tmp_path):
    environment = {
        "DEBUG": "off",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "chat.example.org",
        "SITE_URL": "https://chat.example.org",
        "EMAIL_URL": "smtp+tls://chat:secret@mail.example.org:587",
        "STATIC_ROOT": static_root(),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        **services,
    }
    checked = run_python(["manage.py", "check", "--deploy", "--fail-level", "WARNING"], environment)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "no issues" in checked.stdout


def test_every_check_has_an_id_of_its_own_a_hint_and_a_line_in_the_document():
    ids = set(re.findall(r'id="(chat\.[EW]\d{3})"', SOURCES))
    assert len(re.findall(r"\bhint=", SOURCES)) >= len(ids)
    assert set(re.findall(r"^\| `(chat\.[EW]\d{3})`", DOCUMENT, re.MULTILINE)) == ids


# ---- Tasks

DUMMY = "django_tasks.backends.dummy.DummyBackend"


@each(
    ("tasks", "ids"),
    [
        ({"BACKEND": DUMMY, "QUEUES": []}, set()),
        ({"BACKEND": DUMMY, "QUEUES": ["default", "mail", "http"]}, {"chat.E007"}),
        ({"BACKEND": "django_tasks.backends.immediate.ImmediateBackend", "QUEUES": []}, {"chat.E007"}),
    ],
)
def test_backend_of_tasks_has_what_they_need(tasks, ids):
    with override_settings(TASKS={"default": tasks}):
        assert found() == ids
