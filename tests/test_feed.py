"""Feed and pump against everything that a channel layer may do to broadcasts."""

import asyncio
import contextlib

import pytest
from django.db import OperationalError
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.delivery import feed as feed_module
from chat.delivery import pump as pump_module
from chat.delivery.feed import Feed
from chat.delivery.pump import Pump
from chat.delivery.segment import LogSegment
from chat.protocol import MAX_FRAME_OUT_BYTES, Close
from tests.simulated_room import EPOCH, ROOM, Client, Database, Log, settle


class Room:
    """A feed of a simple log, and clients that follow it through real pumps."""

    def __init__(self, log=None, *, at_once=False):
        self.log, self.at_once = log or Log(), at_once
        self.database = Database(self.log)
        self.feed = Feed(self.log.head, self.database)
        self.clients, self.tasks = [], []

    def follow(self, rev=None, rows=(), history=None):
        client = Client(rows)
        try_send = client.try_send if self.at_once else None
        pump = Pump(self.feed, self.log.rev if rev is None else rev, client.send, history, try_send)
        client.pump = pump
        self.feed.pumps.add(pump)
        self.clients.append(client)
        self.tasks.append(asyncio.create_task(pump.run()))
        return client

    def check_head(self, known=None):
        self.feed.observe_head(self.log.head, known=known or (self.feed.epoch, self.feed.rev))

    async def close(self):
        for task in self.tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self.tasks)
        await self.feed.stop()


@pytest.fixture(params=[False, True], ids=["by-the-task", "at-once"])
async def room(request):
    room = Room(at_once=request.param)
    yield room
    await room.close()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.lists(st.integers(1, 30), min_size=1, max_size=4)),
        st.tuples(st.just("deliver"), st.integers(0, 5)),
        st.tuples(st.just("double"), st.integers(0, 5)),
        st.tuples(st.just("drop"), st.integers(0, 5)),
        st.tuples(st.just("check"), st.none()),
        st.tuples(st.just("wait"), st.integers(1, 6)),
        st.tuples(st.just("join"), st.integers(0, 100)),
    ),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(steps=STEPS, ring=st.integers(1, 12), page=st.integers(1, 7), at_once=st.booleans())
def test_every_client_ends_with_the_rooms_log_on_any_layer(steps, ring, page, at_once):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed_module, "REORDER_SECONDS", 0)
        patch.setattr(feed_module, "RING_CHANGES", ring)
        patch.setattr(feed_module, "PAGE_CHANGES", page)
        asyncio.run(_play(steps, at_once))


async def _play(steps, at_once):
    room, on_the_way = Room(at_once=at_once), []
    room.follow()
    for kind, value in steps:
        if kind == "commit":
            on_the_way.append(room.log.commit(*value))
        elif kind == "check":
            room.check_head()
        elif kind == "wait":
            for _ in range(value):
                await asyncio.sleep(0)
        elif kind == "join":
            rev = room.log.rev * value // 100
            # A client that left at `rev` held everything that has not changed since.
            room.follow(rev, {seq: row for seq, row in room.log.rows.items() if row[0] <= rev})
        elif on_the_way:
            broadcast = on_the_way[value % len(on_the_way)]
            if kind != "double":
                on_the_way.remove(broadcast)
            if kind != "drop":
                room.feed.take(broadcast)
    await settle()
    room.check_head()
    await settle()
    for client in room.clients:
        assert client.rows == room.log.rows
        assert client.resets == 0
        cursors = [int(frame["cursor"].split(".")[2]) for frame in client.frames]
        assert cursors == sorted(set(cursors)), "a cursor only moves forward"
        assert cursors[-1:] in ([], [room.log.rev])
    await room.close()


async def test_a_broadcast_that_follows_needs_no_read(room):
    client = room.follow()
    room.feed.take(room.log.commit(1, 2))
    room.feed.take(room.log.commit(3))
    await settle()
    assert client.rows == room.log.rows
    assert room.database.reads == 0


@pytest.mark.parametrize("turns", range(6))
async def test_no_wake_up_is_lost_in_any_turn(room, turns):
    client = room.follow()
    await settle()
    for seq in (1, 2):
        room.feed.take(room.log.commit(seq))
        for _ in range(turns):
            await asyncio.sleep(0)
    await settle()
    assert client.rows == room.log.rows


