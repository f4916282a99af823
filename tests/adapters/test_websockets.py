"""The installed websockets has the parts that the site uses."""

import inspect

from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.protocol import SERVER, Protocol, State
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

from chat.adapters import websockets as adapter
from tests.adapters.holding import changed_attributes, declared


def connected():
    connection = ServerProtocol(extensions=[ServerPerMessageDeflateFactory()])
    adapter.begin_frames(connection)
    connection.state = State.OPEN
    return connection


def test_a_connection_has_what_the_site_uses():
    connection = ServerProtocol(extensions=[ServerPerMessageDeflateFactory()])
    names = [*declared(adapter.FrameConnection), "process_extensions", "accept", "receive_data", "fail"]
    assert changed_attributes("websockets", connection, names) == []
    assert inspect.isgeneratorfunction(Protocol.parse), "websockets changed Protocol.parse: it is no generator"
    assert inspect.isgeneratorfunction(StreamReader.at_eof), "websockets changed StreamReader.at_eof"


def test_parser_waits_at_the_same_statement_only_between_frames():
    connection = connected()
    text, rest = Frame(Opcode.TEXT, b"hello").serialize(mask=True), Frame(Opcode.CONT, b"").serialize(mask=True)
    part = Frame(Opcode.TEXT, b"in parts", fin=False).serialize(mask=True)
    found = []
    for data in (text[:1], text[1:4], text[4:], part, rest):
        connection.receive_data(data)
        found.append(adapter.is_between_frames(connection))
    assert found == [False, False, True, False, True], "websockets changed Protocol.parser or Protocol.current_size"
    assert [frame.opcode for frame in connection.events_received()] == [Opcode.TEXT, Opcode.TEXT, Opcode.CONT]


def test_a_limit_that_is_set_later_holds():
    connection = connected()
    connection.max_message_size = 4
    connection.receive_data(Frame(Opcode.TEXT, b"hello").serialize(mask=True))
    assert connection.close_sent.code == 1009, "websockets changed Protocol.max_message_size"


def test_extensions_are_agreed_on_from_those_that_are_set_later():
    connection = connected()
    connection.available_extensions = []
    headers = adapter.Headers([("Sec-WebSocket-Extensions", "permessage-deflate")])
    assert connection.process_extensions(headers) == (None, []), "websockets changed available_extensions"


def test_each_frame_goes_through_recv_frame():
    connection, frames = connected(), []
    connection.recv_frame = frames.append
    connection.receive_data(Frame(Opcode.PING, b"?").serialize(mask=True))
    assert [frame.opcode for frame in frames] == [Opcode.PING], "websockets changed Protocol.recv_frame"


def test_a_mask_is_applied_to_bytes():
    assert adapter.apply_mask(b"hello", b"\1\2\3\4") == b"igohn", "websockets changed apply_mask"
    assert SERVER.name == "SERVER"
