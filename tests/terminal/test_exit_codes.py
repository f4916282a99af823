"""Failures of the client: one sentence and one exit code for each cause."""

import asyncio
import json
import ssl

import pytest
import trustme

from chat.terminal import connection, dialing, site
from chat.terminal.address import Address
from chat.terminal.exit_codes import Exit, ExitError
from chat.terminal.room_session import RoomSession
from chat.terminal.site import Site
from tests.site import PATIENCE_SECONDS, free_port
from tests.terminal.fake import listen
from tests.terminal.frames import changes, hello, message

START = "Start the server with `make run` or `python manage.py runserver`, or use another URL."
NOTHING = "0 messages were saved."


def error(code, detail):
    return json.dumps({"error": {"code": code, "detail": detail}})


async def cause_of(work):
    """Return the exit code and the sentence of a failure, with HERE for the fake's address."""
    with pytest.raises(ExitError) as failure:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await work
    return failure.value.code, failure.value.sentence


NOT_HERE = (Exit.NO_CHAT, "HERE is not a chat.v1 chat server.")
HTTP = [
    (409, {}, error("conflict", "That name is taken."), (4, "That name is taken.")),
    (403, {}, error("forbidden", "This site takes no guests."), (4, "This site takes no guests.")),
    (429, {"Retry-After": "7"}, error("rate_limited", "Too many people."), (4, "Too many people. Wait 7 s.")),
    (429, {"Retry-After": "soon\x1b"}, error("rate_limited", "Too many people."), (4, "Too many people.")),
    (401, {}, error("signed_out", "These do not belong together."), (4, "These do not belong together.")),
    (503, {}, error("unavailable", "Not just now."), (3, f"Can’t connect to HERE (Not just now.). {START}")),
    (502, {}, "<html>", (3, f"Can’t connect to HERE (status 502). {START}")),
    (404, {}, "<html>", NOT_HERE),
    (200, {}, "<html>", NOT_HERE),
    (200, {}, '{"token": 7}', NOT_HERE),
    (200, {}, '{"x": ' + "[" * 100_000, NOT_HERE),
    (302, {"Location": "/login/"}, "", NOT_HERE),
    (302, {"Location": "http://[/"}, "", NOT_HERE),
    (
        301,
        {"Location": "https://chat.example.org:8443/api/join/?a=b"},
        "",
        (6, "HERE redirects to https://chat.example.org:8443. Use that address if it is right."),
    ),
]


@pytest.mark.parametrize(("status", "headers", "body", "cause"), HTTP, ids=lambda it: str(it)[:60])
async def test_answers_to_a_join_become_a_sentence_and_an_exit_code(fake, use, status, headers, body, cause):
    fake.answers["/api/join/"] = status, headers, body
    code, sentence = await cause_of(use(fake.address, token=None))
    assert (code, sentence.replace(fake.address, "HERE")) == cause


@pytest.mark.parametrize(("token", "password"), [("secret", None), (None, "secret"), (None, None)])
async def test_no_secret_follows_a_redirect(fake, use, token, password):
    async with type(fake)() as other:
        for path in ("/api/", "/ws/"):
            fake.answers[path] = 307, {"Location": f"{other.address}{path}"}, ""
        del fake.answers["/api/join/"]
        code, sentence = await cause_of(use(fake.address, token=token, password=password))
        assert (code, other.address in sentence, other.requests) == (Exit.NO_CHAT, True, [])


SOCKETS = [
    (301, {"Location": "wss://chat.example.org/ws/chat/lobby/"}, (6, "https://chat.example.org")),
    (403, {}, (6, "is not a chat.v1 chat server")),
    (200, {}, (6, "is not a chat.v1 chat server")),
    (502, {}, (3, "status 502")),
    (429, {}, (3, "status 429")),
]


@pytest.fixture
def quick(monkeypatch):
    """Use short timeouts."""
    monkeypatch.setattr(dialing, "OPEN_SECONDS", 0.1)
    monkeypatch.setattr(connection, "GREETING_SECONDS", 0.1)
    monkeypatch.setattr(site, "TIMEOUT_SECONDS", 0.1)


async def dial(address):
    """Try to connect once, with a token."""
    await RoomSession(Site(Address.parse(address)), "token", "lobby", Nobody(), insist=False).run()


