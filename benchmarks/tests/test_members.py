"""The benchmark's people over many workers: who did not come back as a client should would measure another site."""

import asyncio
from uuid import UUID

import pytest

from benchmarks.chunks import Chunk, ChunkReader, Row
from benchmarks.client import Client, Welcome
from benchmarks.workers import figures
from benchmarks.workers.balancer import Balancer
from benchmarks.workers.faults import Disturbance
from benchmarks.workers.gathering import Gathering
from benchmarks.workers.member import Member
from benchmarks.workers.outbox import Outbox
from chat import protocol


class Line:
    """A connection that keeps what is sent."""

    def __init__(self):
        self.sent = []

    def send(self, command):
        self.sent.append(command)

    def close(self):
        pass

    @property
    def bodies(self):
        return [int(command.body.split()[-1]) for command in self.sent]


def ok(command, seq=1):
    return protocol.Ok(ref=command.ref, client_id=command.client_id, seq=seq, rev=seq)


def busy(command, retry_after=0.0):
    return protocol.Error(ref=command.ref, code=protocol.Code.BUSY, detail="", retry_after=retry_after)


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


# ---- What is not acknowledged yet


@pytest.fixture
def answered():
    return []


@pytest.fixture
def outbox(answered):
    return Outbox(2, answered.append)


async def test_so_many_are_on_the_way_and_each_answer_lets_the_next_go(outbox, answered):
    line = Line()
    outbox.connected(line, 1)
    for number in range(4):
        outbox.write(number)
    assert line.bodies == [0, 1]
    outbox.answered(ok(line.sent[0]))
    assert line.bodies == [0, 1, 2]
    assert answered == [outbox]


async def test_a_new_line_gets_in_order_what_was_not_answered(outbox):
    old, new = Line(), Line()
    outbox.connected(old, 1)
    for number in range(3):
        outbox.write(number)
    outbox.answered(ok(old.sent[0]))
    outbox.line_is_lost()
    outbox.write(3)
    assert old.bodies == [0, 1, 2]
    outbox.connected(new, 2)
    assert new.bodies == [1, 2]
    assert new.sent == old.sent[1:], "under the same client ids"
    outbox.answered(ok(new.sent[0], seq=2))
    assert new.bodies == [1, 2, 3]
    assert [post.port for post in outbox.written.values()] == [1, 2, 0, 0]


async def test_what_is_refused_for_a_while_is_sent_again_from_the_oldest(outbox):
    line = Line()
    outbox.connected(line, 1)
    for number in range(3):
        outbox.write(number)
    outbox.refuse(busy(line.sent[0]))
    assert line.bodies == [0, 1], "nothing before the time it was asked to wait"
    await until(lambda: len(line.sent) > 2)
    assert line.bodies == [0, 1, 0, 1]
    assert (outbox.retries, outbox.failures) == (1, [])


async def test_a_permanent_refusal_is_a_failure(outbox):
    line = Line()
    outbox.connected(line, 1)
    outbox.write(0)
    outbox.refuse(protocol.Error(ref=line.sent[0].ref, code=protocol.Code.MUTED, detail="Not now."))
    assert len(outbox.failures) == 1


async def test_the_same_answer_twice_is_no_failure_and_another_one_is(outbox, answered):
    line = Line()
    outbox.connected(line, 1)
    outbox.write(0)
    outbox.answered(ok(line.sent[0], seq=5))
    outbox.answered(ok(line.sent[0], seq=5))
    assert (len(answered), outbox.failures) == (1, [])
    outbox.answered(ok(line.sent[0], seq=6))
    assert len(outbox.failures) == 1


# ---- A person over their connections


class Proxy:
    """Lets everybody in at once, and keeps the clients."""

    def __init__(self):
        self.clients = []

    async def connect(self, client):
        self.clients.append(client)
        client._transport = Transport()
        return 8000 + len(self.clients)

    def closed(self, port):
        pass


class Transport:
    def write(self, data):
        pass


@pytest.fixture
async def member():
    proxy = Proxy()
    member = Member((proxy, "lobby", "secret"), ChunkReader(), Outbox(1, lambda outbox: None), lambda member: None)
    member.proxy = proxy
    staying = asyncio.create_task(member.stay())
    await until(lambda: member._line is not None)
    yield member
    staying.cancel()
    await asyncio.gather(staying, return_exceptions=True)


