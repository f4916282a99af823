"""Unusual requests at real servers: both answer them alike, and none keeps memory."""

import asyncio
import contextlib
import signal
import socket
from pathlib import Path

import pytest

from chat.delivery.process.sigterm import LIMIT_SECONDS
from tests.site import PATIENCE_SECONDS, answers

HANDSHAKE = (
    b"GET /ws/chat/lobby/?name=ada HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
GET = b"GET /healthz HTTP/1.1\r\nHost: x.y\r\n\r\n"
LARGE = b"POST /api/token/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4000000\r\n\r\n" + bytes(4_000_000)
REQUESTS = [
    (GET, 200),
    (GET.replace(b"Host: x.y\r\n", b""), 400),
    (GET.replace(b"Host: x.y\r\n", b"Host: x.y\r\nHost: x.y\r\n"), 400),
    (GET.replace(b"GET /", b"GET http://x.y/"), 200),
    (LARGE, 413),
    (HANDSHAKE, 101),
    (HANDSHAKE.replace(b"Version: 13", b"Version: 13 "), 101),
    (HANDSHAKE.replace(b"GET /", b"GET http://127.0.0.1/"), 101),
    (HANDSHAKE.replace(b"Connection: ", b"Connection: a b, "), 400),
    (HANDSHAKE.replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\nabc"), 400),
    (HANDSHAKE.replace(b"Host: 127.0.0.1\r\n", b""), 400),
]


def status(port, request):
    """The status of the answer, which is read once all is sent."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as wire:
        wire.sendall(request)
        return int(wire.recv(4096).split()[1])


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
def test_both_servers_answer_requests_that_no_browser_sends_alike(site, server):
    port = site.start(server)
    assert [(request[:300], status(port, request)) for request, _ in REQUESTS] == [
        (request[:300], expected) for request, expected in REQUESTS
    ]
    site.stop()
    assert "Traceback" not in site.log.read_text()


def resident_mib(process):
    line = next(line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def flood(port, megabytes):
    """Send requests without reading answers until the server stops reading."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(OSError):
        for _ in range(megabytes):
            writer.write(GET * (1_000_000 // len(GET)))
            await writer.drain()
    writer.transport.abort()


async def test_a_flood_of_requests_without_waiting_leaves_no_trace(site):
    """Without a limit, thirty megabytes on four connections took 1,170 MiB."""
    port = site.start()
    before = resident_mib(site.pid(port))
    await asyncio.gather(*(flood(port, 7) for _ in range(4)))
    assert await asyncio.to_thread(answers, port)
    assert resident_mib(site.pid(port)) < before + 20
    async with asyncio.timeout(LIMIT_SECONDS + 8):
        assert await asyncio.to_thread(site.kill, port, signal.SIGTERM) == 0
