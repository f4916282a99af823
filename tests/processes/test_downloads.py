"""Clients of a real server that request a file and do not read it."""

import socket
import urllib.request
from collections import Counter
from contextlib import ExitStack

from tests.processes.servers import postgresql
from tests.site import PATIENCE_SECONDS, Site

CLIENTS = 40
CSRF_TOKEN = "x" * 32
# A person whose file exceeds the kernel's socket buffers, and their session cookie. A quotation mark takes two bytes.
WRITER = """
from django.conf import settings
from django.test import Client
from django.utils import timezone
from chat.actions.imports.messages import Entry, import_history
from chat.actions.accounts import sign_up
from chat.actions.rooms import create_room
person, browser = sign_up("Writer", "Tr0mbone!x"), Client()
import_history(create_room(person, "Long"), [Entry(person, '"' * 8000, timezone.now())] * 500)
browser.force_login(person)
print(settings.SESSION_COOKIE_NAME, browser.cookies[settings.SESSION_COOKIE_NAME].value, sep="=", end="")
"""


def ask(port, cookie):
    """Start a download and read only its status. Return the connection and the status."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(PATIENCE_SECONDS)
    line.connect(("127.0.0.1", port))
    cookies = f"Cookie: {cookie}; csrftoken={CSRF_TOKEN}\r\nX-CSRFToken: {CSRF_TOKEN}"
    line.sendall(f"POST /accounts/data/ HTTP/1.1\r\nHost: 127.0.0.1\r\n{cookies}\r\nContent-Length: 0\r\n\r\n".encode())
    return line, line.recv(12).decode().split()[1]


def status_of(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE_SECONDS) as answer:
        return answer.status


def test_forty_clients_that_read_nothing_leave_the_database_to_others(tmp_path):
    with postgresql() as address, ExitStack() as held:
        site = Site(tmp_path, DATABASE_URL=address)
        held.callback(site.stop)
        cookie, port = site.shell(WRITER), site.start()
        statuses = Counter()
        for _ in range(CLIENTS):
            line, status = ask(port, cookie)
            held.callback(line.close)
            statuses[status] += 1
        assert statuses == {"200": 1, "429": CLIENTS - 1}
        assert [status_of(port, path) for path in ("/readyz", "/", "/api/openapi.json")] == [200] * 3


def test_daphne_waits_for_a_client_that_does_not_read(tmp_path):
    """Their file is still being sent, so they have no second one. It is not in the server's memory, whole and done."""
    with ExitStack() as held:
        site = Site(tmp_path)
        held.callback(site.stop)
        cookie, port = site.shell(WRITER), site.start("daphne")
        first, status = ask(port, cookie)
        held.callback(first.close)
        assert status == "200"
        for _ in range(CLIENTS):
            line, status = ask(port, cookie)
            line.close()
            assert status == "429"
