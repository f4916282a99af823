"""The fast path of a handshake answers like uvicorn and `websockets`, and starts the same application."""

import asyncio
import socket

import pytest
from uvicorn import Config
from uvicorn.server import ServerState
from websockets.server import ServerProtocol

from chat import protocol
from chatsite.server.http import Http
from chatsite.server.websocket import WebSocket
from tests.connections import UvicornConnection, turns

PATIENCE_SECONDS = 20
KEY = b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
OURS = b"Sec-WebSocket-Protocol: chat.v1\r\n"
DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"


def asking(*, path=b"/ws/chat/caf%C3%A9/?after=1.2", key=KEY, version=b"13", more=b""):
    start = b"GET %b HTTP/1.1\r\nHost: localhost\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n" % path
    return start + b"Sec-WebSocket-Version: %b\r\n" % version + key + more + b"\r\n"


@pytest.fixture
async def shake_hands():
    """`await shake_hands(class, request)`: the lines of the answer, and the scope that the site got, if it did."""
    listeners = []

    async def shake(protocol_class, request):
        scopes = []

        async def application(scope, receive, send):
            scopes.append(scope)
            await receive()
            subprotocol = protocol.SUBPROTOCOL if scope["subprotocols"] else None
            await send({"type": "websocket.accept", "subprotocol": subprotocol})
            await receive()

        config, state = Config(application), ServerState()
        config.load()
        state.default_headers = [(b"date", b"today")]
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(lambda: protocol_class(config, state, {}), "127.0.0.1", 0)
        listeners.append(listener)
        reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
        writer.write(request)
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        writer.close()
        first, *lines = head.decode().lower().split("\r\n")
        return first, sorted(line for line in lines if not line.startswith("date: ") or "101" in first), scopes

    yield shake
    for listener in listeners:
        listener.close()


@pytest.mark.parametrize("more", [b"", OURS, DEFLATE, OURS + DEFLATE, b"Sec-WebSocket-Extensions: x-unknown\r\n"])
async def test_usual_handshakes_get_the_librarys_answer(shake_hands, monkeypatch, more):
    first, lines, [theirs] = await shake_hands(WebSocket, asking(more=more))
    monkeypatch.setattr(ServerProtocol, "accept", lambda *_: pytest.fail("It is answered here."))
    again = await shake_hands(Http, asking(more=more))
    assert again[:2] == (first, lines)
    assert "101" in first
    [ours] = again[2]
    for scope in (ours, theirs):
        del scope["extensions"], scope["client"], scope["server"]
        scope["headers"] = sorted((name.lower(), value) for name, value in scope["headers"])
    assert ours == theirs


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (asking(version=b"12"), 400),
        (asking(key=b""), 400),
        (asking(key=KEY.replace(b"AAAA", b"?AAA", 1)), 400),
        (asking(key=KEY.replace(b"AAAA", b"", 1)), 400),
        (asking(more=KEY), 400),
        (asking(more=b"Sec-WebSocket-Version: 12\r\n"), 400),
        (asking(more=b"Sec-WebSocket-Protocol: a b\r\n"), 400),
        (asking(more=b"Sec-WebSocket-Extensions: ;\r\n"), 400),
        (asking(more=b"Sec-WebSocket-Protocol: chat.v2, chat.v1\r\n"), 101),
        (asking(more=OURS + OURS), 101),
    ],
    ids=str,
)
async def test_unusual_handshakes_are_handled_by_the_library(shake_hands, request_, status):
    found = await shake_hands(Http, request_)
    assert found[0].split()[1] == str(status)
    assert found[:2] == (await shake_hands(WebSocket, request_))[:2]
    assert len(found[2]) == (status == 101)


def replaced(old, new):
    assert old in asking()
    return asking().replace(old, new, 1)