async def test_two_broadcasts_in_the_wrong_order_are_put_right_without_a_read(room, monkeypatch):
    monkeypatch.setattr(feed_module, "REORDER_SECONDS", 60)
    client = room.follow()
    first, second = room.log.commit(1), room.log.commit(2)
    room.feed.take(second)
    await settle()
    assert client.rows == {}
    room.feed.take(first)
    await settle()
    assert client.rows == room.log.rows
    assert room.database.reads == 0


async def test_changes_missed_by_a_slow_client_are_sent_in_one_frame(room):
    client = room.follow()
    client.is_stuck.clear()
    for seq in range(1, 50):
        room.feed.take(room.log.commit(seq))
        await settle()
    client.is_stuck.set()
    await settle()
    assert client.rows == room.log.rows
    assert len(client.frames) == 2


async def test_a_thousand_connections_share_one_frame_and_one_read(room):
    for seq in range(1, 30):
        room.log.commit(seq)
    clients = [room.follow(rev=index % 20) for index in range(1000)]
    room.check_head()
    await settle()
    assert all(client.cursor == f"{EPOCH}.{ROOM}.29" for client in clients)
    assert room.database.reads <= 3


async def test_a_client_that_acknowledges_nothing_gets_a_window_full_and_no_more(room, monkeypatch):
    monkeypatch.setattr(pump_module, "WINDOW_BYTES", 1000)
    client = room.follow()
    for seq in range(1, 200):
        room.feed.take(room.log.commit(seq))
        await settle()
    got = len(client.rows)
    assert 0 < got < 50
    assert not client.pump.is_stalled(now=0)
    assert client.pump.is_stalled(now=float("inf"))
    room.feed.take(room.log.commit(200))
    assert client.pump.is_stalled(now=float("inf")), "what others write is no sign of life"
    while len(client.rows) < 200:
        client.pump.acknowledge(client.pump.rev)
        await settle()
    assert client.rows == room.log.rows


async def test_acknowledgement_of_unsent_changes_is_ignored(room, monkeypatch):
    monkeypatch.setattr(pump_module, "WINDOW_BYTES", 1)
    client = room.follow()
    room.feed.take(room.log.commit(1))
    await settle()
    room.feed.take(room.log.commit(2))
    client.pump.acknowledge(10**9)
    await settle()
    assert client.rows.keys() == {1}


async def test_client_with_too_many_queued_frames_is_disconnected(room, monkeypatch):
    monkeypatch.setattr(pump_module, "MAX_OUTBOX", 10)
    client = room.follow()
    client.is_stuck.clear()
    for _ in range(20):
        client.pump.send('{"type":"typing"}')
        await settle()
    client.is_stuck.set()
    await settle()
    assert client.closed == Close.SLOW_CONSUMER


async def test_new_epoch_causes_a_reset(room):
    client = room.follow()
    room.feed.take(room.log.commit(1, 2))
    await settle()
    room.log.epoch = "e1"
    room.check_head()
    await settle()
    assert client.resets == 1
    assert client.cursor == f"e1.{ROOM}.2"
    room.feed.take(room.log.commit(3))
    await settle()
    assert client.rows.keys() == {3}


async def test_rows_of_another_epoch_cause_a_reset_even_with_higher_revisions(room):
    client = room.follow()
    room.feed.take(room.log.commit(1, 2))
    await settle()
    room.log.epoch = "e1"
    room.log.commit(3)
    room.feed.catch_up()
    await settle()
    assert (client.resets, client.cursor) == (1, f"e1.{ROOM}.3")
    assert [frame["type"] for frame in client.frames] == ["changes", "reset"]


async def test_head_that_moved_back_causes_a_reset(room):
    client = room.follow()
    room.feed.take(room.log.commit(1, 2, 3))
    await settle()
    room.log.rev, room.log.rows = 1, {1: (1, "text 1")}
    room.check_head()
    await settle()
    assert (client.resets, client.cursor) == (1, f"{EPOCH}.{ROOM}.1")


async def test_outdated_head_is_not_taken_for_another_log(room):
    client = room.follow()
    old, known = room.log.head, (room.feed.epoch, room.feed.rev)
    room.feed.take(room.log.commit(1))
    room.feed.observe_head(old, known=known)
    await settle()
    assert client.resets == 0


