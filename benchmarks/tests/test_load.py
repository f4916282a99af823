"""The rooms, the figures and the clients of the load generator, against a server in this process."""

import asyncio
import itertools
import math

import pytest
from websockets.asyncio.server import serve

from benchmarks.load import client_group
from benchmarks.load.audit import audit
from benchmarks.load.client_group import ClientGroup
from benchmarks.load.dialect import Again, Answer, Decoded, Dialect, Visitor
from benchmarks.load.dialects import Site
from benchmarks.load.figures import Watch, percentile, reached_all
from benchmarks.load.group import Group, Workload
from benchmarks.load.room import Room
from benchmarks.peers import broadcasting
from chat import protocol

VISITOR = Visitor("lobby", "secret")


# ---- A room


class Connection:
    def __init__(self):
        self.log, self.posts, self.asked = [], 0, []

    def post(self, number):
        self.asked.append(number)


def room_of(*connections, dialect=None):
    room = Room("lobby", dialect or Dialect(), itertools.count())
    for connection in connections:
        room.entered(connection)
    return room


def decode(room, connection, *numbers):
    connection.log.append(Decoded(posts=numbers))
    before, connection.posts = connection.posts, connection.posts + len(numbers)
    room.advanced(before, connection.posts)


def test_the_next_post_leaves_when_the_last_client_has_one():
    first, last = Connection(), Connection()
    room = room_of(first, last)
    room.begin(posters=2, outstanding=2, until=float("inf"))
    assert (first.asked, last.asked) == ([0], [1])
    decode(room, first, 0, 1)
    assert room.everywhere == 0
    decode(room, last, 0)
    assert (room.everywhere, len(room.posts)) == (1, 3)
    decode(room, last, 1)
    assert (room.everywhere, len(room.posts)) == (2, 4)


def test_a_room_is_done_when_all_is_everywhere_and_answered():
    connection = Connection()
    room = room_of(connection, dialect=Site())
    room.begin(posters=1, outstanding=0, until=0)
    room.post()
    decode(room, connection, 0)
    assert not room.is_done
    room.answered(connection, Answer(0, 1, 1))
    assert room.is_done
    room.answered(connection, Answer(0, 1, 1))
    assert len(room.failures) == 1


def test_every_answer_lets_its_poster_send_the_next_until_all_are_sent():
    one, other = Connection(), Connection()
    room = room_of(one, other, dialect=Site())
    room.begin_as_answered(posters=2, outstanding=2, posts=5)
    assert (one.asked, other.asked) == ([0, 2], [1, 3])
    room.answered(one, Answer(0, 1, 1))
    room.answered(other, Answer(1, 2, 2))
    assert (one.asked, other.asked, room.unanswered) == ([0, 2, 4], [1, 3], 3)


async def test_a_postponed_post_is_sent_again_by_its_poster():
    connection = Connection()
    room = room_of(connection, dialect=Site())
    room.begin_as_answered(posters=1, outstanding=1, posts=1)
    room.again(connection, Again(0, 0.0))
    async with asyncio.timeout(10):
        while len(connection.asked) < 2:
            await asyncio.sleep(0)
    assert (connection.asked, room.retries, room.unanswered) == ([0, 0], 1, 1)


# ---- The figures


def test_a_message_has_reached_all_when_the_last_frame_with_it_arrived():
    group = Group(Dialect())
    group.decoder.frames += [Decoded(posts=(2,), last_at=5.0), Decoded(posts=(2, 3), last_at=7.0)]
    assert reached_all(group, {2: None, 3: None}) == {2: 7.0, 3: 7.0}


def test_percentiles_are_values_that_occurred():
    values = [float(value) for value in range(1, 201)]
    assert (percentile(values, 50), percentile(values, 99)) == (100.0, 198.0)
    assert percentile([3.0], 99) == 3.0
    assert math.isnan(percentile([], 50))


# ---- All of it, against a server in this process


class Leaky:
    """Passes on, but forgets every fifth message for one of those who are there."""

    def __init__(self):
        self._connections, self._numbers = [], itertools.count(1)

    async def talk(self, connection):
        self._connections.append(connection)
        async for message in connection:
            forgets = next(self._numbers) % 5 == 0
            for other in self._connections[1 if forgets else 0 :]:
                await other.send(message)


async def run(talk, *, patience):
    """Return the findings of the audit and the figures after `talk` served three clients."""
    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        [address] = server.sockets
        group = ClientGroup(Dialect(), [address.getsockname()[1]])
        await group.connect([VISITOR] * 3)
        watch = Watch(group, lambda: [])
        await group.post(Workload(0.1, posters=2, outstanding=3), patience)
        figures = watch.figures()
        await group.leave()
    return audit(group, None), figures


async def test_a_server_that_passes_everything_on_is_measured_and_found_good():
    async with asyncio.timeout(10):
        found, figures = await run(broadcasting.talk, patience=5)
    assert found == []
    assert figures["deliveries"] == 3 * figures["posts"] > 0
    assert 0 < figures["to_all_ms_p50"] <= figures["to_all_ms_p99"]


@pytest.mark.parametrize(("by_room", "places"), [(True, 2), (False, 4)])
async def test_clients_connect_to_the_ports_in_turn_or_by_room_to_one(by_room, places):
    came = set()

    async def note(connection):
        came.add((connection.request.path, connection.local_address[1]))
        await connection.wait_closed()

    async with serve(note, "127.0.0.1", 0) as one, serve(note, "127.0.0.1", 0) as other:
        group = ClientGroup(Dialect(), [it.sockets[0].getsockname()[1] for it in (one, other)], by_room=by_room)
        await group.connect([Visitor(room, "") for room in ("a", "a", "b", "b", "b", "a")])
        await group.leave()
    assert len(came) == places
    assert len({port for _, port in came}) == 2


async def test_a_server_that_never_admits_a_client_does_not_block_the_run(monkeypatch):
    monkeypatch.setattr(client_group, "ENTERING_SECONDS", 0.05)

    async def say_nothing(connection):
        await connection.wait_closed()

    async with serve(say_nothing, "127.0.0.1", 0, subprotocols=[protocol.SUBPROTOCOL]) as server:
        group = ClientGroup(Site(), [server.sockets[0].getsockname()[1]])
        with pytest.raises(ExceptionGroup) as failures:
            await group.connect([VISITOR])
        assert "not admitted" in str(failures.value.exceptions[0])


async def test_a_server_that_loses_something_is_found_out():
    async with asyncio.timeout(10):
        found, _ = await run(Leaky().talk, patience=0.3)
    assert any("are missing" in sentence for sentence in found)
    assert any("Nothing moved" in sentence for sentence in found)
