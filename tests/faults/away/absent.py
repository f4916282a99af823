"""People who are away while others mention them and write to them, and a note of everything they are to be told."""

import asyncio
import itertools
import json
import math
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass

from tests.faults.away.audit import audit
from tests.faults.member_group import LOOK_SECONDS
from tests.site import PATIENCE_SECONDS, call

# By the site's own actions. Each person has a verified address and a browser that is signed in.
MAKE = """
import json
from django.conf import settings
from django.test import Client
from django.utils import timezone
from chat.actions import accounts, direct, joining, notice_marks, push_subscriptions
from chat.auth.authentication import PUSH_SESSION_KEY
from chat.models import NotificationChannel, Person, PushSubscription, Room
asked = json.loads({asked!r})
room, owner = Room.objects.get(slug=asked["room"]), Person.objects.get(pk=asked["owner"])
made = []
for number in range(asked["count"]):
    person = accounts.sign_up(asked["name"] + " " + str(number), "a long pass phrase")
    Person.objects.filter(pk=person.pk).update(email=f"{{person.pk}}@example.org", email_verified_at=timezone.now())
    joining.join(person, room)
    conversation, _ = direct.open_conversation(owner, [person.pk], "")
    browser, endpoint = Client(), asked["endpoint"] + str(person.pk)
    browser.force_login(person)
    session = browser.session
    session[PUSH_SESSION_KEY] = PushSubscription.digest_of(endpoint)
    session.save()
    push_subscriptions.subscribe(person, endpoint, user_agent="", **asked["keys"])
    notice_marks.begin(person.pk, "mail")
    NotificationChannel.objects.filter(person=person).update(level="mentions", after_minutes=0)
    made.append([person.pk, person.name, conversation.slug])
print(json.dumps(made))
"""
# As if the interval between emails were over, and the time until another attempt.
LET_TIME_PASS = (
    "UPDATE chat_notificationchannel SET last_sent_at = NULL, unread_mails = 0 WHERE last_sent_at IS NOT NULL",
    "UPDATE chat_job SET due_at = created_at WHERE status = 'READY' AND attempts > 0 AND due_at > created_at",
)
READ_ALL = """
    UPDATE chat_membership SET read_seq = (
        SELECT seq FROM chat_roomhead AS head WHERE head.room_id = chat_membership.room_id
    ) WHERE person_id = {person}
"""
HOLDERS = "SELECT name FROM chat_lease WHERE name = 'follower:notices' AND claimed_by IN (SELECT id FROM chat_worker)"
FAILED = "SELECT arguments FROM chat_job WHERE status = 'FAILED' AND queue = 'mail'"
TIME_PASSES_EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Absent:
    id: int
    name: str
    conversation: str

    @property
    def address(self):
        return f"{self.id}@example.org"


@dataclass(eq=False)
class Note:
    """A message that a person misses. `gone_at` is when they read it or it was deleted, on the monotonic clock."""

    number: int
    person: Absent
    room: str
    seq: int = 0
    poster: object = None
    gone_at: float = math.inf

    @property
    def text(self):
        return f"note {self.number}."


class AbsentPeople:
    """`await AbsentPeople.gather(run)`. The members of the run's group write to them."""

    def __init__(self, run, people):
        self.run, self.people, self.notes = run, people, []
        self.mail, self.push = run.deployment.outside.mail, run.deployment.outside.push
        self._numbers, self._posters = itertools.count(1), itertools.cycle(run.group.posters)
        self._passed_at = -math.inf

    @classmethod
    async def gather(cls, run):
        push = run.deployment.outside.push
        asked = {"room": run.room, "owner": run.owner.id, "count": run.size.absent, "name": f"{run.room} away"}
        asked |= {"endpoint": push.endpoint(""), "keys": push.keys}
        printed = await asyncio.to_thread(run.site.shell, MAKE.format(asked=json.dumps(asked)))
        absent = cls(run, [Absent(*it) for it in json.loads(printed.splitlines()[-1])])
        await absent.until(lambda: run.database.ask(HOLDERS))
        return absent

    async def until(self, condition, seconds=PATIENCE_SECONDS):
        """Wait for a condition that is evaluated in a thread."""
        async with asyncio.timeout(seconds):
            while not await asyncio.to_thread(condition):
                await asyncio.sleep(5 * LOOK_SECONDS)

    # ---- What happens to them

    async def tell(self):
        """Mention each person, and write to them directly. Return when everything is stored."""
        await asyncio.to_thread(self._let_time_pass)
        both = [(self._mention, person) for person in self.people] + [(self._write_to, it) for it in self.people]
        await asyncio.gather(*(say(person) for say, person in both))

    async def change_minds(self):
        """Delete a note that one person misses, and let another one read everything."""
        deleted, reader = self.people[0], self.people[1]
        note = next(it for it in self.notes if it.person is deleted and it.room == self.run.room and self._is_open(it))
        asked = note.poster.outbox.ask({"type": "delete", "seq": note.seq})
        await note.poster.until(lambda: asked.is_done)
        note.gone_at = time.monotonic()
        await asyncio.to_thread(self.run.database.execute, READ_ALL.format(person=reader.id))
        for read in [it for it in self.notes if it.person is reader]:
            read.gone_at = min(read.gone_at, time.monotonic())

    async def until_told(self, seconds=PATIENCE_SECONDS):
        """Wait until everyone was told everything, or time is up. Return what differs."""
        with suppress(TimeoutError):
            await self.until(self._are_told, seconds)
        return self._compared()

    async def settle(self, seconds=PATIENCE_SECONDS):
        """Compare at the end, and note the figures with the run."""
        found = await self.until_told(seconds)
        for sentence in found.differences:
            self.run.expect(False, sentence)
        self.run.note(**found.figures)
        return found

    async def _mention(self, person):
        note = self._note(person, self.run.room)
        note.poster = next(self._posters)
        asked = note.poster.outbox.post(f"@{person.name} {note.text}")
        await note.poster.until(lambda: asked.is_done)
        note.seq = asked.answer["seq"]

    async def _write_to(self, person):
        note = self._note(person, person.conversation)
        path, fields = f"/api/rooms/{note.room}/messages/", {"client_id": str(uuid.uuid4()), "body": note.text}
        ports = itertools.cycle(self.run.ports)
        while not note.seq:
            try:
                answer = await asyncio.to_thread(call, next(ports), path, fields, self.run.owner.token)
                note.seq = answer["message"]["seq"]
            except OSError:  # also an answer with 503
                await asyncio.sleep(10 * LOOK_SECONDS)  # not in the thread: there are few

    def _note(self, person, room):
        self.notes.append(Note(next(self._numbers), person, room))
        return self.notes[-1]

    # ---- What the site has done about it

    def _are_told(self):
        now = time.monotonic()
        if now - self._passed_at > TIME_PASSES_EVERY_SECONDS:
            self._passed_at = now
            self._let_time_pass()
        return not self._compared().missing

    def _compared(self):
        return audit(self.notes, list(self.mail.mails), dict(self.push.pushed), self._failed_places())

    def _let_time_pass(self):
        self.run.database.execute(*LET_TIME_PASS)

    def _failed_places(self):
        """Return (person id, room, after seq, up to seq) of the emails that were given up."""
        slugs = dict(self.run.database.ask("SELECT id, slug FROM chat_room"))
        failed = [json.loads(it) if isinstance(it, str) else it for [it] in self.run.database.ask(FAILED)]
        return [
            (person, slugs[room], after, up_to)
            for person, places in (it["args"] for it in failed)
            for room, after, up_to in places
        ]

    @staticmethod
    def _is_open(note):
        return note.gone_at == math.inf
