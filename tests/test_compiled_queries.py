"""Compiled queries give the same results as Django's own."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.actions import messages
from chat.actions.batch import Request
from chat.actions.statements import INSERT_MESSAGES, UPDATE_READ_POSITIONS
from chat.db.compiled_queries import BulkUpdate, CompiledQuery, Insert, Param, ParamList
from chat.models import Membership, Message, Person, Room, Session
from chat.protocol import Post
from tests.cases import each

pytestmark = pytest.mark.django_db

IDS = ParamList("ids", Person._meta.pk)


def test_rows_are_instances_as_django_reads_them(alice, bob):
    prepared = CompiledQuery(lambda: Person.objects.filter(pk__in=IDS).order_by("pk"))
    found = prepared.rows(ids=[alice.pk, bob.pk])
    for mine, djangos in zip(found, Person.objects.filter(pk__in=[alice.pk, bob.pk]).order_by("pk"), strict=True):
        assert type(mine) is Person
        assert {name: value for name, value in vars(mine).items() if name != "_state"} == {
            name: value for name, value in vars(djangos).items() if name != "_state"
        }
        assert not mine._state.adding


def test_select_related_needs_no_further_query(alice, hall):
    client_id = uuid.uuid4()
    messages.execute(Request(alice.pk, hall.pk, Post(client_id=client_id, body="hello")))
    prepared = CompiledQuery(
        lambda: Message.objects.select_related("author", "room").filter(
            client_id__in=ParamList("keys", Message._meta.get_field("client_id"))
        )
    )
    with CaptureQueriesContext(connection) as queries:
        [message] = prepared.rows(keys={client_id})
        assert (message.author, message.room, message.client_id) == (alice, hall, client_id)
    assert len(queries) == 1


def test_rows_share_related_objects_and_may_have_none(alice, hall):
    for seq, author in enumerate([alice, alice, None], 1):
        Message.objects.create(room=hall, author=author, seq=seq, rev=seq, body="", html="")
    room = Param("room", Room._meta.pk)
    prepared = CompiledQuery(lambda: Message.objects.filter(room_id=room).select_related("author").order_by("seq"))
    with CaptureQueriesContext(connection) as queries:
        first, second, third = prepared.rows(room=hall.pk)
        assert first.author is second.author
        assert (first.author, third.author) == (alice, None)
    assert len(queries) == 1


def test_annotations_and_parameters_in_subqueries_work(alice, hall, ops):
    Membership.objects.update_or_create(person=alice, room=hall, defaults={"notify": "nothing"})
    person, notify = Param("person", Person._meta.pk), Param("notify", Person._meta.get_field("notify"))
    levels = Membership.objects.filter(room=OuterRef("pk"), person=person)
    prepared = CompiledQuery(
        lambda: (
            Room.objects.filter(pk__in=ParamList("rooms", Room._meta.pk))
            .with_head()
            .annotate(notify=Coalesce(Subquery(levels.values("notify")), notify))
            .order_by("slug")
        )
    )
    found = prepared.rows(person=alice.pk, notify="all", rooms=[hall.pk, ops.pk])
    assert [(room.slug, room.notify, room.head.room_id) for room in found] == [
        ("hall", "nothing", hall.pk),
        ("ops", "all", ops.pk),
    ]


def test_a_values_list_gives_tuples_and_one_value_is_adapted_like_many(alice):
    now = timezone.now()
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(hours=1))
    Session.objects.create(session_key="new", session_data="", expire_date=now + timedelta(hours=1))
    prepared = CompiledQuery(
        lambda: Session.objects.filter(
            expire_date__gt=Param("now", Session._meta.get_field("expire_date"))
        ).values_list("pk")
    )
    assert list(map(tuple, prepared.rows(now=now))) == [("new",)]
    assert len(prepared.rows(now=now - timedelta(hours=2))) == 2


def test_compiled_query_is_built_once_for_any_number_of_values(alice, bob):
    built = []

    def build():
        built.append(1)
        return Person.objects.filter(pk__in=IDS)

    prepared = CompiledQuery(build)
    assert [len(prepared.rows(ids=ids)) for ids in ([], [alice.pk], {alice.pk, bob.pk, 10**12})] == [0, 1, 2]
    assert len(built) == 1


@each("number", [1, 300])
def test_an_insert_writes_what_djangos_own_would(alice, hall, number):
    def rows():
        return [
            Message(
                room=hall, author=alice, seq=seq, rev=seq, body=f"body {seq}", html="<p>", created_at=timezone.now()
            )
            for seq in range(1, number + 1)
        ]

    mine = rows()
    Insert(Message)(mine)
    stored = {message.pk: message for message in Message.objects.all()}
    assert [stored[message.pk].seq for message in mine] == list(range(1, number + 1))
    for message in mine:
        assert not message._state.adding
        for field in Message._meta.concrete_fields:
            assert getattr(stored[message.pk], field.attname) == getattr(message, field.attname)


def test_a_person_is_found_by_their_key_as_django_finds_them(alice):
    found = Person.objects.get(pk=alice.pk)
    assert {name: value for name, value in vars(found).items() if name != "_state"} == {
        field.attname: getattr(alice, field.attname) for field in Person._meta.concrete_fields
    }
    assert Person.objects.get(pk=str(alice.pk)) == Person.objects.get(name="alice", pk=alice.pk) == alice
    with pytest.raises(Person.DoesNotExist):
        Person.objects.get(pk=10**12)


def test_a_person_outside_a_group_is_not_found_in_it_by_their_key(alice, bob):
    group = Group.objects.create(name="crew")
    group.user_set.add(alice)
    assert group.user_set.get(pk=alice.pk) == alice
    with pytest.raises(Person.DoesNotExist):
        group.user_set.get(pk=bob.pk)


def test_values_are_the_models_also_where_the_database_has_none(alice, hall):
    messages.execute(Request(alice.pk, hall.pk, Post(client_id=uuid.uuid4(), body="hello")))
    [mine] = CompiledQuery(lambda: Message.objects.with_author().filter(room__slug="hall")).rows()
    djangos = Message.objects.with_author().get(room=hall)
    for field in Message._meta.concrete_fields:
        assert getattr(mine, field.attname) == getattr(djangos, field.attname)
    assert mine.author.date_joined == alice.date_joined
    assert (mine.edited_at, mine.author.last_login) == (None, None)


READ = CompiledQuery(lambda: Person.objects.filter(pk__in=IDS))
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="On PostgreSQL all goes by Django's cursors.")


@on_sqlite
def test_sqlite_is_asked_without_djangos_cursor(alice, hall, monkeypatch):
    membership = Membership.objects.update_or_create(person=alice, room=hall)[0]
    assert READ.rows(ids=[alice.pk])
    monkeypatch.setattr(connections["default"], "cursor", None)
    message = Message(room=hall, author=alice, seq=1, rev=1, body="", html="<p>%s 100%</p>", created_at=timezone.now())
    INSERT_MESSAGES([message])
    UPDATE_READ_POSITIONS([(7, membership.pk, 7, False)])
    assert [person.pk for person in READ.rows(ids=[alice.pk])] == [alice.pk]
    monkeypatch.undo()
    membership.refresh_from_db()
    assert (membership.read_seq, Message.objects.get(pk=message.pk).html) == (7, "<p>%s 100%</p>")


def test_execute_wrappers_see_every_query(alice, hall):
    membership = Membership.objects.update_or_create(person=alice, room=hall)[0]
    seen = []

    def look(execute, sql, *rest):
        seen.append(sql.split()[0])
        return execute(sql, *rest)

    with connection.execute_wrapper(look):
        READ.rows(ids=[alice.pk])
        UPDATE_READ_POSITIONS([(7, membership.pk, 7, False)])
    assert seen == ["SELECT", "UPDATE"]


def test_a_database_error_is_raised_as_djangos_error(alice, hall):
    message = Message(room=hall, author=alice, seq=1, rev=1, body="", html="", created_at=timezone.now())
    INSERT_MESSAGES([message])
    with pytest.raises(IntegrityError), transaction.atomic():
        INSERT_MESSAGES([message])
    with pytest.raises(IntegrityError), transaction.atomic():
        BulkUpdate("UPDATE chat_message SET seq = NULL WHERE id = %s", "UPDATE chat_message SET seq = NULL")(
            [(message.pk,)]
        )


def test_a_transaction_that_failed_is_asked_nothing_more(alice):
    with transaction.atomic():
        transaction.set_rollback(True)
        for ask in (lambda: READ.rows(ids=[alice.pk]), lambda: UPDATE_READ_POSITIONS([(7, 1, 7, False)])):
            with pytest.raises(TransactionManagementError):
                ask()
        transaction.set_rollback(False)
