"""The commands of a client and their answers."""

import uuid
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from chat import protocol
from chat.actions.messages import RULES
from chat.consumers import commands
from chat.models import Membership, Mention, Message, Reaction, Room
from tests.cast import say
from tests.test_protocol import POISON

pytestmark = pytest.mark.django_db(transaction=True)


@sync_to_async
def count(queryset):
    return queryset.count()


@sync_to_async
def change(queryset, **fields):
    queryset.update(**fields)


async def test_each_command_has_one_rule_or_one_handler():
    stored = set(protocol.STORED_COMMANDS)
    assert RULES.keys() == stored
    assert commands.HANDLERS.keys() == set(protocol.COMMANDS) - stored


async def test_a_post_is_answered_once_stored_and_reaches_everyone(connect, alice, bob, hall):
    one, other = await connect(alice, hall), await connect(bob, hall)
    client_id = str(uuid.uuid4())
    answer = await one.post("hello **there**", client_id=client_id)
    assert answer == {"type": "ok", "ref": answer["ref"], "client_id": client_id, "seq": 1, "rev": 1}
    assert await Message.objects.aget(client_id=client_id, author=alice, seq=1)
    for socket in (one, other):
        await socket.holds(1)
        message = socket.rows[1]
        assert message["author"] == {"id": alice.pk, "name": "alice", "guest": False}
        assert (message["body"], message["html"]) == (
            "hello **there**",
            '<p dir="auto">hello <strong>there</strong></p>',
        )
        assert (message["client_id"], message["deleted"], message["edited_at"]) == (client_id, False, None)
        assert (message["reply_to"], message["reactions"]) == (None, [])
        assert message["created_at"].endswith("Z")
        assert len(message["created_at"]) == len("2026-01-02T03:04:05.678Z")


async def test_the_same_post_again_gives_the_first_answer_even_after_an_edit(connect, alice, hall):
    socket = await connect(alice, hall)
    client_id = str(uuid.uuid4())
    first = await socket.post("once", client_id=client_id)
    await socket.ask("edit", seq=1, body="changed")
    again = await socket.post("once", client_id=client_id)
    assert again["seq"] == first["seq"]
    assert await count(Message.objects.filter(room=hall)) == 1


async def test_a_client_id_is_for_one_message(connect, alice, hall, ops):
    socket, elsewhere = await connect(alice, hall), await connect(alice, ops)
    client_id = str(uuid.uuid4())
    await socket.post("one", client_id=client_id)
    assert (await socket.post("two", client_id=client_id))["code"] == "conflict"
    assert (await elsewhere.post("one", client_id=client_id))["code"] == "conflict"
    assert (await socket.post("one", client_id=client_id, reply_to=1))["code"] == "conflict"


async def test_two_people_may_choose_the_same_client_id(connect, alice, bob, hall):
    client_id = str(uuid.uuid4())
    one, other = await connect(alice, hall), await connect(bob, hall)
    assert (await one.post("a", client_id=client_id))["seq"] == 1
    assert (await other.post("b", client_id=client_id))["seq"] == 2


async def test_ten_clients_that_each_retry_a_hundred_posts_five_times_make_a_thousand_messages(
    connect, alice, bob, hall, settings
):
    settings.CHAT_POSTS_PER_SECOND = settings.CHAT_POSTS_PER_ADDRESS = settings.CHAT_FRAMES_PER_SECOND = 0
    sockets = [await connect(person, hall) for person in (alice, bob) for _ in range(5)]
    for socket in sockets:
        ids = [str(uuid.uuid4()) for _ in range(100)]
        for _ in range(5):
            for number, client_id in enumerate(ids):
                frame = {"type": "post", "client_id": client_id, "body": f"message {number}"}
                await socket.send(frame | {"ref": client_id})
                if number % 50 == 49:
                    await socket.until(lambda frame, last=client_id: frame.get("ref") == last)
    assert await count(Message.objects.filter(room=hall)) == 1000


async def test_a_body_is_cleaned_before_it_is_kept(connect, alice, hall):
    socket = await connect(alice, hall)
    await socket.post("a\u202eb\x1b[2Jc\r\nd  ")
    await socket.holds(1)
    assert socket.rows[1]["body"] == "ab[2Jc\nd"


