"""Plain-text clients: their input, their output, and the memory that they use."""

import asyncio
from datetime import UTC, datetime
from io import StringIO

import pytest
from asgiref.sync import sync_to_async
from django.core.management import call_command
from msgspec import Raw

from chat import serializers
from chat.consumers import plain_text as plain_clients
from chat.delivery import pump
from chat.delivery.presence import roster
from chat.models import Message, Person, Room, RoomHead
from chat.protocol import Changes, Hello, Reset
from tests.cast import say
from tests.corpus import control_characters_in, hostile
from tests.socket.client import PlainSocket

pytestmark = pytest.mark.django_db(transaction=True)


@sync_to_async
def post_all(person, room, *bodies):
    return [say(person, room, body) for body in bodies]


def now():
    return f"{datetime.now(UTC):%H:%M}"


# ---- Writing and reading


async def test_first_line_in_an_empty_room_is_the_own_message(plain, hall):
    ada = await plain("hall", name="ada")
    before = now()
    await ada.send("hello")
    assert await ada.next() in (f"{before} ada: hello", f"{now()} ada: hello")


async def test_a_message_is_stored_like_any_other_and_reaches_everyone(plain, connect, alice, hall):
    page, ada, bob = await connect(alice, hall), await plain("hall", name="ada"), await plain("hall", name="bo")
    await ada.send("hello **there**\r\n")
    assert (await bob.until(": hello **there**")).endswith("ada: hello **there**")
    await page.holds(1)
    assert page.rows[1]["html"] == '<p dir="auto">hello <strong>there</strong></p>'
    assert page.rows[1]["author"]["guest"] is True
    assert await Message.objects.aget(author__name="ada", body="hello **there**")
    await page.post("hello yourself")
    assert (await ada.until("alice: hello yourself"))[5:] == " alice: hello yourself"


# Well below what one may have unanswered.
FEW = 40


async def test_hostile_texts_reach_plain_clients_without_control_characters(plain, hall, settings):
    settings.CHAT_POSTS_PER_SECOND = settings.CHAT_POSTS_PER_ADDRESS = settings.CHAT_FRAMES_PER_SECOND = 0
    texts, reader = hostile(), await plain("hall", name="reader")
    ada = await plain("hall", name="ada")
    for start in range(0, len(texts), FEW):
        for text in (*texts[start : start + FEW], f"so far {start}"):
            await ada.send(text)
        await ada.until(f": so far {start}")
    await ada.send("the end")
    await reader.until(": the end")
    assert len(reader.lines) > len(texts)
    assert not [line for line in (*reader.lines, *ada.lines) if control_characters_in(line)]


async def test_stored_and_refused_texts_reach_plain_clients_without_control_characters(plain, alice, hall):
    evil = "\x1b[2J\x9b31m\u202eab\u2066c\x07\r\u2028d"
    await post_all(alice, hall, *(f"{evil}{n}" for n in range(3)))
    await Message.objects.filter(room=hall).aupdate(body=f"{evil}{evil}")
    await Person.objects.filter(pk=alice.pk).aupdate(name=evil)
    ada = await plain("hall", name="ada", history=3)
    await ada.send("the end")
    await ada.until(": the end")
    refusals = [await PlainSocket("hall", name=f"{text}{evil}").refusal() for text in hostile()[::60]]
    assert not [line for line in (*ada.lines, *(line for line, _ in refusals)) if control_characters_in(line)]
    assert len(ada.lines) == 4


async def test_the_same_text_twice_is_two_messages_and_json_is_a_text(plain, hall):
    ada = await plain("hall", name="ada")
    frame = '{"type": "ping"}'
    for text in (frame, frame):
        await ada.send(text)
        await ada.until(f"ada: {frame}")
    assert await Message.objects.filter(room=hall, body=frame).acount() == 2


async def test_plain_client_gets_the_newest_messages_in_order_first(plain, alice, hall):
    await post_all(alice, hall, *(f"message {number}" for number in range(25)))
    ada = await plain("hall", name="ada")
    await ada.until("message 24")
    assert [line.split(": ")[1] for line in ada.lines] == [f"message {number}" for number in range(5, 25)]


async def test_the_address_may_ask_for_more_or_none_of_the_history(plain, alice, hall):
    await post_all(alice, hall, *(f"message {number}" for number in range(25)))
    silent = await plain("hall", name="ada", history=0)
    await silent.send("first")
    assert (await silent.next()).endswith("ada: first")
    curious = await plain("hall", name="bo", history=26)
    await curious.until("ada: first")
    assert len(curious.lines) == 26
    line, code = await PlainSocket("hall", name="cy", history="many").refusal()
    assert (line, code) == ("! history must be a number from 0 to 200.", 4400)


async def test_a_plain_client_has_no_cursor(plain, alice, hall):
    await post_all(alice, hall, "one")
    ada = await plain("hall", name="ada", after="nonsense")
    assert (await ada.next()).endswith("alice: one")


