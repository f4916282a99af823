"""The session of a room: the frames it sends by itself, and that it resumes at its position."""

import asyncio
import threading
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from chat.protocol import Changes, Post, Reset
from chat.terminal import backoff, heartbeat, keepalive
from chat.terminal.address import Address
from chat.terminal.backoff import Backoff
from chat.terminal.exit_codes import ExitError, SignedOut
from chat.terminal.heartbeat import Heartbeat
from chat.terminal.position import Position
from chat.terminal.room_session import RoomSession
from chat.terminal.site import Site
from chat.terminal.threads import in_thread
from tests.cases import each
from tests.site import PATIENCE_SECONDS
from tests.terminal.fake import Gone, listen
from tests.terminal.frames import LIMITS, changes, hello, message, page

IDS = [f"00000000-0000-4000-8000-{number:012}" for number in range(9)]


class Listener:
    """A listener that keeps its events. `position` is the session's after each message."""

    def __init__(self):
        self.heard, self.statuses, self.frames, self.news = [], [], [], asyncio.Event()

    def status(self, status):
        self.statuses.append(status)
        self.news.set()

    def frame(self, frame):
        self.frames.append(frame)
        self.news.set()

    def messages(self, messages):
        self.heard += [(it.seq, it.rev) for it in messages]
        self.news.set()

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def following(fake, **options):
    """Run a session with a listener. Raise the error that ends it."""
    listener = Listener()
    line = RoomSession(Site(Address.parse(fake.address)), "token", "lobby", listener, **options)
    running = asyncio.create_task(line.run())
    try:
        yield line, listener
    finally:
        if not running.done():
            running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    if not running.cancelled():
        running.result()


def asked(fake):
    """Return the cursor with which each WebSocket connected."""
    sockets = [path for _, path, _ in fake.requests if path.startswith("/ws/")]
    return [parse_qs(urlsplit(path).query).get("after", [None])[0] for path in sockets]


def many(first, last):
    return [message(seq) for seq in range(first, last + 1)]


# ---- Frames that it sends by itself


async def test_half_of_the_window_is_acknowledged_at_once(fake, monkeypatch):
    monkeypatch.setattr(keepalive, "TICK_SECONDS", 3600)
    acknowledged = asyncio.get_running_loop().create_future()

    @fake.talk
    async def talk(wire):
        await wire.say(hello("e.1.0", limits={**LIMITS, "window": 20_000}))
        await wire.say(changes("e.1.1", message(1, body="x" * 5_000)), changes("e.1.2", message(2, body="x" * 5_000)))
        acknowledged.set_result(await wire.hear())
        await listen(wire)

    async with following(fake), asyncio.timeout(PATIENCE_SECONDS):
        assert await acknowledged == {"type": "ack", "cursor": "e.1.2"}


async def test_large_messages_cost_one_acknowledgement_per_half_of_the_window_and_no_wait(fake, monkeypatch):
    monkeypatch.setattr(keepalive, "TICK_SECONDS", 3600)
    acknowledged = asyncio.Queue()

    @fake.talk
    async def talk(wire):
        await wire.say(hello("e.1.0", limits={**LIMITS, "window": 20_000}))
        for seq in range(1, 13):
            await wire.say(changes(f"e.1.{seq}", message(seq, body="x" * 5_000)))
            if seq % 2 == 0:  # the server would stop here soon
                acknowledged.put_nowait(await wire.hear())
        await listen(wire)

    async with following(fake), asyncio.timeout(PATIENCE_SECONDS):
        for seq in (2, 4, 6, 8, 10, 12):
            assert await acknowledged.get() == {"type": "ack", "cursor": f"e.1.{seq}"}


