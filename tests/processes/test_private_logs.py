"""The log of a production server contains no client address and no query."""

import signal
import socket
import urllib.request
from contextlib import suppress

import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from tests.site import SERVERS, UVICORN

CLIENT = "127.0.0.77"
# Without the options that keep the tests' other servers quiet.
LOUD = {
    "uvicorn": [*(it for it in UVICORN if not it.startswith("--log-level")), "--port="],
    "uvicorn at debug": [*(it for it in UVICORN if not it.startswith("--log-level")), "--log-level=debug", "--port="],
    "daphne": [it for it in SERVERS["daphne"] if it not in ("-v", "0")],
}


@pytest.mark.parametrize("server", LOUD)
def test_the_log_has_no_address_and_no_query(new_site, server):
    site = new_site(LOG_LEVEL="DEBUG" if "debug" in server else "INFO")
    site.servers = LOUD
    port = site.start(server)
    for path, subprotocols in (
        ("/ws/chat/lobby/?name=ada&x=secret", None),
        ("/ws/chat/lobby/?after=secretcursor", ["chat.v1"]),
        ("/ws/chat/lobby/?after=secretcursor", ["other", "chat.v1"]),
        ("/ws/nowhere/?secretquery", None),
    ):
        _connect(port, path, subprotocols)
    urllib.request.urlopen(f"http://127.0.0.1:{port}/?q=secretsearch").close()
    site.kill(port, signal.SIGTERM)
    log = site.log.read_text()
    assert '"event": "request"' in log
    assert [line for line in log.splitlines() if CLIENT in line or "secret" in line] == []


def _connect(port, path, subprotocols):
    line = socket.create_connection(("127.0.0.1", port), source_address=(CLIENT, 0))
    with (
        suppress(WebSocketException, EOFError),
        connect(f"ws://127.0.0.1:{port}{path}", sock=line, subprotocols=subprotocols) as it,
    ):
        it.recv()