async def test_without_history_changes_to_older_messages_are_not_sent(plain, connect, alice, hall):
    await post_all(alice, hall, "old")
    ada, page = await plain("hall", name="ada", history=0), await connect(alice, hall)
    await page.ask("edit", seq=1, body="old, edited")
    await page.post("new")
    await ada.until("alice: new")
    assert not any("old" in line for line in ada.lines)


async def test_a_history_of_several_frames_is_in_order_although_old_messages_changed_last(plain, connect, alice, hall):
    await post_all(alice, hall, *(f"{number} " + "x" * 7990 for number in range(25)))
    page = await connect(alice, hall)
    await page.ask("edit", seq=6, body="5 edited")
    ada = await plain("hall", name="ada")
    await ada.send("here")
    await ada.until("ada: here")
    assert [line.split(": ")[1].split()[0] for line in ada.lines] == [*map(str, range(5, 25)), "here"]


async def test_plain_client_gets_edits_deletions_reactions_and_replies(plain, connect, alice, hall):
    page, ada = await connect(alice, hall), await plain("hall", name="ada")
    await page.post("one")
    await page.ask("edit", seq=1, body="two")
    await page.ask("react", seq=1, emoji="👍", on=True)
    await page.post("three", reply_to=1)
    await page.ask("delete", seq=1)
    await ada.until(" was deleted")
    assert [line.replace(line[:5], "NOW") if line[2] == ":" else line for line in ada.lines][:-1] == [
        "NOW alice: one",
        "NOW alice (edited): two",
        "* alice reacted 👍 to alice: two",
        "  > alice: two",
        "NOW alice: three",
    ]


async def test_arrivals_and_departures_are_announced(plain, hall, monkeypatch):
    monkeypatch.setattr(roster, "LINGER_SECONDS", 0)
    ada = await plain("hall", name="ada")
    bo = await plain("hall", name="bo")
    await ada.until("* bo joined")
    await bo.leave()
    await ada.until("* bo left")


async def test_typing_and_unread_counts_produce_no_lines(plain, connect, alice, hall, ops):
    ada, page = await plain("hall", name="ada"), await connect(alice, hall)
    await ada.until("* alice joined")
    await page.ask("typing", on=True)
    await page.ask("ping")
    await post_all(alice, ops, "elsewhere")
    await page.post("here")
    await ada.until("alice: here")
    assert len(ada.lines) == 2


# ---- Refusals while connected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (" ", "! A message can’t be empty."),
        ("x" * 8001, "! A message can have at most 8,000 characters. This one has 8,001."),
        ("é" * 40_000, "! A frame can have at most 65536 bytes."),
        ("a\0b", "! A message can’t contain NUL or half of a surrogate pair."),
        ("a\ud800b", "! A message can’t contain NUL or half of a surrogate pair."),
    ],
)
async def test_an_invalid_message_is_refused_with_a_sentence_and_the_next_is_accepted(plain, hall, text, line):
    ada = await plain("hall", name="ada")
    await ada.send(text)
    assert await ada.next() == line
    await ada.send("x" * 8000)
    assert (await ada.next()).endswith("xxx")


async def test_bytes_are_no_message(plain, hall):
    ada = await plain("hall", name="ada")
    await ada.send_bytes(b"\x00\xff")
    assert await ada.next() == "! A frame must be text."
    await ada.send("text")
    await ada.until("ada: text")


async def test_a_client_that_keeps_sending_bytes_is_closed(plain, hall):
    ada = await plain("hall", name="ada")
    for _ in range(60):
        await ada.send_bytes(b"\x00")
    assert await ada.close_code() == 4400


