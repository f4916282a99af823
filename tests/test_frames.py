"""The fast path that reads a frame gives the same result as the library, or leaves the frame to it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import SERVER, Protocol, State

from benchmarks.websocket import TEXT, client_frame
from chatsite.server.frames import whole_text
from tests.cases import each


def read_by_the_library(data):
    """Return the frames in `data`, and the unread rest."""
    protocol = Protocol(SERVER, state=State.OPEN)
    protocol.receive_data(data)
    return protocol.events_received(), bytes(protocol.reader.buffer)


@given(st.text(max_size=300), st.binary(max_size=20), st.binary(max_size=20))
@example("x" * 125, b"", b"")
@example("x" * 126, b"", b"")
@example("x" * 65_535, b"", b"\x81")
def test_a_text_is_read_as_the_library_reads_it(text, before, after):
    data = client_frame(TEXT, text.encode())
    assert whole_text(before + data + after, len(before)) == (text, len(before) + len(data))
    frames, rest = read_by_the_library(data)
    assert ([bytes(frame.data).decode() for frame in frames], rest) == ([text], b"")


@given(st.builds(lambda head, rest: b"\x81" + bytes([head]) + rest, st.integers(0, 255), st.binary(max_size=150)))
def test_all_input_is_read_as_the_library_reads_it_or_left_to_it(data):
    if (found := whole_text(data, 0)) is not None:
        text, end = found
        frames, rest = read_by_the_library(data[:end])
        assert [(frame.opcode, frame.fin, bytes(frame.data).decode()) for frame in frames] == [
            (Opcode.TEXT, True, text)
        ]
        assert rest == b""


WHOLE = client_frame(TEXT, b"hello")


@each("cut", range(len(WHOLE)))
def test_incomplete_frames_are_left_to_the_library(cut):
    assert whole_text(WHOLE[:cut], 0) is None


@pytest.mark.parametrize(
    "data",
    [
        Frame(Opcode.TEXT, b"hello").serialize(mask=False),
        Frame(Opcode.TEXT, b"hello", fin=False).serialize(mask=True),
        bytes([WHOLE[0] | 0x40]) + WHOLE[1:],
        Frame(Opcode.BINARY, b"hello").serialize(mask=True),
        client_frame(TEXT, b"\xff\xfe"),
        client_frame(TEXT, b"x" * 65_536),
    ],
    ids=["not masked", "not the end", "compressed", "binary", "no UTF-8", "a length in eight bytes"],
)
def test_every_other_frame_is_left_to_the_library(data):
    assert whole_text(data, 0) is None
