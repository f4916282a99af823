"""The tables after the upgrade, used by the previous release."""

import functools
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends import db
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client, RequestFactory
from django.utils import timezone
from django.utils.crypto import get_random_string

from chat.actions import accounts, naming, session_keys
from chat.delivery.admission import access
from chat.errors import ActionError
from chat.models import Person, Room, Session, SessionKeyTransition, Token
from chat.models.session_keys import MARK, TRANSITION
from chat.text import lookalikes
from tests.accounts.session import signed_in_name

BEFORE = ("chat", "0003_person_is_plain")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def before() -> Iterator[MigrationExecutor]:
    """Migrate to the tables of the previous release. Restore the present ones afterwards."""
    executor = MigrationExecutor(connection)
    executor.migrate([BEFORE])
    yield executor
    upgrade()


def upgrade():
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    SessionKeyTransition.has_ended = False  # as in a process that has just begun


@functools.cache
def models_before():
    return MigrationExecutor(connection).loader.project_state([BEFORE]).apps.get_model


def person_before(name):
    return models_before()("chat", "Person").objects.create(name=name, handle=name, skeleton=name, password="!x")


def sign_in_before(person):
    """Return the key of a session that the previous release creates."""
    from chat.models import Person

    mark = Person(password=person.password).get_session_auth_hash()
    data = {
        SESSION_KEY: str(person.pk),
        HASH_SESSION_KEY: mark,
        BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
    }
    key = get_random_string(32)
    store_session(key, db.SessionStore().encode(data))
    return key


def begin_transition():
    SessionKeyTransition.objects.create(pk=1, until=timezone.now() + TRANSITION)
    SessionKeyTransition.has_ended = False


def signed_in_by(key):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return signed_in_name(client)


def store_session(key, data):
    row = [key, data, timezone.now() + timedelta(days=1)]
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, %s, %s)", row)


def test_upgrades_keep_sessions_and_names_and_can_be_taken_back(before):
    """One test of both upgrades, because every way through all migrations takes 1.5 s."""
    upgrade_and_take_it_back()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_session")
    models_before()("chat", "Room").objects.exclude(slug="lobby").delete()
    models_before()("chat", "Person").objects.all().delete()
    MigrationExecutor(connection).migrate([RELEASE_BEFORE])
    upgrade_through_the_transition()


def upgrade_and_take_it_back():
    """Sessions and the first of several names that look alike are kept."""
    ada, bob, later = person_before("ada"), person_before("bob"), person_before("ada\u034f")
    keys, unreadable = [sign_in_before(ada), sign_in_before(bob)], "x" * 32
    store_session(unreadable, "not what Django signed")
    room = models_before()("chat", "Room")
    room.objects.create(slug="hall", name="Hall")
    room.objects.create(slug="hаll", name="Hаll")
    upgrade()
    owners = dict(Session.objects.values_list("pk", "person_id"))
    assert owners == {keys[0]: ada.pk, keys[1]: bob.pk, unreadable: None}
    assert [signed_in_by(key) for key in keys] == ["ada", "bob"]
    assert Person.objects.get(pk=ada.pk).forms == lookalikes.skeletons("ada")
    assert Person.objects.get(pk=later.pk).forms == (None, None, None)
    forms = dict(Room.objects.filter(name__startswith="H").values_list("slug", "skeleton"))
    assert forms == {"hall": lookalikes.skeleton("hall"), "hаll": None}

    MigrationExecutor(connection).migrate([BEFORE])
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM django_session")
        assert [column[0] for column in cursor.description] == ["session_key", "session_data", "expire_date"]
        assert {row[0] for row in cursor.fetchall()} == {*keys, unreadable}
    assert models_before()("chat", "Person").objects.get(pk=later.pk).skeleton == f"#{later.pk}"


def test_previous_release_can_write_to_the_new_tables():
    model = models_before()
    ada = person_before("ada")
    room = model("chat", "Room").objects.create(slug="hall", name="Hall")
    model("chat", "Membership").objects.create(room=room, person_id=ada.pk)
    model("chat", "Token").objects.create(person_id=ada.pk, digest="x")
    begin_transition()
    assert signed_in_by(sign_in_before(ada)) == "ada"
    ada.delete()
    assert Session.objects.count() == 1, "the code before does not know that sessions have people"


# ---- Upgrade from the previous release, which stores sessions by their keys

RELEASE_BEFORE = ("chat", "0007_names")


def socket_person(key=None, **headers):
    """Return the name of the person that a socket handshake authenticates."""
    request = RequestFactory().get("/", headers={"Origin": "http://testserver", **headers})
    request.COOKIES = {settings.SESSION_COOKIE_NAME: key} if key else {}
    [identity] = access.authenticate_all([request])
    return identity and identity[0].name


def signed_in_everywhere(key):
    """Return the person of a session on a page and a socket, then of the token on a socket and the API."""
    bearer = {"Authorization": "Bearer a secret"}
    page = Client().get("/api/rooms/", headers=bearer).status_code
    return signed_in_by(key), socket_person(key), socket_person(**bearer), page


def upgrade_through_the_transition():
    """A person with a session and a token stays signed in."""
    person = MigrationExecutor(connection).loader.project_state([RELEASE_BEFORE]).apps.get_model("chat", "Person")
    ada = person.objects.create(name="ada", handle="ada", skeleton="ada", password="!x")
    key = sign_in_before(ada)
    with connection.cursor() as cursor:
        values = [ada.pk, Token.digest_of("a secret"), "", timezone.now()]
        cursor.execute("INSERT INTO chat_token (person_id, digest, label, created_at) VALUES (%s, %s, %s, %s)", values)
    signed_in = ("ada", "ada", "ada", 200)
    upgrade()
    assert signed_in_everywhere(key) == signed_in
    assert Session.objects.get().pk == key, "workers of the release before look for it"
    SessionKeyTransition.objects.update(until=timezone.now() - TRANSITION)
    while session_keys.continue_conversion():
        pass
    assert signed_in_everywhere(key) == signed_in
    assert Session.objects.get().pk.startswith(MARK)
    assert SessionKeyTransition.current() is None
    assert signed_in_everywhere(key) == signed_in


def test_a_new_site_has_no_transition():
    import_module("chat.migrations.0008_session_keys").begin(apps, None)
    assert SessionKeyTransition.current() is None


def test_previous_release_can_create_people_and_rooms():
    person_before("ada")
    models_before()("chat", "Room").objects.create(slug="hall", name="Hall")
    assert naming.refresh_forms() == []
    with pytest.raises(ActionError, match="looks too much like"):
        accounts.join_as_guest("аda")
