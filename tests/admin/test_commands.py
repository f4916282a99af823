"""Management commands that write: each uses an action, or is listed here as an operator's tool."""

import getpass
import io

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError
from django.test import Client

from chat.actions.accounts import issue_token
from chat.models import AuditEntry, Person
from tests.cast import PASSWORD

NEW = "another good phrase"
THROUGH_ACTIONS = {
    "changepassword", "createsuperuser", "prune", "bump_epoch", "demo", "digestsessions", "lookalikes", "searchindex",
    "import_archive", "work",
}  # fmt: skip
# Django's own, which removes sessions that have run out: they open nothing.
HARMLESS = {"clearsessions"}
READ_ONLY = {
    "export_archive",
    "backup", "chat", "check", "collectstatic", "compilemessages", "dbshell", "diffsettings", "dumpdata", "findstatic",
    "inspectdb", "makemessages", "makemigrations", "optimizemigration", "runserver", "sendtestemail", "serve", "shell",
    "showmigrations", "sqlflush", "sqlmigrate", "sqlsequencereset", "squashmigrations", "startapp", "startproject",
    "test", "testserver", "runworker", "vapidkey",
}  # fmt: skip
# They bypass the actions. docs/security-tests.md says what else the operator has to do.
TOOLS = {"createcachetable", "flush", "loaddata", "migrate", "remove_stale_contenttypes"}


def typed(monkeypatch, *passwords):
    answers = iter(passwords)
    monkeypatch.setattr(getpass, "getpass", lambda prompt="": next(answers))


def run(*arguments, **options):
    out = io.StringIO()
    call_command(*arguments, stdout=out, stderr=out, **options)
    return out.getvalue()


def test_every_command_is_classified_by_its_writes():
    known = [THROUGH_ACTIONS, HARMLESS, READ_ONLY, TOOLS]
    unknown = set(get_commands()) - set.union(*known)
    assert unknown == set(), "say what these write, here and in docs/security-tests.md"
    assert {name for name in THROUGH_ACTIONS | HARMLESS if get_commands()[name] != "chat"} == set()


def test_changepassword_ends_sessions_tokens_and_sockets(
    alice, signed_in, monkeypatch, django_capture_on_commit_callbacks
):
    browser, token = signed_in(alice), issue_token(alice)
    typed(monkeypatch, NEW, NEW)
    with django_capture_on_commit_callbacks() as callbacks:
        run("changepassword", "ALICE")
    assert browser.get("/api/rooms/").status_code == 401
    assert Client(headers={"Authorization": f"Bearer {token}"}).get("/api/rooms/").status_code == 401
    assert not alice.sessions.exists()
    assert callbacks, "open sockets are not looked at"
    assert Client().login(username="alice", password=NEW)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.person) == ("", "password", "alice")


def test_changepassword_makes_a_guest_a_member(gil, monkeypatch):
    typed(monkeypatch, NEW, NEW)
    run("changepassword", "gil")
    gil.refresh_from_db()
    assert (gil.is_guest, gil.check_password(NEW)) == (False, True)


@pytest.mark.parametrize("answers", [["", ""], ["one phrase", "another"] * 3, ["12345", "12345"] * 3])
def test_changepassword_changes_nothing_without_a_valid_password(alice, signed_in, monkeypatch, answers):
    browser = signed_in(alice)
    typed(monkeypatch, *answers)
    with pytest.raises(CommandError, match="Nothing was changed"):
        run("changepassword", "alice")
    assert browser.get("/api/rooms/").status_code == 200


def test_changepassword_of_an_unknown_person_fails(db):
    with pytest.raises(CommandError, match="There is no person 'nobody'"):
        run("changepassword", "nobody")


@pytest.fixture
def by_environment(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", NEW)


@pytest.mark.parametrize("name", ["alice", "ALICE", "аlice"])
def test_createsuperuser_does_not_change_existing_people(alice, signed_in, by_environment, name):
    browser = signed_in(alice)
    with pytest.raises(CommandError):
        run("createsuperuser", interactive=False, name=name)
    alice.refresh_from_db()
    assert (alice.is_superuser, alice.check_password(PASSWORD)) == (False, True)
    assert browser.get("/api/rooms/").status_code == 200


def test_createsuperuser_is_audited(by_environment, db):
    run("createsuperuser", interactive=False, name="chief")
    assert Person.objects.get(name="chief").is_superuser
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.person, entry.detail) == ("", "add_person", "chief", "superuser")


def test_the_model_of_people_is_the_sites_own():
    """Django's other ways to people, as a backend's or a signal's, go by it."""
    assert get_user_model() is Person
