"""A WebSocket without a library, so that a test can send invalid bytes."""

import socket
from contextlib import suppress

from tests.site import PATIENCE_SECONDS

TEXT, CLOSE = 1, 8
# Masked with nothing: 1000.
GOODBYE = b"\x88\x82\0\0\0\0\x03\xe8"
UPGRADE = [b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Version: 13"]
UPGRADE += [b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]


def ask(port, target, headers, noise=None, *, is_plain=False):
    """Request a WebSocket. Return the status, and the frames until the end as (opcode, data).

    Said is goodbye, once something has come; at once by a plain client, who may be told nothing. Or it is `noise`,
    after which nothing more comes, whatever the server waits for.
    """
    host = [] if any(header.lower().startswith(b"host:") for header in headers) else [b"Host: 127.0.0.1:%d" % port]
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as line:
        line.sendall(b"\r\n".join([b"GET %s HTTP/1.1" % target, *host, *UPGRADE, *headers, b"", b""]))
        received = b""
        with suppress(ConnectionError):  # who is not understood may be cut off
            while b"\r\n\r\n" not in received and (data := line.recv(65536)):
                received += data
            head, _, received = received.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 101"):
                return int(head.split()[1]), []
            while noise is None and not is_plain and not list(frames_in(received)) and (data := line.recv(65536)):
                received += data
            line.sendall(noise or GOODBYE)
            if noise is not None:
                with suppress(OSError):  # it has hung up already
                    line.shutdown(socket.SHUT_WR)
            while data := line.recv(65536):
                received += data
    return 101, list(frames_in(received))


def frames_in(data):
    """Return the frames of a server, which are whole and unmasked."""
    while len(data) >= 2:
        opcode, length, start = data[0] & 15, data[1] & 127, 2
        if length > 125:
            start = 4 if length == 126 else 10
            length = int.from_bytes(data[2:start], "big")
        yield opcode, data[start : start + length]
        data = data[start + length :]


def close_code(frames):
    """The code with which the server closed; None if it said nothing."""
    return next((int.from_bytes(data[:2], "big") for opcode, data in frames if opcode == CLOSE), None)
