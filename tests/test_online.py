"""Presence of the partners in direct conversations, without sockets."""

import json
from collections import Counter, defaultdict

import pytest

from chat import broadcast
from chat.actions.direct import open_conversation, set_closed
from chat.delivery.presence.online import OnlinePartners
from chat.delivery.presence.partner_rows import Partners, partners_of
from chat.models import Block, Membership, Room, RoomHead
from tests.cast import say
from tests.simulated_counts import Database, finished

ALICE, BOB, CAROL, GIL = 1, 2, 3, 4
HALL, OPS = 10, 20


class Process:
    """A process: its connections by person and room, who is online in any process, and all frames by connection."""

    def __init__(self, partners):
        self.partners, self.reads, self.views, self.elsewhere = partners, [], defaultdict(Counter), set()
        self.frames = defaultdict(list)
        self.part = OnlinePartners(self, self, self.online, lambda person: +self.views[person])

    async def read(self, function, people):
        assert function is partners_of
        self.reads.append(sorted(people))
        return {it: Partners(frozenset(self.partners.get(it, ()))) for it in people}

    def online(self):
        return {it for it, rooms in self.views.items() if +rooms} | self.elsewhere

    def send_to_person(self, person, room, text):
        self.frames[person, room].append(text)

    def enter(self, person, room=HALL):
        self.views[person][room] += 1
        self.part.enter(person, room)

    def leave(self, person, room=HALL):
        self.views[person][room] -= 1
        self.part.leave(person)

    def refresh(self):
        """Return the frames that were sent, as (person, room, on, off)."""
        self.frames.clear()
        finished(self.part.refresh())
        sent = ((*to, json.loads(text)) for to, texts in self.frames.items() for text in texts)
        return sorted((person, room, frame["on"], frame["off"]) for person, room, frame in sent)


PAIR = {ALICE: [BOB], BOB: [ALICE]}


def test_the_first_frame_lists_everyone_online_and_later_ones_what_has_changed():
    site = Process({ALICE: [BOB, CAROL, GIL], CAROL: [ALICE]})
    site.elsewhere = {BOB}
    site.enter(ALICE)
    assert site.refresh() == [(ALICE, HALL, [BOB], [])]
    assert site.refresh() == []
    site.enter(CAROL)
    site.elsewhere = {GIL}
    assert site.refresh() == [(ALICE, HALL, [CAROL, GIL], [BOB]), (CAROL, HALL, [ALICE], [])]
    site.enter(ALICE, OPS)
    assert site.refresh() == [(ALICE, OPS, [CAROL, GIL], [])]


def test_someone_who_comes_and_goes_in_between_is_not_mentioned_and_a_second_room_tells_nothing():
    site = Process(PAIR)
    site.enter(ALICE)
    site.enter(BOB)
    site.refresh()
    site.leave(BOB)
    site.enter(BOB)
    assert site.refresh() == [(BOB, HALL, [ALICE], [])]  # his new page
    site.enter(BOB, OPS)
    assert [frame for frame in site.refresh() if frame[0] == ALICE] == []
    site.leave(BOB)
    assert site.refresh() == []
    site.leave(BOB, OPS)
    assert site.refresh() == [(ALICE, HALL, [], [BOB])]


def test_people_without_direct_conversations_get_no_frame_and_others_an_empty_one():
    site = Process(PAIR)
    for person in (ALICE, CAROL):
        site.enter(person)
    assert site.refresh() == [(ALICE, HALL, [], [])]


def test_equal_frames_are_encoded_once():
    site = Process({person: [ALICE] for person in range(100, 150)})
    for person in range(100, 150):
        site.enter(person)
    site.refresh()
    site.enter(ALICE)
    assert len(site.refresh()) == 50
    assert len({id(text) for texts in site.frames.values() for text in texts}) == 1


def test_new_partners_and_blocks_are_read_after_a_broadcast_about_connected_people():
    site = Process(dict(PAIR))
    for person in (ALICE, BOB, CAROL):
        site.enter(person)
    site.refresh()
    site.partners = {ALICE: [BOB, CAROL], BOB: [ALICE], CAROL: [ALICE]}
    site.part.take({"type": "worker.moved", "memberships": [[ALICE, 7], [CAROL, 7], [GIL, 7]]})
    assert site.refresh() == [(ALICE, HALL, [CAROL], []), (CAROL, HALL, [ALICE], [])]
    assert site.reads[1:] == [[ALICE, CAROL]]
    site.partners = {CAROL: [ALICE], ALICE: [CAROL]}
    site.part.take({"type": "worker.moved", "people": [ALICE, BOB]})
    assert site.refresh() == [(ALICE, HALL, [], [BOB]), (BOB, HALL, [], [ALICE])]


