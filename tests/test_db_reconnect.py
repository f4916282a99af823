"""Recovery from a lost database connection: work that may be repeated is repeated at once."""

import asyncio

import pytest
from django.db import OperationalError, connection, connections, transaction

from chat.actions import messages
from chat.actions.batch import Batch
from chat.delivery.process.db_threads import DatabaseThreads
from chat.models import Message, Person
from chat.protocol import Code
from tests.cast import say

pytestmark = pytest.mark.django_db(transaction=True)


class Failing:
    """Calls `function`, but raises OperationalError the first `times`."""

    def __init__(self, function, times):
        self.function, self.times, self.calls = function, times, 0

    def __call__(self, *arguments):
        self.calls += 1
        if self.calls <= self.times:
            connection.ensure_connection()
            raise OperationalError("server closed the connection unexpectedly")
        return self.function(*arguments)


@pytest.fixture
def cut(monkeypatch):
    monkeypatch.setattr(type(connections["default"]), "is_usable", lambda _: False)


async def read(function):
    threads = DatabaseThreads(lambda event: None)
    try:
        return await threads.read(function)
    finally:
        await asyncio.to_thread(threads.close)


async def test_read_is_repeated_after_a_lost_connection(cut):
    assert await read(Failing(Person.objects.count, 1)) == 0


@pytest.mark.parametrize("times", [1, 2])
async def test_second_failure_or_a_failure_of_a_usable_connection_is_raised(times, monkeypatch):
    monkeypatch.setattr(type(connections["default"]), "is_usable", lambda _: times == 1)
    function = Failing(Person.objects.count, times)
    with pytest.raises(OperationalError):
        await read(function)
    assert function.calls == times


def test_a_batch_is_carried_out_again(cut, alice, hall, monkeypatch):
    monkeypatch.setattr(Batch, "load", Failing(Batch.load, 1))
    assert say(alice, hall, "once").seq == 1
    assert Message.objects.filter(room=hall).count() == 1


def test_a_batch_that_fails_twice_is_refused(cut, alice, hall, monkeypatch):
    failing = Failing(Batch.load, 2)
    monkeypatch.setattr(Batch, "load", failing)
    with pytest.raises(messages.ActionError) as refusal:
        say(alice, hall, "never")
    assert (refusal.value.code, failing.calls) == (Code.UNAVAILABLE, 2)


def test_within_a_transaction_nothing_is_done_again(cut, alice, hall, monkeypatch):
    failing = Failing(Batch.load, 2)
    monkeypatch.setattr(Batch, "load", failing)
    with transaction.atomic(), pytest.raises(messages.ActionError):
        say(alice, hall, "never")
    assert failing.calls == 1