@pytest.mark.parametrize(
    ("body", "code"),
    [("", "empty"), (" \n\t ", "empty"), ("\u202e", "empty"), ("\u200b\u200d", "empty"), ("x" * 8001, "too_long")],
)
async def test_a_body_without_text_or_with_too_much_is_refused(connect, alice, hall, body, code):
    socket = await connect(alice, hall)
    assert (await socket.post(body))["code"] == code
    assert (await socket.post("x" * 8000))["seq"] == 1


async def test_a_reply_points_to_a_message_that_exists(connect, alice, hall):
    socket = await connect(alice, hall)
    assert (await socket.post("?", reply_to=1))["code"] == "not_found"
    await socket.post("first")
    assert (await socket.post("second", reply_to=1))["seq"] == 2
    await socket.holds(2)
    assert socket.rows[2]["reply_to"] == 1


async def test_an_edit_shows_everywhere_and_only_the_author_may(connect, alice, bob, hall):
    await sync_to_async(say)(bob, hall, "mine")
    owner, author = await connect(alice, hall), await connect(bob, hall)
    assert (await author.ask("edit", seq=1, body="edited *once*"))["rev"] == 2
    await owner.holds(1)
    assert owner.rows[1]["html"] == '<p dir="auto">edited <em>once</em></p>'
    assert owner.rows[1]["edited_at"] is not None
    assert (await owner.ask("edit", seq=1, body="moderated"))["code"] == "forbidden"
    await owner.post("the owner's")
    assert (await author.ask("edit", seq=2, body="not mine"))["code"] == "forbidden"
    assert (await author.ask("edit", seq=9, body="nothing there"))["code"] == "not_found"


async def test_edit_of_an_outdated_revision_is_a_conflict(connect, alice, hall):
    socket = await connect(alice, hall)
    await socket.post("one")
    await socket.ask("edit", seq=1, body="two", if_rev=1)
    assert (await socket.ask("edit", seq=1, body="three", if_rev=1))["code"] == "conflict"
    assert (await socket.ask("edit", seq=1, body="three", if_rev=2))["rev"] == 3


async def test_a_deleted_message_leaves_a_tombstone_without_its_text(connect, alice, bob, hall):
    await sync_to_async(say)(bob, hall, "secret")
    author, other = await connect(bob, hall), await connect(alice, hall, history=5)
    await other.holds(1)
    first = await author.ask("delete", seq=1)
    again = await author.ask("delete", seq=1)
    assert first["rev"] == again["rev"] == 2
    await other.until(lambda frame: frame["type"] == "changes")
    message = other.rows[1]
    assert (message["deleted"], message["body"], message["html"], message["reactions"]) == (True, "", "", [])
    assert (await author.ask("edit", seq=1, body="back"))["code"] == "not_found"
    assert (await other.ask("react", seq=1, emoji="👍", on=True))["code"] == "not_found"


async def test_only_a_moderator_deletes_messages_of_others(connect, alice, bob, hall):
    await sync_to_async(say)(alice, hall)
    await sync_to_async(say)(bob, hall)
    member, owner = await connect(bob, hall), await connect(alice, hall)
    assert (await member.ask("delete", seq=1))["code"] == "forbidden"
    assert (await owner.ask("delete", seq=2))["type"] == "ok"


async def test_a_reaction_is_set_or_unset_never_toggled(connect, alice, bob, hall):
    socket, other = await connect(alice, hall), await connect(bob, hall)
    await socket.post()
    for _ in range(2):
        assert (await socket.ask("react", seq=1, emoji="👍", on=True))["rev"] == 2
    await other.ask("react", seq=1, emoji="👍", on=True)
    await other.ask("react", seq=1, emoji="🎉", on=True)
    await socket.until(lambda frame: socket.rows[1]["rev"] == 4)
    assert socket.rows[1]["reactions"] == [
        {"emoji": "👍", "people": [alice.pk, bob.pk]},
        {"emoji": "🎉", "people": [bob.pk]},
    ]
    for _ in range(2):
        assert (await socket.ask("react", seq=1, emoji="👍", on=False))["rev"] == 5
    assert await count(Reaction.objects) == 2