def hello(rev):
    return Welcome(cursor=f"e.1.{rev}")


def chunk(rev):
    return Chunk(f"e.1.{rev}", (Row(rev, rev, UUID(int=rev), 1, "hello"),), last_at=1.0)


async def test_who_comes_back_does_so_after_the_delay_of_the_goodbye_with_the_last_cursor(member):
    line = member._line
    member.received(line, hello(rev=3))
    member.advanced(line, chunk(4))
    member.received(line, protocol.Bye(reason="restart", reconnect_after=0.0))
    member.closed(line, "closed with 4412")
    await until(lambda: len(member.proxy.clients) == 2)
    assert member.proxy.clients[1]._path == "/ws/chat/lobby/?after=e.1.4"


async def test_a_client_that_received_nothing_resumes_where_it_joined(member):
    line = member._line
    member.received(line, hello(rev=3))
    member.received(line, protocol.Bye(reason="restart", reconnect_after=0.0))
    member.closed(line, "closed with 4412")
    await until(lambda: len(member.proxy.clients) == 2)
    assert member.proxy.clients[1]._path == "/ws/chat/lobby/?after=e.1.3"


async def test_a_blackout_lasts_until_nothing_is_missing(member):
    member.received(member._line, hello(rev=3))
    member.closed(member._line, "closed with 1006")
    [blackout] = member.blackouts
    member.received(Line(), hello(rev=5))
    member.advanced(Line(), chunk(4))
    assert blackout.ended is None
    member.advanced(Line(), chunk(5))
    assert blackout.ended >= blackout.began


async def test_who_is_told_to_load_the_room_anew_says_so(member):
    member.received(member._line, hello(rev=3))
    member.received(member._line, protocol.Reset(cursor="e.1.9"))
    assert len(member.failures) == 1


@pytest.mark.parametrize("attempt", [0, 1, 3, 10])
def test_without_a_told_delay_waits_are_drawn_below_a_limit_that_doubles(attempt):
    member = Member((None, "", ""), ChunkReader(), Outbox(1, lambda outbox: None), lambda member: None)
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
    clients = [Client(Silent(), ChunkReader(), "", "", "") for _ in range(4)]
    went_to = [await balancer.connect(client) for client in clients]
    assert sorted(went_to) == sorted(ports * 2)
    balancer.closed(ports[0])
    assert await balancer.connect(Client(Silent(), ChunkReader(), "", "", "")) == ports[0]
    for server in servers:
        server.close()
    for client in clients:
        client.abort()
    await until(lambda: len(accepted) == 5)
    for writer in accepted:
        writer.transport.abort()
    assert await balancer.connect(Client(Silent(), ChunkReader(), "", "", "")) is None


class Silent:
    def closed(self, client, reason):
        pass


# ---- The figures


def test_figures_count_what_came_from_others_through_other_workers():
    gathering = Gathering(Balancer([1, 2]), "lobby", ["a", "b", "c"], posters=1, outstanding=1)
    writer, same, other = gathering.members
    writer.outbox.write(0)
    [(client_id, post)] = writer.outbox.written.items()
    post.at, post.acked_at, post.port = 10.0, 10.5, 1
    for member, port, at in ((writer, 1, 11.0), (same, 1, 12.0), (other, 2, 13.0)):
        member.log.append(Chunk("", (Row(1, 1, client_id, 1, post.body),)))
        member.arrived.append(at)
        member.ports.append(port)
    [phase] = figures.phases(gathering, None, by_port=True).values()
    assert (phase.ack.p50, phase.delivery.count, phase.delivery.p50) == (0.5, 1, 3.0)
    [phase] = figures.phases(gathering, None, by_port=False).values()
    assert (phase.delivery.count, phase.delivery.worst) == (2, 3.0)
    made = figures.of_posts(gathering)
    assert (made["complete_seconds"], made["posts"]) == (3.0, 1)


def test_posts_are_told_apart_by_when_they_were_written():
    disturbance = Disturbance(happen=None, quiet_seconds=0, began=5.0, ended=7.0)
    assert [disturbance.phase(moment) for moment in (4.9, 5.0, 6.9, 7.0)] == ["before", "during", "during", "after"]
