"""The statements and events of a transaction do not grow with the number of its requests."""

import json
import uuid

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from chat import broadcast, history, protocol
from chat.actions.accounts import issue_token, join_as_guest
from chat.actions.batch import Request
from chat.actions.messages import execute, execute_batch
from chat.auth import authentication
from chat.models import Epoch, Membership, Person
from tests import simulated_counts
from tests.cast import say


@pytest.fixture
def events(monkeypatch):
    """The broadcasts of the test."""
    events = []
    monkeypatch.setattr(broadcast, "_send", events.append)
    return events


@pytest.fixture
def posts(hall, rf):
    """Return `posts(n)`: one post each by n members of the hall."""

    def request(number):
        person = join_as_guest(f"guest {number}")
        header = {"Authorization": f"Bearer {issue_token(person)}"}
        _, credential = authentication.from_token(rf.get("/", headers=header))
        Membership.objects.create(person=person, room=hall)
        return Request(person.pk, hall.pk, protocol.Post(client_id=uuid.uuid4(), body="hello"), credential)

    numbers = iter(range(1000))
    return lambda count: [request(next(numbers)) for _ in range(count)]


@pytest.mark.django_db(transaction=True)
def test_larger_batch_needs_no_more_statements_and_no_more_events(posts, events):
    def cost(count):
        requests = posts(count)
        events.clear()
        with CaptureQueriesContext(connection) as queries:
            outcomes = execute_batch(requests)
        assert all(outcome.created for outcome in outcomes)
        return len(queries), [event["type"] for event in events]

    Epoch.current()  # made on first use
    assert cost(1) == cost(20)


@pytest.mark.django_db
def test_a_post_costs_as_many_statements_and_events_in_a_room_of_any_size(alice, hall, events, monkeypatch):
    """Neither the writer nor a process with members who view another room reads anything for each member."""
    monkeypatch.setattr(broadcast, "publish", events.append)
    counts, costs, members = simulated_counts.Process(), [], 0
    for size in (10, 1_000, 10_000):
        new = [Person(name=f"p{number}", handle=f"p{number}") for number in range(members, size)]
        Membership.objects.bulk_create(Membership(person=it, room=hall) for it in Person.objects.bulk_create(new))
        members = size
        for person in new[:5]:
            counts.open(person.pk, -1)
        counts.refresh()
        events.clear()
        reads, request = (
            counts.database.reads,
            Request(alice.pk, hall.pk, protocol.Post(client_id=uuid.uuid4(), body="x")),
        )
        with CaptureQueriesContext(connection) as queries:
            execute_batch([request])
        for event in events:
            counts.counts.take(event)
        counts.refresh()
        costs.append((len(queries), [event["type"] for event in events], counts.database.reads - reads))
    assert costs == [(costs[0][0], ["room.changes", "worker.moved", "worker.read"], 0)] * 3


@pytest.mark.django_db(transaction=True)
def test_events_carry_the_epoch_from_the_first_post_on(posts, events):
    Epoch.objects.all().delete()
    for request in posts(2):
        execute_batch([request])
    request = posts(1)
    with CaptureQueriesContext(connection) as queries:
        execute_batch(request)
    assert not [query for query in queries if query["sql"].startswith('SELECT "chat_epoch"')]  # it came with the heads
    old = Epoch.current()
    Epoch.bump()
    execute_batch(posts(1))
    assert [event["epoch"] for event in events if event["type"] == "room.changes"] == [old, old, old, Epoch.current()]
    assert old != Epoch.current()


@pytest.mark.django_db(transaction=True)
def test_all_moved_read_positions_are_sent_in_one_broadcast(posts, events):
    requests = posts(3)
    execute_batch(requests)
    [read] = [event for event in events if event["type"] == "worker.read"]
    assert sorted(map(tuple, read["places"])) == sorted((request.person_id, request.room_id) for request in requests)


@pytest.mark.django_db(transaction=True)
def test_a_post_is_visible_to_later_requests_of_the_same_transaction(alice, hall, events):
    """A program may send all this without waiting for an answer, and a batch is no different from one after another."""
    commands = [
        protocol.Post(client_id=uuid.uuid4(), body="one"),
        protocol.Post(client_id=uuid.uuid4(), body="two"),
        protocol.React(seq=1, emoji="👍", on=True),
        protocol.React(seq=2, emoji="👍", on=True),
        protocol.React(seq=2, emoji="👍", on=False),
        protocol.Edit(seq=1, body="edited"),
        protocol.Delete(seq=2),
    ]
    outcomes = execute_batch([Request(alice.pk, hall.pk, command) for command in commands])
    assert [outcome.rev for outcome in outcomes] == [1, 2, 3, 4, 5, 6, 7]
    [changes] = [event for event in events if event["type"] == "room.changes"]
    first, second = [json.loads(message) for message in changes["messages"]]
    assert (first["body"], first["reactions"]) == ("edited", [{"emoji": "👍", "people": [alice.pk]}])
    assert (second["deleted"], second["reactions"]) == (True, [])
    assert changes["revs"] == [6, 7]
    assert [json.loads(message) for _, message in history.changes_after(hall.pk, 0, 10).entries] == [first, second]


def test_a_plain_post_builds_no_query(alice, hall, monkeypatch):
    say(alice, hall)  # compiles the queries
    monkeypatch.setattr(QuerySet, "filter", lambda *_, **__: pytest.fail("A query is built anew."))
    execute(Request(alice.pk, hall.pk, protocol.Post(client_id=uuid.uuid4(), body="hello")))
