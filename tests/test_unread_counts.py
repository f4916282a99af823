"""The unread counts of connected people, without sockets and without a database."""

import tracemalloc
from types import SimpleNamespace

import pytest

from chat import broadcast
from chat.delivery import head_check
from chat.delivery.head_check import HeadCheck
from chat.delivery.presence import unread_rows
from chat.delivery.presence.unread_rows import MembershipRow, RoomRow, UnreadRows
from chat.history import Head
from chat.telemetry.counters import counts
from tests.simulated_counts import Process, finished

ALICE, BOB, HALL, OPS = 1, 2, 10, 20
SLUGS = {HALL: "hall", OPS: "ops"}


def row(person=BOB, room=OPS, read=0, *, floor=None, level=None, mentions=0):
    return MembershipRow(person, room, read, floor, level, "all", False, mentions)


class Stored:
    """The rows of a database, as `UnreadCounts` reads them. `on_read` is called during each read, after it."""

    def __init__(self, *rows, **heads):
        self.rows, self.heads = {it[:2]: it for it in rows}, {"hall": 0, "ops": 0} | heads
        self.reads, self.on_read = 0, lambda: None

    async def read(self, function, *arguments):
        self.reads += 1
        found = self.of(function, *arguments)
        self.on_read()
        return found

    def of(self, function, chosen, known=frozenset()):
        if function is unread_rows.everyone:
            return []
        if function is unread_rows.rooms:
            return [self.room(room_id) for room_id in chosen]
        people = {it for it in chosen if isinstance(it, int)} | {it[0] for it in chosen if not isinstance(it, int)}
        rows = [it for it in self.rows.values() if it.person_id in people]
        return UnreadRows(rows, [self.room(room_id) for room_id in {it.room_id for it in rows} - known], [])

    def room(self, room_id):
        slug = SLUGS[room_id]
        return RoomRow(room_id, slug, slug.title(), "", "public", None, self.heads[slug], 0)


def process(*rows, **heads):
    """Return a process over these rows, to which nobody is connected."""
    found = Process()
    found.counts._database = found.database = Stored(*rows, **heads)
    return found


def moved(**fields):
    return {"type": "worker.moved", **fields}


def test_a_new_page_gets_all_counts_and_later_the_changes():
    site = process(row(read=1), row(room=HALL), ops=3)
    page = site.open(BOB, HALL)
    site.refresh()
    assert page.counts == {"ops": {"unread": 2, "mentions": 0}}
    site.counts.take(moved(heads=[[OPS, 4], [HALL, 9]]))
    site.refresh()
    assert page.counts == {"ops": {"unread": 3, "mentions": 0}}
    second = site.open(BOB, HALL)
    site.refresh()
    assert (second.counts, site.database.reads) == (page.counts, 1)


def test_a_page_is_told_at_once_that_nothing_is_unread():
    site = process(row(read=3), ops=3)
    page = site.open(BOB, HALL)
    site.refresh()
    assert not page.is_first


def test_neither_posts_nor_readers_cost_a_read_and_a_second_costs_one_frame():
    site = process(row(), row(room=HALL), row(ALICE))
    for person in (ALICE, BOB):
        site.open(person, HALL)
    site.refresh()
    reads, frames = site.database.reads, site.frames
    for seq in range(1, 50):
        site.counts.take(moved(heads=[[OPS, seq], [HALL, seq]], read=[[ALICE, OPS, seq, False]]))
    site.refresh()
    site.refresh()
    assert (site.database.reads - reads, site.frames - frames) == (0, 1)  # alice has read everything


def test_change_during_a_read_is_not_lost():
    site = process(row(), ops=1)
    page = site.open(BOB, HALL)
    site.database.on_read = lambda: site.counts.take(moved(heads=[[OPS, 5]], read=[[BOB, OPS, 2, False]]))
    site.refresh()
    assert page.counts == {"ops": {"unread": 3, "mentions": 0}}


def fail():
    raise ConnectionError


def test_failed_read_is_tried_again_until_the_person_leaves():
    site = process(row(), ops=1)
    page = site.open(BOB, HALL)
    site.database.on_read = fail
    for _ in range(2):
        with pytest.raises(ConnectionError):
            site.refresh()
    site.close(page)
    site.refresh()
    assert site.database.reads == 2