async def test_cursor_below_the_floor_causes_a_reset(room):
    for seq in range(1, 10):
        room.log.commit(seq)
    room.log.floor_rev = 5
    below, above = room.follow(rev=4), room.follow(rev=5)
    room.check_head()
    await settle()
    assert (below.resets, above.resets) == (1, 0)


@pytest.mark.parametrize("news", ["a broadcast that tells of a hole", "a page on the way back"])
async def test_a_floor_that_moved_while_a_client_followed_causes_a_reset(room, monkeypatch, news):
    monkeypatch.setattr(feed_module, "REORDER_SECONDS", 0)
    client = room.follow()
    room.log.commit(1, 2, 3)
    room.log.floor_rev = 2
    last = room.log.commit(4)
    if news.startswith("a broadcast"):
        room.feed.take(last)
    else:
        room.feed.ring = LogSegment(EPOCH, ROOM, room.log.rev)
        client.pump.wake()
    await settle()
    assert client.resets == 1


async def test_client_below_a_newer_floor_waits_and_gets_a_reset(room):
    room.log.commit(1)
    room.log.commit(2)
    room.check_head()
    await settle()
    room.feed.ring.trim(most=0, most_bytes=0)
    for seq in range(3, 10):
        room.log.commit(seq)
    room.log.floor_rev = 6
    client = room.follow(rev=1)
    await settle()
    assert (client.resets, client.frames[0]["type"]) == (1, "reset")
    assert client.cursor == str(room.log.head.cursor)


async def test_a_database_that_fails_once_delays_and_loses_nothing(room):
    client = room.follow()
    room.database.failures = [OperationalError("gone")]
    room.log.commit(1)
    room.check_head()
    await settle()
    assert client.rows == {}
    room.check_head()
    await settle()
    assert client.rows == room.log.rows


async def test_change_announced_during_a_read_is_read_afterwards(room):
    client = room.follow()
    room.log.commit(1)
    room.feed.catch_up()
    while not room.database.reads:
        await asyncio.sleep(0)
    room.log.commit(2)
    room.feed.catch_up()
    await settle()
    assert client.rows == room.log.rows


async def test_history_is_sent_before_later_changes(room):
    for seq in range(1, 6):
        room.log.commit(seq)
    span = LogSegment(EPOCH, ROOM, 0)
    span.extend(room.log.entries(3, 5), 5)
    client = room.follow(history=span)
    room.log.commit(6)
    room.check_head()
    await settle()
    assert client.rows.keys() == {4, 5, 6}


def test_range_larger_than_a_frame_is_sent_in_resumable_frames():
    span = LogSegment(EPOCH, ROOM, 0)
    span.extend([(rev, b'"%s"' % (b"x" * 50_000)) for rev in range(1, 11)], 12)
    rev, pages = 0, 0
    while rev < 12:
        frame = span.frame_after(rev)
        assert len(frame.text.encode()) <= MAX_FRAME_OUT_BYTES
        assert f'"cursor":"{EPOCH}.{ROOM}.{frame.rev}"' in frame.text
        rev, pages = frame.rev, pages + 1
    assert pages == 3


def test_frame_is_built_once_for_all_connections_at_one_revision():
    span = LogSegment(EPOCH, ROOM, 0)
    span.extend([(1, b"1"), (2, b"2")], 2)
    assert span.frame_after(0) is span.frame_after(0)
    assert span.frame_after(0) is not span.frame_after(1)


def test_frames_for_single_revisions_are_not_kept():
    span = LogSegment(EPOCH, ROOM, 0)
    span.extend([(rev, b"1") for rev in range(1, 101)], 100)
    for rev in range(100):
        span.frame_after(rev)
    assert len(span._frames) <= 8


def test_a_ring_forgets_the_oldest_by_number_and_by_bytes():
    span = LogSegment(EPOCH, ROOM, 0)
    span.extend([(rev, b"x" * 10) for rev in range(1, 101)], 100)
    span.trim(most=50, most_bytes=10_000)
    assert (span.start, len(span), span.bytes) == (50, 50, 500)
    span.trim(most=50, most_bytes=100)
    assert (span.start, len(span), span.bytes) == (90, 10, 100)
    assert not span.covers(89)
    assert span.covers(90)