class Nobody:
    def status(self, status): ...

    def frame(self, frame): ...

    def messages(self, messages): ...


@pytest.mark.parametrize(("status", "headers", "cause"), SOCKETS, ids=str)
async def test_a_handshake_that_is_refused(fake, status, headers, cause):
    fake.answers["/ws/"] = status, headers, ""
    code, sentence = await cause_of(dial(fake.address))
    assert code == cause[0]
    assert cause[1] in sentence


async def greet_with_ssh(reader, writer):
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    await writer.drain()
    await reader.read()


async def hang_up(reader, writer):
    await reader.readuntil(b"\r\n")


async def never_answer(reader, writer):
    await reader.read()


NO_WEB_SERVERS = [
    (greet_with_ssh, NOT_HERE),
    (hang_up, (3, f"Can’t connect to HERE (connection closed). {START}")),
]


@pytest.mark.parametrize(("speak", "cause"), NO_WEB_SERVERS)
async def test_a_server_that_is_no_web_server(fake, use, speak, cause):
    fake.speak = speak
    for work in (dial(fake.address), use(fake.address, token=None)):
        code, sentence = await cause_of(work)
        assert (code, sentence.replace(fake.address, "HERE").removesuffix(f" {NOTHING}")) == cause


async def test_a_server_that_never_answers(fake, use, quick):
    fake.speak = never_answer
    works = dial(fake.address), use(fake.address, token=None), use(fake.address, timeout_seconds=0.1)
    for work in works:
        code, sentence = await cause_of(work)
        assert code == Exit.NO_ANSWER
        assert sentence.startswith(f"Can’t connect to {fake.address} (no answer in time). {START}")


async def test_a_site_that_is_not_running_is_reported(use):
    address = f"http://127.0.0.1:{free_port()}"
    for work in (dial(address), use(address, token=None)):
        code, sentence = await cause_of(work)
        assert code == Exit.NO_ANSWER
        assert sentence.startswith(f"Can’t connect to {address} (connection refused). {START}")


async def test_a_script_insists_until_its_time_is_over(fake, use, hasty):
    fake.answers["/ws/"] = 502, {}, ""
    code, sentence = await cause_of(use(fake.address, timeout_seconds=0.5))
    assert (code, sentence.endswith(f" {NOTHING}")) == (Exit.NO_ANSWER, True)
    assert len(fake.requests) > 1


async def test_unknown_host_is_reported_without_a_hint_to_start_the_server(use):
    code, sentence = await cause_of(use("http://no.such.host.invalid", token=None))
    assert code == Exit.NO_ANSWER
    assert "make run" not in sentence


DEEP = '{"type": "changes", "cursor": "a", "messages": [' + "[" * 100_000


@pytest.mark.parametrize(
    "first", ["welcome", '{"type": "ready"}', "[]", "", DEEP, changes("e.1.1")], ids=lambda it: str(it)[:20]
)
async def test_site_with_another_websocket_protocol(fake, use, first):
    @fake.talk
    async def talk(wire):
        await wire.say(first)
        await listen(wire)

    code, sentence = await cause_of(use(fake.address))
    assert (code, sentence) == (Exit.NO_CHAT, f"{NOT_HERE[1].replace('HERE', fake.address)} {NOTHING}")


async def test_bytes_are_another_protocol(fake, use):
    @fake.talk
    async def talk(wire):
        await wire.say_bytes(b"\xff\xfe")
        await listen(wire)

    assert (await cause_of(use(fake.address)))[0] == Exit.NO_CHAT


async def test_a_server_that_takes_websockets_of_any_kind(fake, use):
    fake.subprotocols = None
    fake.talk(listen)
    assert (await cause_of(use(fake.address)))[0] == Exit.NO_CHAT


async def test_server_that_accepts_websockets_and_sends_nothing(fake, quick):
    fake.talk(listen)
    code, sentence = await cause_of(dial(fake.address))
    assert (code, "(no answer in time)" in sentence) == (Exit.NO_ANSWER, True)


async def test_a_server_that_takes_websockets_and_hangs_up(fake):
    @fake.talk
    async def talk(wire):
        wire.drop()

    code, sentence = await cause_of(dial(fake.address))
    assert (code, "(connection closed)" in sentence) == (Exit.NO_ANSWER, True)


