"""The writer: requests that share a transaction."""

import asyncio

from chat.delivery.writer import Writer


class Database:
    """A database that notes the size of each batch. Each batch takes one round trip to a thread."""

    def __init__(self):
        self.batches = []

    async def write(self, _, requests):
        self.batches.append(len(requests))
        await asyncio.sleep(0)
        return list(requests)


async def test_requests_that_follow_the_answers_share_the_next_transaction():
    """People answer one after another, as their sockets are read in turns of the loop."""
    database, done = Database(), asyncio.Event()
    writer = Writer(database)
    answered = []

    def note(outcome):
        answered.append(outcome)
        if len(answered) == 7:
            done.set()

    def first_answered(outcome):
        note(outcome)
        asyncio.get_running_loop().call_soon(people_answer, 5)

    def people_answer(people):
        writer.submit(people, note)
        if people > 1:
            asyncio.get_running_loop().call_soon(people_answer, people - 1)

    writer.submit("first", first_answered)
    writer.submit("second", note)
    await done.wait()
    assert database.batches == [2, 5]
    assert answered == ["first", "second", 5, 4, 3, 2, 1]
    await writer.flush()


async def test_no_request_waits_for_others_after_a_lone_writer():
    database, turns = Database(), []
    writer = Writer(database)
    done = asyncio.Event()

    async def count_turns():
        while not done.is_set():
            turns.append(len(database.batches))
            await asyncio.sleep(0)

    writer.submit("first", lambda _: writer.submit("second", lambda _: done.set()))
    await count_turns()
    assert database.batches == [1, 1]
    assert turns.count(1) <= 3, "turns between the two"
    await writer.flush()
