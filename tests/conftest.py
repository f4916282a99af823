"""The cast: alice owns the rooms, bob is a member of both, carol is outside of the private one, gil is a guest.

Tests that need a room know `hall`, which is public, and `ops`, which is private. Nobody has written in them yet.
"""

import fcntl
import shutil
import signal
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from django.core.files.storage import InMemoryStorage, storages
from django.core.management.commands import flush
from django.db import connection
from django.test import Client

from chat.actions.accounts import issue_token, join_as_guest, sign_up
from chat.actions.imports.people import MembershipImport, import_memberships
from chat.actions.rooms import create_room
from chat.delivery.process.gc_tuning import freeze_startup_objects
from chat.models import Person, Room, SessionKeyTransition
from tests import kept_rows
from tests.cases import clear_process_caches
from tests.cast import PASSWORD
from tests.site import migrated, share_folder

# In the background of a shell it is ignored, and then by everything that is started here, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Before the workers of pytest-xdist start, so that they share it.
share_folder()


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Let the first worker compile the tests before the others collect them. In a new clone, that is most of it."""
    if not hasattr(session.config, "workerinput"):
        return (yield)
    done = share_folder() / "collected"
    with done.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            fcntl.flock(lock, fcntl.LOCK_UN)
        result = yield
        done.touch()
    return result


def pytest_collection_finish() -> None:
    """Collect garbage as a server does. At Python's default rate, each test would pay for the objects of all tests."""
    freeze_startup_objects()


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool, django_db_modify_db_settings: None, worker_id: str) -> bool:
    """Give each worker a copy of the database that sites start with. To migrate one more takes a second."""
    if worker_id == "master" or connection.vendor != "sqlite":
        return django_db_keepdb
    database = share_folder() / f"{worker_id}.sqlite3"
    shutil.copy(migrated(), database)
    connection.settings_dict["TEST"]["NAME"] = str(database)
    return True


# Nothing in the tests changes these, and every test finds them.
KEPT_TABLES = {"django_content_type", "auth_permission"}


@pytest.fixture(autouse=True, scope="session")
def quick_flush() -> Iterator[None]:
    """Keep content types and permissions when a transactional test ends. To create them again takes 79 of 87 ms."""

    def sql_flush(style: Any, connection: Any, **options: bool) -> list[str]:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        return connection.ops.sql_flush(style, [it for it in tables if it not in KEPT_TABLES], **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "sql_flush", sql_flush)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *args: None)
        yield


@pytest.fixture(autouse=True)
def fast_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """Clear the process-wide caches after each test."""
    SessionKeyTransition.has_ended = True
    yield
    clear_process_caches()


@pytest.fixture(autouse=True)
def stored_files(monkeypatch: pytest.MonkeyPatch) -> InMemoryStorage:
    """Give each test a storage of its own for uploaded files. It has no paths."""
    storage = InMemoryStorage()
    monkeypatch.setitem(storages._storages, "files", storage)
    return storage


@pytest.fixture
def alice(db: None) -> Person:
    return kept_rows.person("alice", lambda: sign_up("alice", PASSWORD, "alice@example.org"))


@pytest.fixture
def bob(db: None) -> Person:
    return kept_rows.person("bob", lambda: sign_up("bob", PASSWORD))


@pytest.fixture
def carol(db: None) -> Person:
    return kept_rows.person("carol", lambda: sign_up("carol", PASSWORD))


@pytest.fixture
def gil(db: None) -> Person:
    return kept_rows.person("gil", lambda: join_as_guest("gil"))


@pytest.fixture
def hall(alice: Person, bob: Person) -> Room:
    def create() -> Room:
        room = create_room(alice, "Hall", topic="For everybody")
        room.floor_seq = 0  # as alice and bob see it
        import_memberships(room, [MembershipImport(bob)])
        return room

    return kept_rows.room("hall", create, alice, bob)


@pytest.fixture
def ops(alice: Person, bob: Person) -> Room:
    def create() -> Room:
        room = create_room(alice, "Ops", visibility=Room.Visibility.PRIVATE)
        room.slug = "ops"  # as tests write it
        room.save(update_fields=["slug"])
        import_memberships(room, [MembershipImport(bob)])
        return room

    return kept_rows.room("ops", create, alice, bob)


@pytest.fixture
def signed_in() -> Callable[[Person], Client]:
    """A browser in which a person is signed in."""

    def browser(person: Person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return browser


@pytest.fixture
def program() -> Callable[[Person], Client]:
    """A program with a person's bearer token. It checks for CSRF as a server does."""

    def client(person: Person) -> Client:
        return Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {issue_token(person)}"})

    return client