MANGLED = [message(1) | {"rev": "x"}, message(1) | {"author": "ada"}, {}, [], "hello", message(1) | {"client_id": "1"}]


@pytest.mark.parametrize("mangled", MANGLED, ids=str)
async def test_invalid_messages_are_refused(fake, use, mangled):
    @fake.talk
    async def talk(wire):
        await wire.say(hello(), changes("e.1.1", mangled))
        await listen(wire)

    assert (await cause_of(use(fake.address)))[0] == Exit.NO_CHAT


CLOSES = [
    (4400, 6, "This client is not compatible with the server: lobby at HERE."),
    (4401, 4, "You’ve been signed out."),
    (4403, 4, "You were removed from the room: lobby at HERE."),
    (4404, 4, "There is no such room: lobby at HERE."),
]


@pytest.mark.parametrize("is_in", [False, True])
@pytest.mark.parametrize(("close", "code", "sentence"), CLOSES)
async def test_a_site_that_closes_permanently(fake, use, close, code, sentence, is_in):
    @fake.talk
    async def talk(wire):
        if is_in:
            await wire.say(hello())
            await wire.hear_a("post")
            await wire.say({"type": "bye", "reason": "removed"})
        await wire.close(close)
        await listen(wire)

    doubt = f"{NOTHING} Line 1 may have been saved. Nothing after it was sent." if is_in else NOTHING
    expected = (code, f"{sentence.replace('HERE', fake.address)} {doubt}")
    assert await cause_of(use(fake.address)) == expected


@pytest.mark.parametrize("code", ["archived", "muted", "too_long", "empty", "conflict", "forbidden", "bad_frame"])
async def test_refused_message_ends_the_client_and_reports_the_stored_messages(fake, use, code):
    posted = []

    @fake.talk
    async def talk(wire):
        await wire.say(hello())
        while True:
            post = await wire.hear_a("post")
            posted.append(post["body"])
            if post["body"] == "three":
                await wire.say({"type": "error", "ref": post["ref"], "code": code, "detail": "No."})
            else:
                await wire.say({"type": "ok", "ref": post["ref"], "client_id": post["client_id"], "seq": 1, "rev": 1})

    sentence = "Line 4 was rejected: No. Nothing after it was sent. 2 messages were saved."
    assert await cause_of(use(fake.address, "one\n\ntwo\nthree\nfour\n")) == (Exit.REFUSED, sentence)
    assert posted == ["one", "two", "three"]


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("text", ["x" * 70_000, "é" * 40_000, "x" * 10_000_000], ids=len)
async def test_a_message_larger_than_a_frame_is_refused_by_the_client(fake, use, text, whole):
    @fake.talk
    async def talk(wire):
        await wire.say(hello())
        await listen(wire)

    name = "The message" if whole else "Line 1"
    sentence = f"{name} was rejected: It’s too long. Nothing after it was sent. {NOTHING}"
    assert await cause_of(use(fake.address, text, whole=whole)) == (Exit.REFUSED, sentence)


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.mark.parametrize(("host", "is_good"), [("127.0.0.1", True), ("chat.example.org", False)])
@pytest.mark.parametrize("token", ["kept", None])
async def test_certificate_is_verified_before_a_request_is_sent(
    fake, use, authority, monkeypatch, tmp_path, host, is_good, token
):
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    fake.answers["/"] = 403, {}, error("forbidden", "No guests.")
    await fake.speak_tls(context)
    code, sentence = await cause_of(use(fake.address, token=token))
    assert code == Exit.NO_CHAT
    assert sentence.startswith(f"The TLS certificate of {fake.address} is invalid: ") is not is_good
    assert bool(fake.requests) is is_good


async def complain(reader, writer):
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


async def test_a_site_that_speaks_no_tls(fake, use):
    fake.speak = complain
    address = fake.address.replace("http", "https")
    code, sentence = await cause_of(use(address, token=None))
    assert (code, "(TLS handshake failed)" in sentence) == (Exit.NO_ANSWER, True)


async def test_a_proxy_that_cannot_be_used_is_named(monkeypatch):
    monkeypatch.setenv("SOCKS_PROXY", "socks5://127.0.0.1:9")
    code, sentence = await cause_of(dial("http://chat.example.org"))
    assert (code, sentence.startswith("Can’t use the proxy for http://chat.example.org")) == (3, True)
