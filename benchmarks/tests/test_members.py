"""The benchmark's people over many workers: a client that reconnects otherwise than it should measures another site."""

import asyncio
import itertools

import pytest

from benchmarks.load.connection import Connection
from benchmarks.load.decoder import SharedDecoder
from benchmarks.load.dialect import Again, Answer, Decoded, Visitor
from benchmarks.load.room import Room
from benchmarks.workers import figures
from benchmarks.workers.balancer import Balancer
from benchmarks.workers.faults import Disturbance
from benchmarks.workers.member import Member, Resuming
from benchmarks.workers.member_group import MemberGroup
from benchmarks.workers.outbox import Outbox
from chat import protocol

VISITOR = Visitor("lobby", "secret")


class Line:
    """A connection that keeps what is posted."""

    def __init__(self):
        self.posted = []

    def post(self, number):
        self.posted.append(number)


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


# ---- What is not acknowledged yet


@pytest.fixture
def outbox():
    return Outbox(2)


async def test_so_many_are_on_the_way_and_each_answer_lets_the_next_go(outbox):
    line = Line()
    outbox.connected(line, 1)
    for number in range(4):
        outbox.write(number)
    assert line.posted == [0, 1]
    assert outbox.answered(0)
    assert line.posted == [0, 1, 2]


async def test_a_new_line_gets_in_order_what_was_not_answered(outbox):
    old, new = Line(), Line()
    outbox.connected(old, 1)
    for number in range(3):
        outbox.write(number)
    outbox.answered(0)
    outbox.disconnected()
    outbox.write(3)
    assert old.posted == [0, 1, 2]
    outbox.connected(new, 2)
    assert new.posted == [1, 2]
    outbox.answered(1)
    assert new.posted == [1, 2, 3]
    assert outbox.written == {0: 1, 1: 2, 2: 0, 3: 0}


async def test_what_is_refused_for_a_while_is_sent_again_from_the_oldest(outbox):
    line = Line()
    outbox.connected(line, 1)
    for number in range(3):
        outbox.write(number)
    outbox.postpone(0.0)
    outbox.postpone(0.0)
    assert line.posted == [0, 1], "nothing before the time it was asked to wait"
    await until(lambda: len(line.posted) > 2)
    assert (line.posted, outbox.retries) == ([0, 1, 0, 1], 1)


# ---- A person over their connections


class Proxy:
    """Accepts every connection at once, and keeps them."""

    def __init__(self):
        self.connections = []

    async def connect(self, connection):
        self.connections.append(connection)
        connection._transport = Transport()
        return 8000 + len(self.connections)

    def closed(self, port):
        pass


class Transport:
    def write(self, data):
        pass

    def is_closing(self):
        return False


def member_of(balancer):
    room = Room("lobby", Resuming(), itertools.count())
    member = Member(VISITOR, room, balancer, SharedDecoder(Resuming()), outstanding=1)
    member.room = room
    room.entered(member)
    return member


@pytest.fixture
async def member():
    member = member_of(Proxy())
    member.proxy = member._balancer
    staying = asyncio.create_task(member.stay())
    await until(lambda: member.proxy.connections)
    yield member
    staying.cancel()
    await asyncio.gather(staying, return_exceptions=True)


def hello(member, rev):
    take(member, Decoded(is_in=True, cursor=f"e.1.{rev}"))


def changes(member, rev):
    take(member, Decoded(posts=(rev,), cursor=f"e.1.{rev}", last_at=1.0))


def notice(member, frame):
    take(member, Resuming().decode(frame.encode().encode()))


def take(member, decoded):
    member.proxy.connections[-1]._take_text(decoded)


def break_line(member, reason):
    member.closed(member.proxy.connections[-1], reason)


@pytest.mark.parametrize(("received", "cursor"), [([4], "e.1.4"), ([], "e.1.3")])
async def test_a_member_reconnects_after_the_announced_delay_with_its_last_cursor(member, received, cursor):
    hello(member, rev=3)
    for rev in received:
        changes(member, rev)
    notice(member, protocol.Bye(reason="restart", reconnect_after=0.0))
    break_line(member, "closed with 4412")
    await until(lambda: len(member.proxy.connections) == 2)
    assert member.proxy.connections[1].visitor == VISITOR._replace(cursor=cursor)
    assert Resuming().path(Visitor("lobby", "", cursor)) == f"/ws/chat/lobby/?after={cursor}"


