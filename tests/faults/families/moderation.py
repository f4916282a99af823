"""Many messages are deleted, and people leave, while others post."""

import asyncio

from tests.faults.registry import fault

# Runs in another process, so only the broadcasts of the actions reach the workers.
BULK_DELETE = """
from chat import protocol
from chat.actions.batch import Request
from chat.actions.messages import execute_batch
from chat.models import Room
room = Room.objects.get(slug="{room}")
places = room.messages.filter(author__isnull=False, deleted_at=None).values_list("seq", flat=True)[:{count}]
requests = [Request({owner}, room.pk, protocol.Delete(seq=seq)) for seq in places]
print(sum(hasattr(outcome, "rev") for outcome in execute_batch(requests)))
"""
DELETE_PERSON = """
from chat.actions.account_deletion import delete_account
from chat.models import Person
delete_account(Person.objects.get(pk={person}))
"""


@fault(13, "A moderator deletes by the hundred while messages stream", baseline=False)
async def many_are_deleted(run):
    await run.quiet(3)
    before = sum(row.deleted for row in run.rows())
    script = BULK_DELETE.format(room=run.room, owner=run.owner.id, count=200)
    printed = await asyncio.to_thread(run.site.shell, script)
    run.mended()
    deleted = sum(row.deleted for row in run.rows()) - before
    run.note(deleted=deleted)
    run.expect(deleted == int(printed) > 0, f"{printed.strip()} were to be deleted, {deleted} are")


# tests/profile/test_account_deletion.py has the deletion, and tests/socket/test_profiles.py the sockets that it closes.
@fault(13, "A person who writes deletes their account while messages stream", baseline=False, quick=None)
async def person_is_deleted(run):
    leaving = run.newcomer()
    leaving.come()
    await leaving.until(lambda: leaving.is_in)
    for number in range(20):
        leaving.outbox.post(f"last words {number}")
    await leaving.until(lambda: leaving.outbox.is_empty)
    script = DELETE_PERSON.format(person=leaving.person.id)
    await asyncio.to_thread(run.site.shell, script)
    await leaving.until(lambda: leaving.was_removed)
    run.expect(leaving.closes[-1] == 4401, f"closed with {leaving.closes[-1]}")
    written = sum(row.author == leaving.person.id for row in run.rows())
    run.expect(written == 20, f"{written} of 20 messages of somebody who left are there")
    await leaving.leave()
