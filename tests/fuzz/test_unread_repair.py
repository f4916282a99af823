"""Unread counts over two processes that lose broadcasts: the comparison with the database repairs every difference."""

import random
import uuid
from contextlib import suppress

import pytest

from chat import broadcast, history, protocol
from chat.actions import joining, profiles, sanctions
from chat.actions.accounts import join_as_guest
from chat.actions.batch import Request
from chat.actions.direct import open_conversation, set_closed
from chat.actions.messages import execute_batch
from chat.actions.room_settings import change_room
from chat.actions.rooms import create_room
from chat.delivery.presence.unread import PARTS
from chat.errors import ActionError
from chat.models import Membership, Mention, Message, Person, Room
from chat.telemetry.counters import counts
from tests.cases import each
from tests.fuzz.size import EXAMPLES
from tests.simulated_counts import Process, recount

# Many with `make fuzz`.
ACTIONS = 10_000 if EXAMPLES else 120
KINDS = ["heads", "read", "mentioned", "memberships", "rooms"]


class Talk:
    """People who act at random in four rooms and three direct conversations, and three pages of each at two processes.

    Each process misses a part of the broadcasts, and the parts `without` of all others.
    """

    def __init__(self, owner, seed, lost=0.0, without=(), people=20):
        self.random, self.owner = random.Random(seed), owner
        self.lost, self.without = lost, without
        self.events = []
        self.actions = [self.post, self.post, self.mention, self.everyone, self.read, self.unread]
        self.actions += [self.delete, self.join, self.leave, self.ban, self.rename, self.close, self.set_level]
        self.people = [join_as_guest(f"guest {number}") for number in range(people)]
        visibilities = [Room.Visibility.PUBLIC] * 3 + [Room.Visibility.PRIVATE]
        self.rooms = [create_room(owner, f"Room {i}", visibility=it) for i, it in enumerate(visibilities)]
        for person in self.people:
            Membership.objects.create(person=person, room=self.random.choice(self.rooms))
        self.rooms += [open_conversation(it, [self.people[0].pk], "")[0] for it in self.people[1:4]]
        self.events.clear()
        self.processes = [Process(), Process()]
        self.pages = [self.random.choice(self.processes).open(*self.page_of(person)) for person in self.people * 3]
        self.refresh()

    def page_of(self, person):
        return person.pk, self.random.choice(self.rooms).pk

    def act(self, number):
        for _ in range(number):
            person, room = self.random.choice(self.people), self.random.choice(self.rooms)
            room.refresh_from_db()
            if room.is_direct:
                person = self.random.choice(list(Person.objects.filter(memberships__room=room).order_by("pk")))
            newest = history.head(room.pk).seq
            with suppress(ActionError):  # as for people who do what they may not
                self.random.choice(self.actions)(person, room, newest)
            self.deliver()
            if self.random.random() < 0.1:
                self.refresh()

    def command(self, person, room, command):
        execute_batch([Request(person.pk, room.pk, command)])

    def post(self, person, room, newest, body="hello"):
        self.command(person, room, protocol.Post(client_id=uuid.UUID(int=self.random.getrandbits(128)), body=body))

    def mention(self, person, room, newest):
        self.post(person, room, newest, f"@{self.random.choice(self.people).name} hello")

    def everyone(self, person, room, newest):
        if not Mention.objects.filter(room=room, person=None, seq=newest).exists() and newest:
            Mention.objects.create(room=room, seq=newest, kind=Mention.Cause.ROOM)
            broadcast.publish_moved(mentioned=[(0, room.pk, newest)])

    def read(self, person, room, newest):
        if Membership.objects.current().filter(person=person, room=room).exists():
            self.command(person, room, protocol.Read(seq=self.random.randint(0, newest)))

    def unread(self, person, room, newest):
        if Membership.objects.current().filter(person=person, room=room).exists():
            self.command(person, room, protocol.MarkUnread(seq=self.random.randint(1, newest + 1)))

    def delete(self, person, room, newest):
        message = Message.objects.filter(room=room, deleted_at=None).order_by("?").first()
        if message is not None:
            self.command(self.owner, room, protocol.Delete(seq=message.seq))

    def join(self, person, room, newest):
        joining.join(person, room)

    def leave(self, person, room, newest):
        joining.leave(person, room)

    def ban(self, person, room, newest):
        if Membership.objects.filter(person=person, room=room).exclude(banned_at=None).exists():
            sanctions.unban(self.owner, room, person)
        else:
            sanctions.ban(self.owner, room, person, reason="")

    def rename(self, person, room, newest):
        change_room(room, {"topic": f"Topic {self.random.random()}"})

    def close(self, person, room, newest):
        set_closed(person, room, True)

    def set_level(self, person, room, newest):
        profiles.set_notifications(person, room, self.random.choice(["all", "nothing", None]))

    def deliver(self):
        events, self.events[:] = list(self.events), []
        for process in self.processes:
            for event in events:
                if event["type"] == "worker.moved" and self.random.random() >= self.lost:
                    process.counts.take({name: it for name, it in event.items() if name not in self.without})

    def refresh(self):
        for process in self.processes:
            process.refresh()

    def repair(self):
        """Check the heads, and compare everyone with the database once, as happens within a minute."""
        for process in self.processes:
            known = process.counts.heads()
            process.counts.observe_heads(history.heads(list(known)), known)
            process.compare(times=PARTS)
            process.refresh()

    def wrong(self):
        """Return the pages that show other counts than the database has."""
        return [(page.person_id, page.unread, right) for page in self.pages if page.unread != (right := recount(page))]

    def wrong_lists(self):
        """Return the direct conversations that were closed when the pages opened and are listed wrongly now."""
        closed = Membership.objects.filter(room__direct_key__isnull=False, person=self.people[0])
        listed = {it.room.slug: it.closed_seq is None or it.room.head.seq > it.closed_seq for it in closed}
        pages = [page for page in self.pages if page.person_id == self.people[0].pk]
        return [(slug, shown) for page in pages for slug, shown in listed.items() if (slug in page.rooms) != shown]

    def wrong_topics(self):
        topics = {room.slug: room.topic for room in Room.objects.all()}
        shown = [room for page in self.pages for room in page.rooms.values()]
        return [room for room in shown if room["topic"] != topics[room["slug"]]]