async def test_a_blackout_lasts_until_nothing_is_missing(member):
    hello(member, rev=3)
    break_line(member, "closed with 1006")
    [blackout] = member.blackouts
    hello(member, rev=5)
    changes(member, 4)
    assert blackout.ended is None
    changes(member, 5)
    assert blackout.ended >= blackout.began


@pytest.mark.parametrize(
    "frame",
    [protocol.Reset(cursor="e.1.9"), protocol.Error(ref="0", code=protocol.Code.MUTED, detail="Not now.")],
)
async def test_a_reset_and_a_permanent_refusal_are_failures(member, frame):
    hello(member, rev=3)
    notice(member, frame)
    assert len(member.room.failures) == 1


async def test_the_same_answer_twice_is_no_failure_and_another_one_is(member):
    hello(member, rev=3)
    member.room.begin_as_answered(posters=1, outstanding=1, posts=1)
    for answer, failures in ((Answer(0, 5, 5), 0), (Answer(0, 5, 5), 0), (Answer(0, 6, 6), 1), (Answer(7, 6, 6), 2)):
        take(member, Decoded(answered=answer))
        assert len(member.room.failures) == failures
    assert (member.room.unanswered, member.outbox.written) == (0, {0: 8001})


async def test_a_postponed_post_is_sent_again_by_the_member(member):
    hello(member, rev=3)
    member.room.begin_as_answered(posters=1, outstanding=1, posts=1)
    take(member, Decoded(again=Again(0, 0.0)))
    assert (member.outbox.retries, member.room.failures) == (1, [])


@pytest.mark.parametrize("attempt", [0, 1, 3, 10])
def test_without_an_announced_delay_waits_are_drawn_below_a_limit_that_doubles(attempt):
    member = member_of(None)
    longest = min(30, 2**attempt)
    drawn = [member._delay(attempt) for _ in range(100)]
    assert 0.5 <= min(drawn) <= max(drawn) <= longest
    assert len(set(drawn)) > 1


# ---- The proxy


async def test_connections_go_to_the_worker_with_the_fewest_and_past_one_that_is_gone(unused_tcp_port_factory):
    accepted = []

    async def accept(reader, writer):
        accepted.append(writer)

    gone, *ports = [unused_tcp_port_factory() for _ in range(3)]
    servers = [await asyncio.start_server(accept, "127.0.0.1", port) for port in ports]
    balancer = Balancer([gone, *ports])
    clients = [silent() for _ in range(4)]
    went_to = [await balancer.connect(client) for client in clients]
    assert sorted(went_to) == sorted(ports * 2)
    balancer.closed(ports[0])
    assert await balancer.connect(silent()) == ports[0]
    for server in servers:
        server.close()
    for client in clients:
        client.abort()
    await until(lambda: len(accepted) == 5)
    for writer in accepted:
        writer.transport.abort()
    assert await balancer.connect(silent()) is None


class Silent:
    def closed(self, connection, reason):
        pass


def silent():
    return Connection(Silent(), SharedDecoder(Resuming()), VISITOR)


# ---- The figures


def test_figures_count_what_came_from_others_through_other_workers():
    group = MemberGroup(Balancer([1, 2]), [VISITOR] * 3, outstanding=1)
    writer, same, other = group.connections
    group.room("lobby").begin_as_answered(posters=1, outstanding=1, posts=1)
    post = group.room("lobby").posts[0]
    post.at, post.answered_at, writer.outbox.written[0] = 10.0, 10.5, 1
    for member, port, at in ((writer, 1, 11.0), (same, 1, 12.0), (other, 2, 13.0)):
        member.log.append(Decoded(posts=(0,)))
        member.arrived.append(at)
        member.ports.append(port)
    [phase] = figures.phases(group, None, by_port=True).values()
    assert (phase.ack.p50, phase.delivery.count, phase.delivery.p50) == (0.5, 1, 3.0)
    [phase] = figures.phases(group, None, by_port=False).values()
    assert (phase.delivery.count, phase.delivery.worst) == (2, 3.0)
    made = figures.of_posts(group)
    assert (made["complete_seconds"], made["posts"]) == (3.0, 1)


def test_posts_are_told_apart_by_when_they_were_written():
    disturbance = Disturbance(happen=None, quiet_seconds=0, began=5.0, ended=7.0)
    assert [disturbance.phase(moment) for moment in (4.9, 5.0, 6.9, 7.0)] == ["before", "during", "during", "after"]
