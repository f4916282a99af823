"""The cost of a refused handshake: no query runs before the client's credentials are read."""

import pytest

from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.process.readiness import process_state
from tests.socket.client import PlainSocket, Socket

FOREIGN = {"Origin": "https://evil.example"}
LONG = "é" * 5000
# Other functions are those of rounds that go on in the background.
ADMISSION_STEPS = {"admit_all", "authenticate", "authorize", "_guest"}


@pytest.fixture
def asked(monkeypatch):
    """Record the admission functions that run in the database threads of sockets."""
    functions = []
    for name in ("read", "write"):
        original = getattr(DatabaseThreads, name)

        async def note(self, function, *given, original=original):
            if function.__name__ in ADMISSION_STEPS:
                functions.append(function.__name__)
            return await original(self, function, *given)

        monkeypatch.setattr(DatabaseThreads, name, note)
    return functions


def draining(settings):
    process_state.draining = True


def crowded(settings):
    settings.CHAT_CONNECTIONS_PER_ADDRESS = -1  # whatever number there is, it is one too many


def quiet(settings):
    settings.CHAT_PLAIN_CLIENTS = settings.CHAT_GUESTS = False


@pytest.mark.parametrize(
    ("arrange", "socket", "code"),
    [
        (draining, lambda: Socket("hall", after=LONG), "unavailable"),
        (crowded, lambda: Socket("hall", after=LONG), "rate_limited"),
        (lambda settings: None, lambda: Socket("hall", subprotocols=["other"]), "bad_frame"),
        (lambda settings: None, lambda: Socket("hall", headers=FOREIGN), "forbidden"),
    ],
    ids=["draining", "address", "protocol", "origin"],
)
async def test_no_query_runs_for_a_handshake_refused_early(delivery, hall, asked, settings, arrange, socket, code):
    arrange(settings)
    asked.clear()
    error, _ = await socket().refusal()
    assert (error["code"], asked) == (code, [])


async def test_a_handshake_without_credentials_is_refused_without_a_room_query(delivery, hall, asked, monkeypatch):
    monkeypatch.setattr("chat.delivery.admission.access.authorize", pytest.fail)
    asked.clear()
    error, _ = await Socket("hall", name=LONG).refusal()
    assert (error["code"], asked) == ("signed_out", ["admit_all"])


@pytest.mark.parametrize("slug", ["hall", "nowhere"])
async def test_a_plain_guest_is_refused_before_a_room_is_looked_for(delivery, hall, settings, monkeypatch, slug):
    settings.CHAT_PLAIN_CLIENTS, settings.CHAT_GUESTS = True, False
    monkeypatch.setattr("chat.delivery.admission.access.check_public", pytest.fail)
    socket = PlainSocket(slug, name="ada")
    line, _ = await socket.refusal()
    assert "Guests can’t join this site" in line
