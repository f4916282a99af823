"""Which requests share a transaction."""

import asyncio

from chat.delivery.writer import Writer


class Database:
    """Notes the size of each batch; each takes as long as a thread needs to be asked and to answer."""

    def __init__(self):
        self.batches = []

    async def write(self, _, requests):
        self.batches.append(len(requests))
        await asyncio.sleep(0)
        return list(requests)


async def test_what_the_answers_bring_shares_the_next_transaction():
    """People answer one after another, as their sockets are read in turns of the loop."""
    database, done = Database(), asyncio.Event()
    writer = Writer(database)
    answered = []

    def note(outcome):
        answered.append(outcome)
        if len(answered) == 6:
            done.set()

    def first_answered(outcome):
        note(outcome)
        asyncio.get_running_loop().call_soon(people_answer, 5)

    def people_answer(people):
        writer.submit(people, note)
        if people > 1:
            asyncio.get_running_loop().call_soon(people_answer, people - 1)

    writer.submit("first", first_answered)
    await done.wait()
    assert database.batches == [1, 5]
    assert answered == ["first", 5, 4, 3, 2, 1]
    await writer.flush()