def test_pairs_of_a_failed_read_are_read_again():
    site = process(row(mentions=1), ops=1)
    page = site.open(BOB, HALL)
    site.refresh()
    site.counts.take(moved(read=[[BOB, OPS, 1, False]]))
    site.database.rows[BOB, OPS] = row(read=1)
    site.database.on_read = fail
    with pytest.raises(ConnectionError):
        site.refresh()
    site.database.on_read = lambda: None
    site.refresh()
    assert page.unread == {}


def test_read_position_reaches_the_pages_of_the_room_after_their_first_counts():
    site = process(row(read=2), ops=9)
    site.counts.take(moved(read=[[BOB, OPS, 3, False]]))  # not here
    page = site.open(BOB, OPS)
    site.counts.take(moved(read=[[BOB, OPS, 5, False]]))
    assert page.read == 0
    site.database.rows[BOB, OPS] = row(read=5)
    site.refresh()
    assert (page.is_first, page.read) == (False, 5)
    site.database.rows[BOB, OPS] = row(read=3)
    site.counts.take(moved(read=[[BOB, OPS, 3, True]]))
    site.refresh()
    assert page.read == 3
    site.counts.take(moved(read=[[BOB, OPS, 2, False]]))  # an older broadcast that arrives late
    site.refresh()
    assert page.read == 3


def test_messages_up_to_the_floor_are_not_unread():
    site = process(row(read=1, floor=4), ops=6)
    page = site.open(BOB, HALL)
    site.refresh()
    site.counts.take(moved(read=[[BOB, OPS, 2, True]]))
    site.refresh()
    assert page.counts == {"ops": {"unread": 2, "mentions": 0}}


def test_joined_changed_and_left_rooms_appear_in_open_pages():
    site = process(row(room=HALL), ops=2)
    page = site.open(BOB, HALL)
    site.refresh()
    site.database.rows[BOB, OPS] = row(read=1, level="mentions")
    site.counts.take(moved(memberships=[[BOB, OPS]]))
    site.refresh()
    assert page.rooms["ops"]["unread"] == page.counts["ops"]["unread"] == 1
    assert page.rooms["ops"]["level"] == "mentions"
    site.database.rows[BOB, OPS] = row(read=1, level="all")
    site.counts.take(moved(memberships=[[BOB, OPS]]))
    site.refresh()
    assert page.rooms["ops"]["level"] == "all"
    del site.database.rows[BOB, OPS]
    site.counts.take(moved(memberships=[[BOB, OPS]]))
    site.refresh()
    assert (page.rooms, page.counts) == ({}, {})


def test_difference_that_its_broadcast_explains_is_not_counted_as_lost():
    site = process(row(read=1), ops=3)
    page = site.open(BOB, HALL)
    site.refresh()
    before = counts.unread_corrected
    site.database.rows[BOB, OPS] = row(read=2)
    site.compare(times=10)  # before its broadcast
    site.counts.take(moved(read=[[BOB, OPS, 2, False]]))
    site.refresh()
    assert counts.unread_corrected == before
    site.database.rows[BOB, OPS] = row(read=3)
    site.compare(times=10)
    site.refresh()
    assert (counts.unread_corrected, page.unread) == (before + 1, {})


def test_alerts_follow_the_level_and_come_once_a_second_and_room():
    levels = {3: "all", 4: "mentions", 5: "nothing"}
    site = process(*(row(person, level=level) for person, level in levels.items()))
    for person in levels:
        site.open(person, HALL)
        site.open(person, HALL)
    site.open(6, HALL)  # not a member
    site.refresh()
    site.counts.take(moved(heads=[[OPS, 1]]))
    site.counts.take(moved(heads=[[OPS, 2]]))
    site.refresh()
    assert site.alerts == [(OPS, 2, 3)]
    site.alerts.clear()
    for person, level in levels.items():
        site.database.rows[person, OPS] = row(person, level=level, mentions=1)
    site.counts.take(moved(heads=[[OPS, 4]], mentioned=[[person, OPS, 3] for person in (*levels, 6)]))
    site.refresh()
    site.refresh()
    assert sorted(site.alerts) == [(OPS, 3, 4), (OPS, 4, 3)]