@pytest.fixture
def talk(alice, monkeypatch):
    """Return `talk(seed, lost=0.2)`: a `Talk` whose events reach its processes."""

    def begin(seed, **options):
        events = []
        monkeypatch.setattr(broadcast, "publish", events.append)
        talk = Talk(alice, seed, **options)
        talk.events = events
        events.clear()
        return talk

    return begin


@pytest.mark.django_db
def test_counts_equal_a_recount_without_a_repair_if_nothing_is_lost(talk):
    talk, before = talk(1), counts.unread_corrected
    talk.act(ACTIONS)
    talk.refresh()
    assert talk.wrong() == talk.wrong_lists() == []
    assert talk.wrong_topics() == []
    talk.repair()
    assert counts.unread_corrected == before


@pytest.mark.django_db
def test_counts_equal_a_recount_after_the_repair_if_a_fifth_of_the_broadcasts_is_lost(talk):
    talk = talk(2, lost=0.2)
    talk.act(ACTIONS)
    talk.refresh()
    assert talk.wrong() != []
    talk.repair()
    assert talk.wrong() == talk.wrong_lists() == []
    assert talk.wrong_topics() == []


@pytest.mark.django_db
@each("kind", KINDS)
def test_repair_finds_what_any_part_of_the_broadcasts_would_have_told(talk, kind):
    talk, before = talk(4, without=[kind], people=6), counts.unread_corrected
    talk.act(60)
    talk.refresh()
    assert talk.wrong() or talk.wrong_topics()
    talk.repair()
    assert (talk.wrong(), talk.wrong_topics()) == ([], [])
    if kind != "mentioned":  # `@room` mentions are not counted
        assert (counts.unread_corrected > before) == (kind in ("read", "memberships"))
