"""Random input before the first frame, and input that is not a frame, on real servers."""

import json
from urllib.parse import quote, quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.protocol import Close
from tests.fuzz.frames import ODD, TEXTS
from tests.fuzz.scene import SERVERS
from tests.fuzz.size import sized
from tests.fuzz.wire import CLOSE, GOODBYE, TEXT, ask, close_code

CLOSES = {value for name, value in vars(Close).items() if name.isupper()}
# WebSocket's own, for what is no frame, no text, or too much.
BROKEN = {1002, 1003, 1007, 1009}

SLUGS = st.sampled_from(["hall", "ops", "lobby"]) | TEXTS.map(lambda it: quote(it, safe=""))
SLUGS |= st.binary(min_size=1, max_size=20).map(quote_from_bytes)
NAMES = st.sampled_from(["after", "history", "name", "token", "x"])
VALUES = st.integers().map(str) | TEXTS | st.sampled_from(["a.1.2", "x" * 41, "e.99999999999999999999.1", "200", "gil"])
QUERIES = st.lists(st.tuples(NAMES, VALUES.map(lambda it: quote(it, safe="%"))), max_size=3)
HEADERS = st.sampled_from(["Origin", "Authorization", "Cookie", "Sec-WebSocket-Protocol", "X-Forwarded-For", "Accept"])
# Latin-1 in most headers; of Sec-WebSocket-Protocol, Daphne answers 500 to what is not ASCII before the site is asked.
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40)
HEADER_VALUES = st.sampled_from(
    ["null", "http://127.0.0.1", "Bearer x", "Bearer", "sessionid=x", "sessionid=;;", "chat.v1", ","]
)
HEADER_VALUES |= PRINTABLE.map(str.strip)


@st.composite
def targets(draw):
    query = "&".join(f"{name}={value}" for name, value in draw(QUERIES))
    return f"/ws/chat/{draw(SLUGS)}/?{query}".encode()


@pytest.mark.parametrize("server", SERVERS)
@sized(8)
@given(targets(), st.lists(st.tuples(HEADERS, HEADER_VALUES), max_size=3), st.booleans())
def test_every_handshake_is_accepted_or_refused_with_a_reason(serve, server, target, headers, is_plain):
    scene = serve(server)
    if server == "daphne":
        headers = [(name, value) for name, value in headers if value.isascii() or name != "Sec-WebSocket-Protocol"]
    lines = [f"{name}: {value}".encode("latin-1") for name, value in headers]
    lines += [] if is_plain else [b"Sec-WebSocket-Protocol: chat.v1"]
    status, frames = ask(scene.port, target, lines, is_plain=is_plain)
    if status != 101:
        assert status in (400, 403, 404)
        return
    code, said = close_code(frames), [data.decode() for opcode, data in frames if opcode == TEXT]
    assert code in CLOSES or (is_plain and code is None), frames  # a client that leaves at once may get no close
    if code not in (None, Close.NORMAL):
        assert said[0].startswith("! ") or json.loads(said[0])["type"] == "error"


@pytest.mark.parametrize("server", SERVERS)
@sized(12)
@given(st.data())
def test_an_invalid_frame_ends_its_own_connection_only(serve, beside, server, data):
    scene = serve(server)
    headers = [b"Sec-WebSocket-Protocol: chat.v1", f"Authorization: Bearer {scene.token}".encode()]
    says = data.draw(noise())
    status, frames = ask(scene.port, b"/ws/chat/hall/", headers, noise=says)
    assert status == 101
    assert close_code(frames) in CLOSES | BROKEN | {None}
    assert all(opcode in (TEXT, CLOSE) or opcode in (9, 10) for opcode, _ in frames)
    beside(server).holds({})


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("then", [b"", GOODBYE], ids=["and waits", "and goes"])
def test_invalid_utf8_closes_only_its_own_connection(serve, beside, server, then):
    scene = serve(server)
    headers = [b"Sec-WebSocket-Protocol: chat.v1", f"Authorization: Bearer {scene.token}".encode()]
    status, frames = ask(scene.port, b"/ws/chat/hall/", headers, noise=b"\x81\x81\0\0\0\0\xff" + then)
    assert status == 101
    assert close_code(frames) in (1007, 1000 if then else 1007, None)  # Daphne says nothing to who hangs up
    beside(server).holds({})


@st.composite
def noise(draw):
    """Return frames with any opcode and bits, or any bytes, followed by a close frame."""
    parts = draw(st.lists(st.binary(max_size=30) | frames(), min_size=1, max_size=4))
    return b"".join(parts) + GOODBYE


@st.composite
def frames(draw):
    """Return a masked frame with a random first byte and a length that may be false."""
    data = draw(st.binary(max_size=60) | st.text(st.sampled_from(ODD), max_size=9).map(str.encode))
    length = draw(st.just(len(data)) | st.integers(0, 125))
    return bytes([draw(st.integers(0, 255)), 0x80 | length, 0, 0, 0, 0]) + data
