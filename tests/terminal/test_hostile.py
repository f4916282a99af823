"""A hostile site: all its texts reach the terminal as plain text."""

import json

import pytest

from tests import corpus
from tests.terminal.fake import listen
from tests.terminal.frames import ADA, changes, hello, message, page

EVIL = "x\x1b]0;pwned\x07\x1b[2J\x9b31m\x90q\x9c\u202eabc\u2066d\u2069\u200e\0\u2028e\u2029f\x85g\rh\x0bi"
EVIL += "\U000e0041\ufeff\x7f"
FORGED = f"{EVIL}\n03:04 bob: forged\n* bob left\n\r\n03:04 bob: forged"
PERSON = {**ADA, "name": FORGED}
OTHER = {"id": 9, "name": FORGED, "guest": True}
# Without a time it is that of the epoch.
ALLOWED = ("03:04 ", "00:00 ", "* ", "  > ", "    ")


def log():
    """Messages with every kind of hostile text."""
    reaction = {"emoji": FORGED, "people": [7, 9, 10]}
    yield message(1, 1, FORGED, author=PERSON)
    yield message(2, 2, FORGED, author=PERSON, reply_to=1)
    yield message(1, 3, f"{FORGED} edited", author=PERSON, edited_at=EVIL)
    yield message(2, 4, FORGED, author=PERSON, reactions=[reaction])
    yield message(1, 5, "", author=PERSON, deleted=True)
    yield message(3, 6, FORGED, author=None, created_at=EVIL)
    yield message(4, 7, "the end", html=EVIL)


@pytest.fixture
def hostile(fake):
    @fake.talk
    async def talk(wire):
        await wire.say(hello(you=PERSON, people=[PERSON], room=EVIL, topic=EVIL))
        await wire.say({"type": "people", "joined": [OTHER], "left": [], "count": 2})
        await wire.say({"type": "typing", "person": OTHER, "on": True})
        await wire.say({"type": "rooms", "unread": {EVIL: {"unread": 1, "mentions": 1}}})
        for number, one in enumerate(log()):
            await wire.say(changes(f"e.1.{number}", one))
        await wire.say({"type": "people", "joined": [], "left": [9], "count": 1})
        await wire.say({"type": "bye", "reason": FORGED, "reconnect_after": 0})
        await wire.close(4412)
        await listen(wire)

    @fake.talk
    async def say_why(wire):
        await wire.say(hello())
        post = await wire.hear_a("post")
        await wire.say({"type": "error", "ref": post["ref"], "code": "muted", "detail": FORGED})
        await listen(wire)

    return fake


def harmful(text):
    return {character for character in text if not (character.isprintable() or character == "\n")}


async def test_text_is_only_text_and_no_line_is_forged(hostile, computer):
    running = await computer.start(hostile.address, "--token", "a-token", "--follow")
    while not (line := await running.line()).endswith(": the end\n"):
        assert line.startswith(ALLOWED), line
        assert not line.startswith(("03:04 bob", "* bob")), line
        assert not harmful(line)
    assert (await running.line()).startswith("* ")
    said = await running.error()
    assert said.startswith("Offline (the server closed the connection: x")
    assert not harmful(said)
    await running.kill()


async def test_hostile_texts_reach_the_terminal_as_text(fake, computer):
    texts = [f"{text}{EVIL}{text}" for text in corpus.hostile()]

    @fake.talk
    async def talk(wire):
        await wire.say(hello())
        for start in range(0, len(texts), 50):
            part = enumerate(texts[start : start + 50], start + 1)
            people = [{"id": 100 + seq, "name": text, "guest": True} for seq, text in part]
            said = [message(it["id"] - 100, body=it["name"], author=it) for it in people]
            await wire.say({"type": "people", "joined": people, "left": [], "count": 2})
            await wire.say(changes(f"e.1.{said[-1]['seq']}", *said))
        await wire.say(changes("e.1.9999", message(9999, body="the end")))
        await listen(wire)

    running = await computer.start(fake.address, "--token", "a-token", "--follow")
    lines = 0
    while not (line := await running.line()).endswith(": the end\n"):
        assert not corpus.control_characters_in(line)
        assert line.startswith(ALLOWED), line
        lines += 1
    assert lines > len(texts)
    await running.kill()


async def test_json_escapes_hostile_texts_without_loss(hostile, computer):
    running = await computer.start(hostile.address, "--token", "a-token", "--follow", "--json")
    for one in log():
        line = await running.line()
        assert not harmful(line)
        fields = json.loads(line)
        assert {name: fields[name] for name in one} == one
    await running.kill()


async def test_a_refusal_is_one_line_of_text(hostile, computer):
    hostile.talks.pop(0)
    running = await computer.start(hostile.address, "--token", "a-token", stdin=-1)
    code, out, errors = await running.end(text="hello\n")
    assert (code, out, errors.count("\n"), harmful(errors)) == (5, "", 1, set())
    assert "forged" in errors


@pytest.mark.parametrize("status", [403, 503])
async def test_a_refusal_over_http_is_one_line_of_text(fake, computer, status):
    body = json.dumps({"error": {"code": "forbidden", "detail": FORGED}})
    fake.answers["/api/join/"] = status, {}, body
    code, out, errors = await (await computer.start(fake.address, "--name", "ada")).end()
    assert (code, out, errors.count("\n"), harmful(errors)) == (4 if status == 403 else 3, "", 1, set())


@pytest.mark.parametrize("cursor", ["\x1b[2J", "a\nb", "a b", "a:1", "é"])
async def test_an_invalid_cursor_is_never_printed(fake, computer, cursor):
    fake.answers["/api/rooms/"] = 200, {}, page(message(1), cursor=cursor)

    @fake.talk
    async def talk(wire):
        await wire.say(hello(cursor, 1))
        await listen(wire)

    for arguments in ((), ("--history", "1", "--json")):
        running = await computer.start(fake.address, "--token", "t", "--print-cursor", *arguments)
        code, out, errors = await running.end()
        assert (code, harmful(out), errors.count("\n"), harmful(errors)) == (6, set(), 1, set())


async def test_redirect_target_of_a_site_is_printed_as_text(fake, computer):
    fake.answers["/api/join/"] = 302, {"Location": "https://evil\u202e.example\x1b[2J/"}, ""
    code, out, errors = await (await computer.start(fake.address, "--name", "ada")).end()
    assert (code, out, errors.count("\n"), harmful(errors)) == (6, "", 1, set())