def test_no_alert_to_people_who_have_read_it_or_view_the_room():
    site = process(row(), row(ALICE))
    site.open(BOB, HALL)
    site.open(ALICE, OPS)
    site.refresh()
    site.counts.take(moved(heads=[[OPS, 1]], read=[[BOB, OPS, 1, False]]))
    site.refresh()
    assert site.alerts == []


def test_heads_of_other_rooms_are_found_and_a_deleted_room_is_left():
    site = process(row(read=1), ops=1)
    page = site.open(BOB, HALL)
    site.refresh()
    known = site.counts.heads()
    assert known == {OPS: 1}
    site.counts.take(moved(heads=[[OPS, 3]]))
    site.counts.observe_heads({OPS: Head("e", OPS, 2, 9, 0)}, known)  # read before that broadcast
    site.refresh()
    assert page.counts == {"ops": {"unread": 2, "mentions": 0}}
    site.database.of = lambda *arguments: []
    site.counts.observe_heads({}, site.counts.heads())
    site.refresh()
    assert page.unread == {}


def test_rooms_that_nobody_views_are_checked_rarely_while_broadcasts_arrive(monkeypatch):
    site = process(row(read=1), ops=1)
    site.open(BOB, HALL)
    site.refresh()
    asked, now, are_lost = [], [1000.0], [False]

    class Heads:
        async def read(self, function, ids):
            asked.append((now[0], ids))
            return {OPS: Head("e", OPS, 1, 1, 0)}

    monkeypatch.setattr(head_check, "time", SimpleNamespace(monotonic=lambda: now[0]))
    check = HeadCheck(SimpleNamespace(feeds={}), site.counts, Heads(), lambda: are_lost[0])
    for now[0], are_lost[0] in [
        (1, False),
        (2, False),
        (11, False),
        (12, False),
        (12.2, False),
        (13, True),
        (14, True),
    ]:
        if now[0] == 12.2:
            check.trigger_all()
        finished(check.check())
    assert asked == [(seconds, [OPS]) for seconds in (1, 12, 12.2, 13, 14)]


def test_comparison_costs_two_reads_however_many_rooms_there_are():
    site = process(row(read=1), row(room=HALL), ops=1)
    site.open(BOB, HALL)
    site.refresh()
    before = site.database.reads
    site.compare()
    assert site.database.reads == before + 2


def test_a_connected_person_and_room_take_at_most_120_bytes():
    people, rooms = 50, 100
    site = Process()
    about = [RoomRow(room, f"room-{room}", "Room", "", "public", None, 10**6, 0) for room in range(1000, 1000 + rooms)]
    for person in range(5000, 5000 + people):
        site.counts.enter(person, HALL)
    site.counts._add_rooms(UnreadRows([], about, []))
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for person in range(5000, 5000 + people):
        rows = [row(person + 0, room.id + 0, 10**5 + room.id + person) for room in about]
        site.counts._take_people([person], UnreadRows(rows, [], []))
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (after - before) / (people * rooms) <= 120


def test_a_worker_of_the_previous_release_reads_its_own_event_and_this_one_reads_each_once(monkeypatch):
    events = []
    monkeypatch.setattr(broadcast, "publish", events.append)
    broadcast.publish_moved(read=[(BOB, HALL, 3, True)])
    broadcast.publish_moved(memberships=[(BOB, HALL)], read=[(ALICE, HALL, 4, False)])
    broadcast.publish_moved(heads=[(HALL, 5)], mentioned=[(BOB, HALL, 5)])
    broadcast.publish_moved()
    assert [event["type"] for event in events] == ["worker.moved", "worker.read"] * 2 + ["worker.moved"]
    _, alone, _, together, _ = events
    assert (alone["places"], alone["positions"]) == ([[BOB, HALL]], [[3, True]])
    assert (together["places"], "positions" in together) == ([[ALICE, HALL], [BOB, HALL]], False)
    assert broadcast.moved_before(alone) is broadcast.moved_before(together) is None
    old = {"type": "worker.read", "places": [[BOB, HALL], [BOB, OPS]], "positions": [[3, True], [4, False]]}
    assert broadcast.moved_before(old)["read"] == [[BOB, HALL, 3, True], [BOB, OPS, 4, False]]
    assert broadcast.moved_before(old)["heads"] == [[HALL, 3], [OPS, 4]]
    assert broadcast.moved_before({"type": "worker.read", "places": [[BOB, HALL]]})["memberships"] == [[BOB, HALL]]
