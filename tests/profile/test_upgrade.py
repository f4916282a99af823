"""The tables after the upgrade, beside the code before it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends import db
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils import timezone
from django.utils.crypto import get_random_string

from chat.models import Session
from tests.accounts.session import who

BEFORE = ("chat", "0003_person_is_plain")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def before() -> Iterator[MigrationExecutor]:
    """The tables as the code before has them; those of today come back whatever happens."""
    executor = MigrationExecutor(connection)
    executor.migrate([BEFORE])
    yield executor
    upgrade()


def upgrade():
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def models_before():
    return MigrationExecutor(connection).loader.project_state([BEFORE]).apps.get_model


def person_before(name):
    return models_before()("chat", "Person").objects.create(name=name, handle=name, skeleton=name, password="!x")


def sign_in_before(person):
    """The key of a session that the code before makes: in Django's own columns, by Django's own store."""
    from chat.models import Person

    mark = Person(password=person.password).get_session_auth_hash()
    data = {
        SESSION_KEY: str(person.pk),
        HASH_SESSION_KEY: mark,
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
    }
    row = [get_random_string(32), db.SessionStore().encode(data), timezone.now() + timedelta(days=1)]
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, %s, %s)", row)
    return row[0]


def signed_in_by(key):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return who(client)


def test_whoever_is_signed_in_stays_so_and_their_session_knows_them(before):
    ada, bob = person_before("ada"), person_before("bob")
    keys = [sign_in_before(ada), sign_in_before(bob)]
    upgrade()
    assert [Session.objects.get(pk=key).person_id for key in keys] == [ada.pk, bob.pk]
    assert [signed_in_by(key) for key in keys] == ["ada", "bob"]


def test_a_session_that_nobody_can_read_is_in_nobody_s_way(before):
    row = ["x" * 32, "not what Django signed", timezone.now() + timedelta(days=1)]
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, %s, %s)", row)
    upgrade()
    assert Session.objects.get().person_id is None


def test_workers_with_the_code_before_go_on_writing_to_the_new_tables():
    model = models_before()
    ada = person_before("ada")
    room = model("chat", "Room").objects.create(slug="hall", name="Hall")
    model("chat", "Membership").objects.create(room=room, person_id=ada.pk)
    model("chat", "Token").objects.create(person_id=ada.pk, digest="x")
    assert signed_in_by(sign_in_before(ada)) == "ada"
    ada.delete()
    assert Session.objects.count() == 1, "the code before does not know that sessions have people"


def test_the_upgrade_can_be_taken_back(before):
    key = sign_in_before(person_before("ada"))
    upgrade()
    MigrationExecutor(connection).migrate([BEFORE])
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM django_session")
        assert [column[0] for column in cursor.description] == ["session_key", "session_data", "expire_date"]
        assert cursor.fetchone()[0] == key