@pytest.mark.parametrize(
    "request_",
    [
        asking(version=b"13 \t"),
        replaced(b"Upgrade: WebSocket", b"Upgrade: WebSocket "),
        replaced(b"keep-alive, Upgrade", b"keep-alive ,, Upgrade "),
        asking(key=KEY.replace(b"==", b"== ")),
        asking(more=OURS.replace(b"\r", b" \r")),
    ],
    ids=str,
)
async def test_blanks_after_a_value_are_no_part_of_it(shake_hands, request_):
    first, _, [scope] = await shake_hands(Http, request_)
    assert "101" in first
    assert [value for _, value in scope["headers"] if value != value.strip()] == []


@pytest.mark.parametrize(("bits", "is_agreed"), [(b"8", False), (b"9", True)])
async def test_a_window_that_zlib_does_not_have_is_declined(shake_hands, bits, is_agreed):
    """zlib has no window of 8 bits. `websockets` failed over it before 17.2."""
    offer = b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=%b\r\n" % bits
    first, lines, _ = await shake_hands(Http, asking(more=offer))
    assert ("101" in first, any("permessage-deflate" in line for line in lines)) == (True, is_agreed)


async def test_an_absolute_target_is_taken_for_a_handshake_too(shake_hands):
    first, _, [scope] = await shake_hands(Http, asking(path=b"http://chat.example/ws/caf%C3%A9/?after=1.2"))
    assert "101" in first
    assert (scope["path"], scope["query_string"]) == ("/ws/café/", b"after=1.2")
    assert (b"host", b"chat.example") in scope["headers"]


@pytest.mark.parametrize(
    "request_",
    [
        replaced(b"keep-alive, Upgrade", b"a b, Upgrade"),
        replaced(b"keep-alive, Upgrade", b"Upgrade\r\nConnection: a@b, Upgrade"),
        asking(more=b"Content-Length: 3\r\n") + b"abc",
        asking(more=b"Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n",
        asking(more=b"Host: localhost\r\n"),
        replaced(b"Host: localhost\r\n", b""),
    ],
    ids=str,
)
async def test_malformed_handshake_is_refused(shake_hands, request_):
    first, _, scopes = await shake_hands(Http, request_)
    assert ("400" in first, scopes) == (True, [])


async def test_handshake_may_declare_an_empty_body(shake_hands):
    assert "101" in (await shake_hands(Http, asking(more=b"Content-Length: 0\r\n")))[0]


GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Page:
    """An application that answers a page when it may, and accepts sockets."""

    def __init__(self):
        self.may_answer, self.kinds = asyncio.Event(), []

    async def __call__(self, scope, receive, send):
        self.kinds.append(scope["type"])
        await receive()
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            await receive()
            return
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})


async def test_handshake_behind_an_unanswered_request_is_refused_after_the_answer():
    page = Page()
    connection = UvicornConnection(page)
    assert await connection.hears(GET + asking()) == b""
    page.may_answer.set()
    answers = await connection.hears(b"")
    assert [line.split()[1] for line in answers.split(b"\r\n") if line.startswith(b"HTTP/1.1")] == [b"200", b"400"]
    assert (page.kinds, connection.has_ended) == (["http"], True)
    connection.ends()


async def test_keep_alive_timer_does_not_end_a_later_handshake():
    page = Page()
    page.may_answer.set()
    connection = UvicornConnection(page)
    await connection.hears(GET)
    assert connection.protocol.timeout_keep_alive_task is not None
    assert b"101" in await connection.hears(asking())
    assert connection.protocol.timeout_keep_alive_task is connection.protocol._deadline is None
    connection.wire.get_protocol().connection_lost(None)
    await turns()


async def test_handshake_of_a_disconnected_client_is_not_accepted():
    """The line broke between the question and the answer: nothing is written, and the site is told."""
    ended = asyncio.Event()

    async def application(scope, receive, send):
        await receive()
        assert (await receive())["type"] == "websocket.disconnect"
        with pytest.raises(OSError):
            await send({"type": "websocket.accept"})
        ended.set()

    config = Config(application)
    config.load()
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: Http(config, ServerState(), {}), "127.0.0.1", 0)
    with socket.create_connection(listener.sockets[0].getsockname()) as client:
        client.sendall(asking())
    async with asyncio.timeout(PATIENCE_SECONDS):
        await ended.wait()
    listener.close()
