"""The load generator's dialects, rooms and audit, which must neither misread a peer nor miss a loss."""

import asyncio
import itertools

import msgspec
import pytest
from websockets.asyncio.server import serve

from benchmarks import websocket
from benchmarks.load import audit, client_group
from benchmarks.load.client_group import ClientGroup, Workload
from benchmarks.load.decoder import SharedDecoder
from benchmarks.load.dialect import Decoded, Dialect, NotUnderstood, Visitor
from benchmarks.load.dialects import JOIN, Site, SocketIO, Tutorial, Xmpp
from benchmarks.load.figures import Watch
from benchmarks.load.room import Room
from benchmarks.peers import broadcasting
from benchmarks.posting import body_of
from benchmarks.tests.test_clients import server_frame
from chat import protocol

VISITOR = Visitor("lobby", "secret")


def changes(*bodies):
    messages = [msgspec.Raw(msgspec.json.encode({"seq": 1, "body": body})) for body in bodies]
    return protocol.Changes(cursor="e.1.9", messages=messages).encode().encode()


def stanza(body, to="7@localhost/1"):
    """As ejabberd 23.01 sends it."""
    return (
        f"<message xmlns='jabber:client' xml:lang='en' to='{to}' from='lobby@conference.localhost/guest-1'"
        f" type='groupchat' id='5'><body>{body}</body></message>"
    ).encode()


# ---- Dialects: what each server makes of a post, and what is heard in it

MADE = {
    "plain": (Dialect(), lambda body: body.encode()),
    "tutorial": (Tutorial(), lambda body: msgspec.json.encode({"message": body})),
    "socketio": (SocketIO(), lambda body: b"42" + msgspec.json.encode(["message", body])),
    "site": (Site(), changes),
    "xmpp": (Xmpp(), stanza),
}


@pytest.mark.parametrize("name", MADE)
def test_a_post_is_heard_as_the_number_it_was_sent_with(name):
    dialect, made = MADE[name]
    assert body_of(7) in dialect.post(7, VISITOR)
    assert dialect.decode(made(body_of(7))).posts == (7,)


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("body", ["", "hello", body_of(7)[1:], body_of(7) + "1", body_of(7).upper()])
def test_what_was_never_posted_is_not_taken_for_a_post(name, body):
    dialect, made = MADE[name]
    with pytest.raises(NotUnderstood):
        dialect.decode(made(body))


def test_the_site_admits_acknowledges_and_asks_to_retry():
    site = Site()
    assert site.decode(changes(body_of(1), body_of(2))) == Decoded(posts=(1, 2), cursor="e.1.9")
    assert site.decode(protocol.Ok(ref="3").encode().encode()).answered == 3
    busy = protocol.Error(ref="4", code=protocol.Code.BUSY, detail="", retry_after=0.5)
    assert site.decode(busy.encode().encode()).again == (4, 0.5)


@pytest.mark.parametrize(
    "frame",
    [
        protocol.Reset(cursor="e.1.9"),
        protocol.Bye(reason="restart"),
        protocol.Error(ref="4", code=protocol.Code.MUTED, detail=""),
    ],
)
def test_what_may_not_happen_while_the_site_is_measured_is_a_failure(frame):
    with pytest.raises(NotUnderstood):
        Site().decode(frame.encode().encode())


def test_socket_io_is_entered_step_by_step():
    dialect = SocketIO()
    said = [b'0{"sid":"a"}', b'40{"sid":"b"}', b"2"]
    assert [dialect.decode(it).reply for it in said] == ["40", JOIN, "3"]
    assert dialect.reply(Decoded(reply=JOIN), VISITOR) == '42["join","lobby"]'
    assert dialect.decode(b'42["joined","lobby"]').is_in
    with pytest.raises(NotUnderstood):
        dialect.decode(b"41")