async def test_frames_that_are_not_messages_are_acknowledged_too(fake, monkeypatch):
    monkeypatch.setattr(keepalive, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(keepalive, "ACKNOWLEDGE_SECONDS", 0.02)
    acknowledged = asyncio.get_running_loop().create_future()

    @fake.talk
    async def talk(wire):
        await wire.say(hello("e.1.0"), {"type": "people", "joined": [], "left": [], "count": 1})
        acknowledged.set_result(await wire.hear())
        await listen(wire)

    async with following(fake), asyncio.timeout(PATIENCE_SECONDS):
        assert await acknowledged == {"type": "ack", "cursor": "e.1.0"}


async def test_fewer_messages_are_acknowledged_after_a_while_and_only_once(fake, monkeypatch):
    monkeypatch.setattr(keepalive, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(keepalive, "ACKNOWLEDGE_SECONDS", 0.02)
    heard = asyncio.Queue()

    @fake.talk
    async def talk(wire):
        await wire.say(hello("e.1.0", heartbeat=0), changes("e.1.1", message(1)))
        while True:
            frame = await wire.hear()
            heard.put_nowait(frame)
            if frame["type"] == "ping":
                await wire.say({"type": "pong", "cursor": "e.1.1"})

    async with following(fake), asyncio.timeout(PATIENCE_SECONDS):
        frames = [await heard.get() for _ in range(8)]
    assert frames.count({"type": "ack", "cursor": "e.1.1"}) == 1
    assert frames.count({"type": "ping"}) == 7


def test_silence_triggers_a_ping_and_more_silence_ends_the_connection():
    now = [0.0]
    line = Heartbeat(25, clock=lambda: now[0])
    now[0] = 24.9
    assert not line.must_ask()
    now[0] = 25.0
    assert line.must_ask()
    assert not line.must_ask()
    now[0] = 35.0
    assert not line.is_dead()
    now[0] = 35.1
    assert line.is_dead()
    line.heard()
    assert not line.is_dead()
    assert not line.must_ask()


async def test_silent_connection_is_detected_and_resumed(fake, hasty, monkeypatch):
    monkeypatch.setattr(heartbeat, "ANSWER_SECONDS", 0.0)

    @fake.talk
    async def half_open(wire):
        await wire.say(hello("e.1.0", heartbeat=0), changes("e.1.1", message(1)))
        await listen(wire)

    @fake.talk
    async def talk(wire):
        await wire.say(hello("e.1.1"))
        await listen(wire)

    async with following(fake) as (_, listener):
        await listener.until(lambda: len(asked(fake)) > 1 and listener.statuses[-1].is_online)
    assert asked(fake) == [None, "e.1.1"]
    assert [it.reason for it in listener.statuses if not it.is_online] == ["the server stopped responding"]


# ---- Reconnecting


async def test_only_unanswered_commands_are_sent_again_in_order(fake, hasty):
    heard = []

    async def take(wire, answered, then):
        await wire.say(hello())
        for _ in range(answered):
            post = await wire.hear_a("post")
            heard.append(post["body"])
            await wire.say({"type": "ok", "ref": post["ref"], "seq": 1, "rev": 1})
        heard.append((await wire.hear_a("post"))["body"])
        then(wire)

    @fake.talk
    async def first(wire):
        await take(wire, 1, lambda wire: wire.drop())

    @fake.talk
    async def second(wire):
        await take(wire, 0, lambda wire: wire.drop())

    @fake.talk
    async def third(wire):
        await take(wire, 2, lambda wire: None)
        await listen(wire)

    async with following(fake) as (line, _), asyncio.timeout(PATIENCE_SECONDS):
        pending = [line.ask(Post(client_id=IDS[n], body=f"{n}")) for n in range(4)]
        await asyncio.gather(*(it.wait() for it in pending[:3]))
    assert heard == ["0", "1", "1", "1", "2", "3"]


async def test_session_resumes_at_its_position_without_repetitions(fake, hasty, monkeypatch):
    @fake.talk
    async def first(wire):
        await wire.say(hello("e.1.3", 3), changes("e.1.5", message(4), message(5)))
        await wire.hear_a("ack")
        wire.drop()

    @fake.talk
    async def second(wire):
        await wire.say(hello("e.1.6", 5), changes("e.1.6", message(4, 4), message(2, 6)))
        await listen(wire)

    monkeypatch.setattr(keepalive, "ACKNOWLEDGE_SECONDS", 0.0)
    async with following(fake) as (line, listener):
        await listener.until(lambda: (2, 6) in listener.heard)
    assert asked(fake) == [None, "e.1.5"]
    assert listener.heard == [(4, 4), (5, 5), (2, 6)]
    assert line.position == Position("e.1.6", rev=6, seq=5, top=5)


async def test_missed_messages_are_loaded_over_http_after_a_reset(fake, monkeypatch):
    signs_of_life = []
    monkeypatch.setattr(keepalive.Keepalive, "heard", lambda _: signs_of_life.append(True))
    pages = iter([page(*many(4, 5), cursor="f.1.9", more=True), page(message(6), cursor="f.1.9")])
    fake.answers["/api/rooms/lobby/messages/?limit=200&after=3"] = 200, {}, next(pages)
    fake.answers["/api/rooms/lobby/messages/?limit=200&after=5"] = 200, {}, next(pages)

    @fake.talk
    async def talk(wire):
        await wire.say(hello("f.1.9", 6), {"type": "reset", "cursor": "f.1.9"})
        await wire.say(changes("f.1.10", message(6), message(7, 10)))
        await listen(wire)

    async with following(fake, position=Position.at_head("e.1.3", 3)) as (_, listener):
        await listener.until(lambda: (7, 10) in listener.heard)
    assert listener.heard == [(4, 4), (5, 5), (6, 6), (7, 10)]
    assert [type(it) for it in listener.frames[1:]] == [Reset]
    assert len(signs_of_life) == 4  # two frames and two pages: the socket is not read while pages load


async def test_history_is_loaded_over_http_first(fake):
    fake.answers["/api/rooms/lobby/messages/?limit=2"] = 200, {}, page(*many(8, 9), cursor="e.1.9", more=True)

    @fake.talk
    async def talk(wire):
        await wire.say(hello("e.1.9", 9), changes("e.1.10", message(10)))
        await listen(wire)

    async with following(fake, history=2) as (_, listener):
        await listener.until(lambda: len(listener.heard) == 3)
    assert listener.heard == [(8, 8), (9, 9), (10, 10)]
    assert asked(fake) == [None]


async def test_failed_page_is_requested_again_on_the_next_connection(fake, hasty):
    fake.answers["/api/rooms/lobby/messages/"] = 503, {}, "later"

    @fake.talk
    async def first(wire):
        await wire.say(hello("e.1.9", 9))
        with pytest.raises(Gone):
            await listen(wire)
        fake.answers["/api/rooms/lobby/messages/"] = 200, {}, page(message(9), cursor="e.1.9")

    @fake.talk
    async def second(wire):
        await wire.say(hello("e.1.9", 9))
        await listen(wire)

    async with following(fake, history=1) as (_, listener):
        await listener.until(lambda: listener.heard)
    assert listener.heard == [(9, 9)]


async def test_frames_of_a_newer_server_are_ignored(fake):
    @fake.talk
    async def talk(wire):
        await wire.say(hello(), {"type": "weather"}, changes("e.1.1", message(1) | {"mood": "sunny"}))
        await listen(wire)

    async with following(fake) as (_, listener):
        await listener.until(lambda: listener.heard)
    assert listener.heard == [(1, 1)]
    assert not any(isinstance(it, Changes) for it in listener.frames)


@pytest.mark.parametrize(
    ("bye", "close", "reason", "seconds"),
    [
        (
            {"type": "bye", "reason": "restart", "reconnect_after": 200},
            4412,
            "the server closed the connection: restart",
            200,
        ),
        ({"type": "error", "code": "unavailable", "detail": "Not now.", "retry_after": 90}, 4412, "Not now.", 90),
        ({"type": "pong", "cursor": "e.1.0"}, 4429, "connection lost", 30),
        ({"type": "pong", "cursor": "e.1.0"}, 1008, "connection lost", 30),
    ],
    ids=["bye", "error", "flooding", "control frames"],
)
async def test_session_reconnects_after_the_delay_of_the_bye_or_on_request(fake, bye, close, reason, seconds):
    @fake.talk
    async def first(wire):
        await wire.say(hello(), bye)
        await wire.close(close)
        await listen(wire)

    @fake.talk
    async def second(wire):
        await wire.say(hello())
        await listen(wire)

    now = asyncio.get_running_loop().time
    async with following(fake) as (line, listener):
        begun = now()
        await listener.until(lambda: listener.statuses and not listener.statuses[-1].is_online)
        status = listener.statuses[-1]
        assert status.reason == reason
        assert begun + seconds <= status.retry_at <= now() + seconds
        line.retry()
        await listener.until(lambda: listener.statuses[-1].is_online)


async def test_invalid_token_ends_the_client(fake):
    @fake.talk
    async def talk(wire):
        await wire.say({"type": "error", "code": "signed_out", "detail": "Sign in first."})
        await wire.close(4401)

    with pytest.raises(SignedOut, match="Sign in first"):
        await RoomSession(Site(Address.parse(fake.address)), "token", "lobby", Listener()).run()


def test_the_limit_of_the_wait_doubles_up_to_half_a_minute(monkeypatch):
    limits = []
    monkeypatch.setattr(backoff.random, "uniform", lambda shortest, limit: limits.append((shortest, limit)) or limit)
    waiting = Backoff()
    for _ in range(7):
        waiting.next_delay()
    waiting.reset()
    waiting.next_delay()
    assert limits == [(0.5, limit) for limit in (1, 2, 4, 8, 16, 30, 30, 1)]


async def test_reconnect_delay_is_reset_after_a_successful_connection(fake, monkeypatch):
    limits = []
    monkeypatch.setattr(backoff.random, "uniform", lambda _, limit: limits.append(limit) or 0.0)

    async def hang_up(wire):
        wire.drop()

    async def greet_and_hang_up(wire):
        await wire.say(hello())
        await wire.hear_a("post")
        wire.drop()

    async def stay(wire):
        await wire.say(hello())
        await listen(wire)

    for talk in (hang_up, hang_up, greet_and_hang_up, greet_and_hang_up, stay):
        fake.talk(talk)
    async with following(fake) as (line, listener):
        line.ask(Post(client_id=IDS[0], body="hello"))
        await listener.until(lambda: len(asked(fake)) == 5 and line.is_online)
    assert limits == [1, 2, 1, 1]


@each(("asked", "waited"), [(1.4, 1.4), (0.0, 0.5), (-5.0, 0.5), (1e300, 600.0)])
def test_requested_delay_is_kept_within_its_bounds(asked, waited):
    waiting = Backoff()
    waiting.asked = asked
    assert waiting.next_delay() == waited
    assert 0.5 <= waiting.next_delay() <= 1.0


async def test_token_is_sent_in_a_header_and_the_room_in_the_path(fake):
    @fake.talk
    async def talk(wire):
        await wire.close(4404)
        await listen(wire)

    with pytest.raises(ExitError):
        await RoomSession(Site(Address.parse(fake.address)), "secret", "über/#?", Listener()).run()
    [(_, path, headers)] = fake.requests
    assert path == "/ws/chat/%C3%BCber%2F%23%3F/"
    assert headers["authorization"] == "Bearer secret"
    assert "origin" not in headers


async def test_failures_of_this_program_are_not_taken_for_a_broken_line(fake):
    class Broken(Listener):
        def messages(self, messages):
            raise ZeroDivisionError

    @fake.talk
    async def talk(wire):
        await wire.say(hello(), changes("e.1.1", message(1)))
        await listen(wire)

    with pytest.raises(ZeroDivisionError):
        await RoomSession(Site(Address.parse(fake.address)), "token", "lobby", Broken()).run()


async def test_the_process_ends_without_waiting_for_blocked_threads():
    assert await in_thread(lambda: threading.current_thread().daemon)
    gate = threading.Event()
    waiting = asyncio.ensure_future(in_thread(gate.wait))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    gate.set()
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 / 0)
