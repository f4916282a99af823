"""Random absences: what bob is told is right at the moment it is sent, nothing due is left out, no email comes twice.

The model is a function over the log: which messages has bob missed? It reads the rows and knows none of the queries.
"""

import random
import uuid
from collections import Counter

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from chat import protocol
from chat.actions import blocks, joining, members, profiles, sanctions
from chat.actions.batch import Request
from chat.actions.direct import open_conversation
from chat.actions.followers import cursors
from chat.actions.followers import notices as follower
from chat.actions.imports.people import MembershipImport, import_memberships
from chat.actions.messages import execute
from chat.errors import ActionError
from chat.missed import LEVELS, missed
from chat.models import Block, Membership, Mention, Message, NotificationChannel, Person, Presence, Room, Worker
from chat.rate_limits import limits
from tests.fuzz.size import sized
from tests.notices.run import MAIL, PUSH, channel, decide, follow, later, tasks

pytestmark = pytest.mark.django_db
MENTIONS, ALL = LEVELS[1:]
EVERYTHING = 10**6


def rows(columns, model, of_person=""):
    """Read columns of a table, as SQL. Django takes ten times as long to build such a statement."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {model._meta.db_table} {of_person}")
        return cursor.fetchall()


class Facts:
    """The rows that decide what someone has missed, read once."""

    def __init__(self, person_id, rooms):
        self.id, self.rooms = person_id, rooms
        own = f"WHERE person_id = {person_id}"
        [(self.is_active, self.level)] = rows("is_active, notify", Person, f"WHERE id = {person_id}")
        columns = "room_id, read_seq, coalesce(floor_seq, 0), notify"
        present = rows(f"{columns}, left_at is null and banned_at is null", Membership, own)
        self.own = {room_id: (max(read, floor), level) for room_id, read, floor, level, is_here in present if is_here}
        self.levels = dict(rows("kind, level", NotificationChannel, own))
        self.blocked = {blocked_id for (blocked_id,) in rows("blocked_id", Block, own)}
        mentions = rows("person_id, room_id, seq", Mention)
        self.named = {(room_id, seq) for it, room_id, seq in mentions if it in (None, person_id)}
        self.messages = rows("room_id, seq, author_id, deleted_at", Message)

    def missed(self, kind):
        """Return the (room id, seq) of all messages that the person has missed now."""
        return {
            (room.pk, seq)
            for room in self.rooms
            if self.is_active and room.pk in self.own
            for room_id, seq, author_id, deleted_at in self.messages
            if room_id == room.pk and seq > self.own[room.pk][0] and deleted_at is None
            if author_id not in (None, self.id) and author_id not in self.blocked
            if self._wants(room, seq, kind)
        }

    def _wants(self, room, seq, kind):
        level = min(self.levels[kind], self.own[room.pk][1] or self.level, key=LEVELS.index)
        return level == ALL or (level == MENTIONS and (room.is_direct or (room.pk, seq) in self.named))


class Absence:
    """Bob is away, while alice and dave write, and now and then one of his devices does something."""

    def __init__(self, choice):
        self.choice = choice
        cursors.start(follower.NAME)
        self.now = timezone.now()
        names = ("alice", "bob", "dave")
        self.alice, self.bob, self.dave = (Person.objects.create_user(name, None) for name in names)
        self.rooms = [self._room("hall", "public"), self._room("ops", "private"), self._talk()]
        self.channels = [channel(self.bob, kind, choice.choice([MENTIONS, ALL])) for kind in (MAIL, PUSH)]
        self.worker = Worker.objects.create()
        self.last = self.missed()
        self.mailed, self.told, self.due = Counter(), {MAIL: set(), PUSH: set()}, {MAIL: set(), PUSH: set()}

    def _room(self, name, visibility):
        room = Room.objects.create(slug=f"{name}-{uuid.uuid4().hex[:8]}", name=name, visibility=visibility)
        room.head = room._meta.get_field("head").related_model.objects.create(room=room)
        import_memberships(room, [MembershipImport(self.bob), MembershipImport(self.dave)])
        Membership.objects.create(room=room, person=self.alice, role=Membership.Role.OWNER)
        return room

    def _talk(self):
        limits.reset()
        return open_conversation(self.alice, [self.bob.pk], "")[0]

    # ---- What happens

    def ask(self, person, room, command):
        return execute(Request(person.pk, room.pk, command))

    def post(self, room):
        author = self.choice.choice([self.alice, self.alice, self.dave, self.bob])
        body = self.choice.choice(["plain", "@bob", "@bob", "@room"])
        reply_to = self.choice.choice([None, None, 1, 2])
        command = protocol.Post(client_id=uuid.UUID(int=self.choice.getrandbits(128)), body=body, reply_to=reply_to)
        before = self.last
        self.ask(author, room, command)
        self.last = self.missed()
        for kind, found in self.last.items():
            self.due[kind] |= found - before[kind]

    def edit(self, room):
        message = self._some_message(room)
        body = self.choice.choice(["edited", "@bob"])
        self.ask(message.author, room, protocol.Edit(seq=message.seq, body=f"{body} {self.choice.random()}"))

    def delete(self, room):
        message = self._some_message(room)
        self.ask(message.author, room, protocol.Delete(seq=message.seq))

    def read(self, room):
        self.ask(self.bob, room, protocol.Read(seq=self.choice.randint(0, 10)))

    def mark_unread(self, room):
        self.ask(self.bob, room, protocol.MarkUnread(seq=self.choice.randint(1, 10)))

    def leave(self, room):
        joining.leave(self.bob, room)

    def join(self, room):
        joining.join(self.bob, room)

    def ban(self, room):
        sanctions.ban(self.alice, room, self.bob, reason="")

    def unban(self, room):
        sanctions.unban(self.alice, room, self.bob)

    def remove(self, room):
        sanctions.close_membership(self.alice, room, self.bob)

    def add(self, room):
        members.add(self.alice, room, person_id=self.bob.pk)

    def block(self, room):
        blocks.block(self.bob, self.choice.choice([self.alice, self.dave]).pk)

    def unblock(self, room):
        blocks.unblock(self.bob, self.choice.choice([self.alice, self.dave]).pk)

    def set_level(self, room):
        profiles.set_notifications(self.bob, room, self.choice.choice([*LEVELS, None]))

    def set_default_level(self, room):
        Person.objects.filter(pk=self.bob.pk).update(notify=self.choice.choice(LEVELS))

    def set_channel_level(self, room):
        rows = NotificationChannel.objects.filter(person=self.bob, kind=self.choice.choice([MAIL, PUSH]))
        rows.update(level=self.choice.choice(LEVELS))

    def come_or_go(self, room):
        here = Presence.objects.filter(person=self.bob)
        if not here.delete()[0]:
            Presence.objects.create(worker=self.worker, room=room, person=self.bob)

    def wait(self, room):
        later(seconds=self.choice.choice([1, 25, 16 * 60, 5 * 3600]))

    def follow(self, room):
        follow(self.now)

    def crash(self, room):
        """The follower reads a step, and writes nothing of it or all but the cursor."""
        if step := cursors.next_step(follower.NAME, room.pk):
            page = follower.plan(step, self.now)
            if self.choice.random() < 0.5:
                follower._set_due(page)

    def decide(self, room):
        decide(self.now)

    def send(self, room):
        self.send_all()

    def _some_message(self, room):
        messages = list(Message.objects.filter(room=room, author__isnull=False).select_related("author"))
        if not messages:
            raise ActionError(protocol.Code.NOT_FOUND, "There is none.")
        return self.choice.choice(messages)

    # ---- What must hold

    def missed(self):
        facts = Facts(self.bob.pk, self.rooms)
        return {kind: facts.missed(kind) for kind in (MAIL, PUSH)}

    def send_all(self):
        """Run the enqueued tasks. What each is about to send must be what the model says is missed now."""
        for name, arguments in tasks():
            kind = MAIL if name == "mail_missed" else PUSH
            places = arguments[1] if kind == MAIL else [arguments[1:]]
            bob = Person.objects.get(pk=self.bob.pk)
            found = missed(bob, places, kind, limit=EVERYTHING)
            sent = {(it.room.pk, message.seq) for it in found for message in it.messages}
            bounds = {room_id: (after, up_to) for room_id, after, up_to in places}
            now = self.missed()[kind]
            expected = {(it, seq) for it, seq in now if it in bounds and bounds[it][0] < seq <= bounds[it][1]}
            assert sent == expected, (kind, places)
            self.told[kind] |= sent
            if kind == MAIL:
                self.mailed.update(sent)
                assert max(self.mailed.values(), default=1) == 1, "an email came twice"

    def settle(self):
        """Keep as due what was missed from its posting until now."""
        self.last = self.missed()
        for kind, found in self.last.items():
            self.due[kind] &= found

    def end(self):
        """Let all that is due be sent, and compare with what was due all the time."""
        for _ in range(3):
            follow(self.now)
            later(days=1)
            decide(self.now)
            self.send_all()
        for kind in (MAIL, PUSH):
            assert self.due[kind] <= self.told[kind], (kind, self.due[kind] - self.told[kind])


EVENTS = [
    *["post"] * 6, "edit", "delete", *["read"] * 2, "mark_unread", "leave", "join", "ban", "unban", "remove", "add",
    "block", "unblock", "set_level", "set_default_level", "set_channel_level", "come_or_go", *["wait"] * 3,
    *["follow"] * 3, "crash", *["decide"] * 3, *["send"] * 3,
]  # fmt: skip

# For what has been missed.
CHANGE_NOTHING = {"wait", "follow", "crash", "decide", "send", "come_or_go"}


@sized(8)
@given(st.integers(0, 2**32))
def test_every_notice_is_right_when_it_is_sent_and_every_due_one_is_sent(seed):
    choice = random.Random(seed)
    with transaction.atomic():
        absence = Absence(choice)
        for _ in range(40):
            name, room = choice.choice(EVENTS), choice.choice(absence.rooms)
            try:
                with transaction.atomic():
                    getattr(absence, name)(room)
            except ActionError:
                continue
            if name not in CHANGE_NOTHING:
                absence.settle()
        absence.end()
        transaction.set_rollback(True)
