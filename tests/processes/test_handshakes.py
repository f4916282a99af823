"""Unusual handshakes under Daphne."""

import base64
import socket

from tests.site import PATIENCE_SECONDS


def shake_hands(port, protocols):
    """Return the status of the answer. The server then ends the connection."""
    request = (
        b"GET /ws/chat/lobby/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + base64.b64encode(bytes(16)) + b"\r\n"
        b"Sec-WebSocket-Protocol: " + protocols + b"\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as wire:
        wire.sendall(request)
        answer = b""
        while part := wire.recv(4096):
            answer += part
    return int(answer.split()[1])


PROTOCOLS = [b"\xff\xfe", "chät".encode(), b"chat.v1, \x80"]


def test_unreadable_handshake_is_refused_without_a_traceback(site):
    port = site.start("daphne")
    assert [shake_hands(port, protocols) for protocols in PROTOCOLS] == [400] * len(PROTOCOLS)
    site.stop()
    assert "Traceback" not in site.log.read_text()