def test_a_lost_broadcast_is_repaired_and_people_who_left_are_forgotten():
    site = Process(dict(PAIR))
    for person in (ALICE, BOB):
        site.enter(person)
    site.refresh()
    site.partners = {}
    for _ in range(2):
        finished(site.part.compare())
    assert site.refresh() == [(ALICE, HALL, [], [BOB]), (BOB, HALL, [], [ALICE])]
    site.partners = PAIR
    site.enter(ALICE, OPS)
    site.refresh()
    site.leave(ALICE)
    site.leave(ALICE, OPS)
    assert (site.part._partners, site.part._watchers) == ({}, {})


def test_a_failed_read_is_tried_again(monkeypatch):
    site = Process(PAIR)
    site.enter(ALICE)
    site.elsewhere = {BOB}
    read, site.part._database = site.part._database, None
    with pytest.raises(AttributeError):
        site.refresh()
    site.part._database = read
    assert site.refresh() == [(ALICE, HALL, [BOB], [])]


# ---- The rows


def converse(*people):
    """Return a direct conversation of these people, with a message, open for all of them."""
    key = ",".join(str(it.pk) for it in people)
    room = Room.objects.create(slug=f"d-{key}", name=key, visibility="direct", direct_key=key)
    RoomHead.objects.create(room=room)
    Membership.objects.bulk_create([Membership(room=room, person=it) for it in people])
    say(people[0], room)
    return room


def people_of(*people):
    found = partners_of([it.pk for it in people])
    return [found[it.pk].people for it in people]


def test_partners_are_the_others_in_open_direct_conversations(alice, bob, carol, gil, hall, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert people_of(alice, bob) == [set(), set()]
    converse(alice), converse(alice, bob), converse(alice, carol, gil)
    with django_assert_num_queries(2):
        assert people_of(alice, bob, gil) == [{bob.pk, carol.pk, gil.pk}, {alice.pk}, {alice.pk, carol.pk}]


def test_no_one_sees_that_someone_is_online_by_a_conversation_without_messages(alice, bob):
    """It is not listed for the other, who would not know of it."""
    room, _ = open_conversation(alice, [bob.pk], "192.0.2.1")
    assert people_of(alice, bob) == [set(), set()]
    say(alice, room)
    assert people_of(alice, bob) == [{bob.pk}, {alice.pk}]


def test_a_block_hides_both_from_each_other_in_groups_too(alice, bob, carol):
    converse(alice, bob), converse(alice, bob, carol)
    Block.objects.create(person=alice, blocked=bob)
    assert people_of(alice, bob, carol) == [{carol.pk}, {carol.pk}, {alice.pk, bob.pk}]


def test_a_closed_conversation_shows_nothing_to_either_side_until_there_is_a_message(alice, bob, monkeypatch):
    room = converse(alice, bob)
    site, events = Process({}), []
    site.part._database = Database()
    monkeypatch.setattr(broadcast, "publish", events.append)
    for person in (alice, bob):
        site.enter(person.pk)
    assert len(site.refresh()) == 2
    set_closed(bob, room, True)
    site.part.take(events[0])
    assert site.refresh() == [(alice.pk, HALL, [], [bob.pk]), (bob.pk, HALL, [], [alice.pk])]
    say(alice, room)
    site.part.take({"type": "worker.moved", "heads": [[room.pk, 2]]})
    assert site.refresh() == [(alice.pk, HALL, [bob.pk], []), (bob.pk, HALL, [alice.pk], [])]
    assert site.part._closed == {}


def test_someone_who_closes_a_group_is_hidden_there_and_the_others_are_not(alice, bob, carol):
    room = converse(alice, bob, carol)
    Membership.objects.filter(room=room, person=carol).update(closed_seq=1)
    assert people_of(alice, bob, carol) == [{bob.pk}, {alice.pk}, set()]
    converse(bob, carol)
    assert people_of(alice, bob, carol) == [{bob.pk}, {alice.pk, carol.pk}, {bob.pk}]