async def test_reaction_is_one_emoji_and_the_number_of_emoji_is_limited(connect, alice, hall):
    socket = await connect(alice, hall)
    await socket.post()
    assert (await socket.ask("react", seq=1, emoji="<b>", on=True))["code"] == "bad_frame"
    many = "😀😁😂🤣😃😄😅😆😉😊😋😎😍😘🥰😗😙😚🙂🤗"
    for emoji in many:
        assert (await socket.ask("react", seq=1, emoji=emoji, on=True))["type"] == "ok"
    assert (await socket.ask("react", seq=1, emoji="👍", on=True))["code"] == "conflict"


async def test_the_read_position_only_moves_forward_and_not_beyond_the_end(connect, alice, bob, hall):
    for _ in range(3):
        await sync_to_async(say)(alice, hall)
    socket = await connect(bob, hall)
    assert socket.hello["read"] == 0
    assert (await socket.ask("read", seq=2))["seq"] == 2
    assert (await socket.ask("read", seq=1))["seq"] == 2
    assert (await socket.ask("read", seq=99))["seq"] == 3
    assert (await connect(bob, hall)).hello["read"] == 3


async def test_posting_marks_earlier_messages_as_read(connect, alice, bob, hall):
    await sync_to_async(say)(alice, hall)
    socket = await connect(bob, hall)
    await socket.post()
    assert await count(Membership.objects.filter(person=bob, room=hall, read_seq=2)) == 1


async def test_a_stranger_to_a_public_room_joins_it_by_posting_or_reading(connect, carol, gil, hall):
    await (await connect(carol, hall)).post()
    await (await connect(gil, hall)).ask("read", seq=1)
    assert await count(Membership.objects.filter(room=hall, person__in=[carol, gil], role="member")) == 2


async def test_a_mention_is_stored_for_the_mentioned_person(connect, alice, bob, hall):
    socket = await connect(alice, hall)
    await socket.post("@Bob and @alice and @nobody, look")
    assert await count(Mention.objects.filter(person=bob, room=hall, seq=1)) == 1
    assert await count(Mention.objects) == 1


async def test_an_archived_room_is_read_only(connect, alice, hall):
    await sync_to_async(say)(alice, hall)
    await change(Room.objects.filter(pk=hall.pk), archived_at=timezone.now())
    socket = await connect(alice, hall, history=1)
    assert socket.hello["room"]["archived"] is True
    for command in (
        {"kind": "post", "client_id": str(uuid.uuid4()), "body": "x"},
        {"kind": "edit", "seq": 1, "body": "x"},
        {"kind": "delete", "seq": 1},
        {"kind": "react", "seq": 1, "emoji": "👍", "on": True},
    ):
        assert (await socket.ask(**command))["code"] == "archived"
    assert (await socket.ask("read", seq=1))["type"] == "ok"


async def test_a_muted_person_can_read_and_delete_but_not_post(connect, bob, hall):
    await sync_to_async(say)(bob, hall)
    later = timezone.now() + timedelta(minutes=5)
    await change(Membership.objects.filter(person=bob, room=hall), muted_until=later)
    socket = await connect(bob, hall)
    answer = await socket.post()
    assert answer["code"] == "muted"
    assert 290 < answer["retry_after"] <= 300
    assert (await socket.ask("edit", seq=1, body="x"))["code"] == "muted"
    assert (await socket.ask("delete", seq=1))["type"] == "ok"


async def test_malicious_frames_are_answered_and_affect_no_one_else(connect, alice, bob, hall):
    socket, other = await connect(alice, hall), await connect(bob, hall)
    await socket.next("people")
    poisons = [*POISON.values(), "[" * 100_000, "x" * 70_000]
    for frame in filter(None, poisons):
        await socket.send(frame)
        answer = await socket.next("error")
        assert answer["code"] in ("bad_frame", "too_long"), frame[:80]
    await socket.send_bytes(b"\x00\xff")
    assert (await socket.next("error"))["code"] == "bad_frame"
    assert (await socket.post("still here"))["seq"] == 1
    await other.holds(1)
    assert not any(frame["type"] == "error" for frame in other.frames)
    assert await count(Message.objects.filter(room=hall)) == 1


