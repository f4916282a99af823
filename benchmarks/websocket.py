"""WebSocket framing (RFC 6455) for many clients in one process: frames cut from a stream, frames to send."""

import base64
import hashlib
import os
import random

CONTINUATION, TEXT, CLOSE, PING, PONG = 0x0, 0x1, 0x8, 0x9, 0xA

_FIN = 0x80
_RESERVED = 0x70
_MASKED = 0x80
_KEY_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class WebSocketError(Exception):
    """The server did not speak the WebSocket protocol."""


class FrameReader:
    """Messages out of a byte stream that may be cut anywhere."""

    def __init__(self) -> None:
        self._rest = b""
        self._fragments: list[bytes] = []

    @property
    def is_between_messages(self) -> bool:
        """Return whether the bytes so far were whole messages."""
        return not self._rest and not self._fragments

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """(opcode, payload) of every message that `data` completes, fragments put together."""
        if self._rest:
            data = self._rest + data
        messages = []
        at = 0
        while (place := _payload_at(data, at)) is not None and place[1] <= len(data):
            start, end = place
            message = self._message(data[at], data[start:end])
            if message is not None:
                messages.append(message)
            at = end
        self._rest = data[at:]
        return messages

    def _message(self, first: int, payload: bytes) -> tuple[int, bytes] | None:
        opcode = first & 0x0F
        if first & _RESERVED:
            raise WebSocketError("A frame uses an extension that was not agreed on.")
        if opcode >= CLOSE or (opcode and first & _FIN and not self._fragments):
            return opcode, payload
        if bool(opcode) == bool(self._fragments):
            raise WebSocketError("A fragment stands where none belongs.")
        # The opcode comes with the first fragment and counts for all.
        self._fragments.append(bytes([opcode]) if opcode else b"")
        self._fragments.append(payload)
        if not first & _FIN:
            return None
        whole = b"".join(self._fragments)
        self._fragments.clear()
        return whole[0], whole[1:]


def _payload_at(data: bytes, at: int) -> tuple[int, int] | None:
    """Return the start and end of the payload of the frame at `at`, or None while its header is incomplete."""
    if len(data) < at + 2:
        return None
    length = data[at + 1]
    if length < 126:
        return at + 2, at + 2 + length
    if length & _MASKED:
        raise WebSocketError("A server's frame is masked.")
    start = at + (4 if length == 126 else 10)
    if len(data) < start:
        return None
    return start, start + int.from_bytes(data[at + 2 : start], "big")


def client_frame(opcode: int, payload: bytes) -> bytes:
    """Return one whole frame from a client, masked as the protocol demands."""
    length = len(payload)
    if length < 126:
        header = bytes([_FIN | opcode, _MASKED | length])
    elif length < 1 << 16:
        header = bytes([_FIN | opcode, _MASKED | 126]) + length.to_bytes(2, "big")
    else:
        header = bytes([_FIN | opcode, _MASKED | 127]) + length.to_bytes(8, "big")
    mask = random.randbytes(4)
    return header + mask + masked(payload, mask)


def masked(payload: bytes, mask: bytes) -> bytes:
    """The payload under a mask of four bytes; masking twice gives it back."""
    length = len(payload)
    stretched = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(stretched, "big")).to_bytes(length, "big")


def new_key() -> str:
    return base64.b64encode(os.urandom(16)).decode()


def accept_of(key: str) -> str:
    """Return the answer that the server must give to a handshake with this key."""
    return base64.b64encode(hashlib.sha1(key.encode() + _KEY_SUFFIX).digest()).decode()


def handshake(host: str, path: str, key: str, headers: dict[str, str]) -> bytes:
    fields = {
        "Host": host,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
        **headers,
    }
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def check_handshake(answer: bytes, key: str, subprotocol: str) -> None:
    """WebSocketError unless the server's answer opens the connection that was asked for."""
    status, *lines = answer.decode("latin-1").split("\r\n")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if status.split()[1:2] != ["101"]:
        raise WebSocketError(f"The handshake was refused: {status}")
    if fields.get("sec-websocket-accept") != accept_of(key):
        raise WebSocketError("The answer belongs to another handshake.")
    if fields.get("sec-websocket-protocol", "") != subprotocol:
        raise WebSocketError(f"The server did not agree on {subprotocol or 'no subprotocol'}.")