def test_a_room_of_xmpp_is_entered_step_by_step():
    dialect, stream, sasl = (
        Xmpp(),
        "xmlns:stream='http://etherx.jabber.org/streams'",
        "urn:ietf:params:xml:ns:xmpp-sasl",
    )
    said = [
        "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' id='1' version='1.0' xml:lang='en' from='localhost'/>",
        f"<stream:features {stream}><mechanisms xmlns='{sasl}'/></stream:features>",
        f"<success xmlns='{sasl}'/>",
        f"<stream:features {stream}><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>",
        "<iq xmlns='jabber:client' type='result' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
        "<presence xmlns='jabber:client' to='7@localhost/1' from='lobby@conference.localhost/secret'/>",
    ]
    replies = [dialect.reply(dialect.decode(it.encode()), VISITOR) for it in said]
    assert [reply.partition(" ")[0] for reply in replies] == ["", "<auth", "<open", "<iq", "<presence", ""]
    assert "to='lobby@conference.localhost/secret'" in replies[4]
    empty = "<message xmlns='jabber:client' from='lobby@conference.localhost' type='groupchat'><subject/></message>"
    assert dialect.decode(empty.encode()).is_in
    for refused in ("<presence xmlns='jabber:client' type='error'/>", "<failure/>"):
        with pytest.raises(NotUnderstood):
            dialect.decode(refused.encode())


def test_copies_of_a_message_for_different_people_are_understood_once():
    decoder, posts = SharedDecoder(Xmpp()), [stanza(body_of(1), to) for to in ("7@localhost/1", "8@localhost/1")]
    assert posts[0] != posts[1]
    assert decoder.frame(posts[0]) is decoder.frame(posts[1])
    frames = [(websocket.TEXT, posts[0])]
    assert decoder.remember(server_frame(*frames[0]), frames) is None


def test_equal_bytes_are_understood_once_and_what_is_no_post_is_not_kept():
    decoder, posts = SharedDecoder(Site()), changes(body_of(1))
    assert decoder.frame(posts) is decoder.frame(posts)
    frames = [(websocket.TEXT, posts), (websocket.TEXT, changes(body_of(2)))]
    data = b"".join(server_frame(*frame) for frame in frames)
    assert decoder.whole_read(data) is None
    assert decoder.remember(data, frames).posts == (1, 2)
    assert decoder.whole_read(data).posts == (1, 2)
    answer = [(websocket.TEXT, protocol.Ok(ref="1").encode().encode())]
    assert decoder.remember(server_frame(*answer[0]), answer) is None


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
    room.answered(0)
    assert room.is_done
    room.answered(0)
    assert len(room.failures) == 1


# ---- The audit


def audited(*logs, posted=(1, 2, 3), dialect=None, stored=None):
    connections = [Connection() for _ in logs]
    room = room_of(*connections)
    room.posts = dict.fromkeys(posted)
    for connection, numbers in zip(connections, logs, strict=True):
        connection.log = [Decoded(posts=(number,)) for number in numbers]
    return list(audit.of_room(room, dialect or Dialect(), stored))


def test_audit_accepts_everything_once_in_one_order():
    assert audited([2, 1, 3], [2, 1, 3]) == []
    assert audited([1, 2, 3], stored=[1, 2, 3]) == []


@pytest.mark.parametrize(
    ("logs", "found"),
    [
        (([1, 2, 3], [1, 3]), "1 of 3 messages are missing"),
        (([1, 3], [1, 3]), "1 of 3 messages are missing"),
        (([1, 2, 2, 3], [1, 2, 3]), "1 messages came more than once"),
        (([1, 2, 3], [1, 2, 3, 9]), "1 messages were never posted here"),
        (([1, 2, 3], [1, 3, 2]), "the order is another one"),
    ],
)
def test_audit_finds_what_is_lost_doubled_strange_or_misplaced(logs, found):
    assert any(found in sentence for sentence in audited(*logs))


def test_audit_finds_clients_that_have_it_otherwise_than_it_is_stored():
    assert audited([1, 2, 3], stored=[1, 3, 2]) == ["client 0: the order is another one."]
    assert audited([1, 2, 3], stored=[1, 2]) != []


# ---- All of it, against a server in this process


class Leaky:
    """Passes on, but forgets every fifth message for one of those who are there."""

    def __init__(self):
        self._connections, self._numbers = [], itertools.count(1)

    async def talk(self, connection):
        self._connections.append(connection)
        async for said in connection:
            forgets = next(self._numbers) % 5 == 0
            for other in self._connections[1 if forgets else 0 :]:
                await other.send(said)


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
    return audit.audit(group, Dialect(), None), figures


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