async def test_a_client_that_keeps_breaking_the_protocol_is_closed(connect, alice, hall):
    socket = await connect(alice, hall)
    for _ in range(60):
        await socket.send("{")
    assert await socket.close_code() == 4400


async def test_posts_of_all_connections_of_a_person_share_a_rate_and_a_burst(connect, alice, bob, hall, settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST = 0.001, 3
    one, two, other = await connect(alice, hall), await connect(alice, hall), await connect(bob, hall)
    assert [(await socket.post())["type"] for socket in (one, two, one)] == ["ok"] * 3
    answer = await two.post()
    assert answer["code"] == "rate_limited"
    assert 0 < answer["retry_after"] <= 1000
    assert (await other.post())["type"] == "ok"
    settings.CHAT_POSTS_PER_SECOND = 0
    assert (await two.post())["type"] == "ok"


async def test_a_flood_of_commands_is_refused_and_then_closed(connect, alice, hall, settings):
    settings.CHAT_FRAMES_PER_SECOND, settings.CHAT_FRAMES_BURST = 0.001, 10
    socket = await connect(alice, hall)
    for _ in range(200):
        await socket.send({"type": "ping"})
    assert await socket.close_code() == 4429
    kinds = [frame["type"] for frame in socket.frames if frame["type"] in ("pong", "error")]
    assert kinds[:10] == ["pong"] * 10
    assert {frame["code"] for frame in socket.frames if frame["type"] == "error"} == {"rate_limited"}


async def test_acknowledging_every_frame_is_no_flood(connect, alice, bob, hall, settings):
    author = await connect(alice, hall)
    settings.CHAT_FRAMES_PER_SECOND, settings.CHAT_FRAMES_BURST, settings.CHAT_POSTS_PER_SECOND = 0.001, 10, 0
    reader = await connect(bob, hall)
    for seq in range(1, 31):
        await author.post()
        await reader.holds(seq)
        assert (await reader.ask("ack", cursor=reader.cursor))["type"] == "ok"
    answers = [(await reader.ask("ack", cursor=reader.cursor))["type"] for _ in range(11)]
    assert answers == ["ok"] * 10 + ["error"]


async def test_number_of_unanswered_commands_is_limited(connect, alice, hall, delivery, monkeypatch, settings):
    settings.CHAT_POSTS_PER_SECOND = settings.CHAT_FRAMES_PER_SECOND = 0
    held = []
    monkeypatch.setattr(delivery.writer, "submit", lambda request, answer: held.append((request, answer)))
    socket = await connect(alice, hall)
    for _ in range(100):
        await socket.send({"type": "post", "client_id": str(uuid.uuid4()), "body": "x"})
    assert (await socket.post())["code"] == "busy"
    monkeypatch.undo()
    for request, answer in held:
        delivery.writer.submit(request, answer)
    await socket.until(lambda _: sum(frame["type"] == "ok" for frame in socket.frames) == 100)
    assert (await socket.post())["seq"] == 101


async def test_a_ping_is_answered_with_the_head(connect, alice, hall):
    socket = await connect(alice, hall)
    await socket.post()
    await socket.holds(1)
    assert await socket.ask("ping") == {"type": "pong", "ref": socket.frames[-1]["ref"], "cursor": socket.cursor}


async def test_an_acknowledgement_must_be_a_cursor_of_this_room(connect, alice, hall):
    socket = await connect(alice, hall)
    assert (await socket.ask("ack", cursor=socket.cursor))["type"] == "ok"
    assert (await socket.ask("ack", cursor="nonsense"))["code"] == "bad_frame"


async def test_the_answer_names_people_outside_and_the_status_says_who_may_mention_everyone(
    connect, alice, bob, carol, ops
):
    socket = await connect(alice, ops)
    assert socket.hello["standing"]["room_mentions"] is True
    assert (await socket.post("@bob and @carol"))["outside"] == [carol.pk]
    assert (await socket.ask("edit", seq=1, body="@carol"))["outside"] == [carol.pk]
    assert "outside" not in await socket.post("@bob")
    assert (await connect(bob, ops)).hello["standing"]["room_mentions"] is False
    assert (await socket.post("@room"))["type"] == "ok"
    refused = await socket.post("@room")
    assert refused["code"] == "rate_limited"
    assert refused["retry_after"] > 290