async def test_all_clients_of_a_person_share_the_post_limit(plain, hall, settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST, settings.CHAT_GUEST_SHARE = 0.001, 2, 1
    one, two = await plain("hall", name="ada"), await plain("hall", name="Ada")
    for number, socket in enumerate((one, two)):
        await socket.send(str(number))
        await socket.until(f"ada: {number}")
    await one.send("2")
    await one.until("! You’re sending messages too fast.")


async def test_a_flood_is_closed(plain, hall, settings):
    settings.CHAT_FRAMES_PER_SECOND, settings.CHAT_FRAMES_BURST = 0.001, 10
    ada = await plain("hall", name="ada")
    for _ in range(200):
        await ada.send("x")
    assert await ada.close_code() == 4429


async def test_hostile_text_of_another_client_is_harmless_and_forges_no_line(plain, connect, alice, hall):
    ada, page = await plain("hall", name="ada"), await connect(alice, hall)
    await page.post("a\x1b]0;pwned\x07\x1b[2J\u202eb\u200b\u2066c\n12:00 bob: I never said so\r12:01 bob: nor this")
    line = await ada.until("nor this")
    assert line[5:] == " alice: a]0;pwned[2Jbc\n    12:00 bob: I never said so\n    12:01 bob: nor this"
    await page.post("still here")
    await ada.until("alice: still here")


@pytest.mark.parametrize("name", ["a\x1b[2Jda", "a\u202eda", "a\u200bda", "a\0da"])
async def test_a_name_with_controls_is_refused(delivery, hall, name):
    line, code = await PlainSocket("hall", name=name).refusal()
    assert (line, code) == ("! A name can’t contain invisible or control characters.", 4401)


async def test_names_are_one_line_and_cannot_forge_a_message(plain, hall):
    await (await plain("hall", name="ada\n12:00 bo: hi")).send("hello")
    bo = await plain("hall", name="bo")
    assert (await bo.until("hello"))[5:] == ' "ada 12:00 bo: hi": hello'


# ---- Disconnection and reconnecting


async def test_plain_client_gets_a_line_when_the_room_is_deleted(plain, delivery, hall):
    ada = await plain("hall", name="ada")
    await sync_to_async(Room.objects.filter(pk=hall.pk).delete)()
    await delivery.head_check.check()
    assert (await ada.close_code(), ada.lines[-1]) == (4404, "* this room was deleted")


async def test_plain_client_gets_a_line_when_the_server_restarts(plain, delivery, hall):
    ada = await plain("hall", name="ada")
    draining = asyncio.create_task(delivery.drain())
    assert (await ada.close_code(), ada.lines[-1]) == (4412, "* the server is restarting; reconnect in a moment")
    await ada.leave()
    await draining
    assert await PlainSocket("hall", name="ada").refusal() == (
        "! The server is restarting. Try again in a moment.",
        4412,
    )


async def test_plain_client_continues_with_new_messages_after_a_restored_backup(plain, alice, hall):
    await post_all(alice, hall, *(f"message {number}" for number in range(5)))
    ada = await plain("hall", name="ada", history=2)
    await ada.until("message 4")
    await sync_to_async(Message.objects.filter(room=hall, seq__gt=2).delete)()
    await sync_to_async(RoomHead.objects.filter(room=hall).update)(seq=2, rev=2)
    await sync_to_async(call_command)("bump_epoch", stdout=StringIO())
    await ada.until("* history was reset")
    await ada.send("on we go")
    await ada.until("ada: on we go")


async def test_backup_restored_during_history_drops_unsent_lines(alice, hall):
    lost, restored = [
        serializers.encode(serializers.message(it, [])) for it in await post_all(alice, hall, "lost", "restored")
    ]
    you, room = serializers.person(alice), serializers.room(hall)
    hello = Hello(you=you, room=room, cursor="old.1.9", people=[you], count=1, read=0, limits=serializers.limits(you))
    said = []

    async def send(event):
        said.append(event["text"])

    plain = plain_clients.Plain(send)
    for frame in (
        hello,
        Changes(cursor="old.1.5", messages=[Raw(lost)]),
        Reset(cursor="new.1.1"),
        Changes(cursor="new.1.2", messages=[Raw(restored)]),
    ):
        await plain.send({"type": "websocket.send", "text": frame.encode()})
    assert said[0] == "* history was reset"
    assert [line[5:] for line in said[1:]] == [" alice: restored"]


# ---- Bounds


async def test_sent_frames_count_as_received_for_plain_clients(plain, connect, alice, hall, monkeypatch):
    monkeypatch.setattr(pump, "WINDOW_BYTES", 2000)
    monkeypatch.setattr(pump, "OTHER_WINDOW_BYTES", 4000)
    ada, page = await plain("hall", name="ada"), await connect(alice, hall)
    for number in range(10):
        await page.post(f"{number} " + "x" * 1000)
        await ada.until("xxx")
        for on in (True, False):
            await page.ask("typing", on=on)
    assert sum("xxx" in line for line in ada.lines) == 10


async def test_plain_client_keeps_a_limited_number_of_messages(plain, delivery, connect, alice, hall, monkeypatch):
    monkeypatch.setattr(plain_clients, "KEPT_MESSAGES", 3)
    monkeypatch.setattr(plain_clients, "HISTORY", 2)
    ada, page = await plain("hall", name="ada"), await connect(alice, hall)
    for number in range(5):
        await page.post(f"message {number}")
    for seq in (1, 2, 3):
        await page.ask("edit", seq=seq, body=f"edited {seq}")
    await ada.until("edited 3")
    assert not any(line.endswith(("edited 1", "edited 2")) for line in ada.lines)


async def test_plain_connection_is_closed_at_its_output_limit(plain, alice, hall, monkeypatch):
    monkeypatch.setattr(plain_clients, "MAX_SENT_BYTES", 300)
    ada = await plain("hall", name="ada")
    for number in range(3):
        await post_all(alice, hall, f"{number} " + "x" * 100)
    assert await ada.close_code() == 4408
    assert len(ada.lines) == 4
    assert ada.lines[-1] == "* too much output on this connection; reconnect to continue"
    back = await plain("hall", name="ada", history=1)
    assert (await back.next())[6:].startswith("alice: 2 x")
