"""Every frame of the protocol, for every role, in public and private rooms and in direct conversations."""

import json
import uuid
from contextlib import suppress

import pytest
from asgiref.sync import sync_to_async

from chat import protocol
from chat.actions.rooms import create_room
from chat.errors import ActionError
from chat.history import head
from chat.protocol import Cursor
from tests.cast import say, uploaded
from tests.matrix import table
from tests.matrix.cast import NOT_SIGNED_IN, PRIVATE, PRIVATE_ROLES, ROLES, SECRETS, PrivateScene, Scene, token_of
from tests.socket.client import Socket

pytestmark = pytest.mark.django_db(transaction=True)

SEQ, CURSOR, NEW_ID, FILE, OWN, THEIR = "<seq>", "<cursor>", "<new id>", "<file>", "<own>", "<their>"
# The commands by type and the messages that they are about: another person's, one's own, and one from before the person
# came, in a room that hides these.
REPLY = {"body": "hello", "client_id": NEW_ID, "reply_to": SEQ}
LINK = "https://example.org/map"
# Files: an upload of one's own, one of another person, one of a message of one's own, and one of another room.
POSTED = ("own file", "their file", "used file", "elsewhere file")
WITH_FILE, KEEPING = {"body": "", "client_id": NEW_ID, "files": [FILE]}, {"body": "changed", "files": [FILE]}
ABOUT = {
    "unfurl": {whose: {"seq": SEQ, "url": LINK, "on": False} for whose in ("their", "own", "hidden")},
    "post": {
        "": {"body": "hello", "client_id": NEW_ID},
        "hidden": REPLY,
        **dict.fromkeys(POSTED, WITH_FILE),
    },
    "edit": {
        **{whose: {"body": "changed", "seq": SEQ} for whose in ("their", "own", "hidden")},
        **{whose: KEEPING | {"seq": OWN} for whose in ("used file", "own file", "their file", "elsewhere file")},
        "shown file": KEEPING | {"seq": THEIR},
    },
    "react": {whose: {"emoji": "👍", "on": True, "seq": SEQ} for whose in ("their", "hidden")},
    "read": {whose: {"seq": SEQ} for whose in ("their", "hidden")},
    "unread": {whose: {"seq": SEQ} for whose in ("their", "hidden")},
    "bookmark": {whose: {"on": True, "seq": SEQ} for whose in ("their", "hidden")},
    "command": {"": {"client_id": NEW_ID, "name": "deploy"}},
    "typing": {"": {"on": True}},
    "ack": {"": {"cursor": CURSOR}},
    "ping": {"": {}},
    "delete": {whose: {"seq": SEQ} for whose in ("their", "own", "hidden")},
    "no-such-type": {"": {}},
}


def commands(targets):
    """Return (name, type, whose message, fields) for each command about one of these messages."""
    kinds = [str(command.__struct_config__.tag) for command in protocol.COMMANDS]
    assert set(kinds) == ABOUT.keys() - {"no-such-type"}, "a frame has no row"
    return [
        (f"{whose} {kind}".strip(), kind, whose, fields)
        for kind, all_of_it in ABOUT.items()
        for whose, fields in all_of_it.items()
        if not whose or whose in targets
    ]


def message_by(person, room, file):
    """Return the seq of a new message with a file. If the person may not write there, of their last one, or None."""
    with suppress(ActionError):
        return say(person, room, f"hello {LINK}", files=[file]).seq
    return room.messages.filter(author=person).order_by("pk").values_list("seq", flat=True).last()


def targets_of(person, author, room):
    """Return the seqs of messages of a person and of the author, and the keys of files, by what they are."""
    shown, used = uploaded(author), uploaded(person)
    own = message_by(person, room, used) if person else None
    seqs = {"their": message_by(author, room, shown), "own": own}
    files = {"own file": uploaded(person), "their file": uploaded(author), "used file": used, "shown file": shown}
    return seqs | {name: file.key for name, file in files.items()}


@sync_to_async
def arrange(make, roles):
    """Return a scene, and for each role its headers and by room the seqs of the messages that it asks about.

    Each role has messages of its own, so that roles do not affect each other.
    """
    scene, headers, targets = make(), {}, {}
    for role in roles:
        person = scene.people[role]
        headers[role] = {"Authorization": f"Bearer {token_of(person)}"} if person else {}
        for slug, room in scene.rooms.items():
            targets[role, slug] = targets_of(person, scene.author, room)
    for role, slug in targets:
        elsewhere = next(it for it in scene.rooms if it != slug)
        targets[role, slug]["elsewhere file"] = targets[role, elsewhere]["shown file"]
    return scene, headers, targets


async def answers(socket, targets):
    """Return by frame `ok` or the error code, or for a refused client the close code."""
    accepted, _ = await socket._wire.connect()
    assert accepted
    first = await socket.receive()
    if first["type"] == "error":
        refusal = str(await socket.close_code())
        return {name: refusal for name, *_ in commands(targets)}
    found = {}
    for name, kind, whose, fields in commands(targets):
        values = {SEQ: targets.get(whose), CURSOR: first["cursor"], NEW_ID: str(uuid.uuid4())}
        values |= {OWN: targets.get("own"), THEIR: targets.get("their")}
        filled = {field: [targets[whose]] if it == [FILE] else values.get(it, it) for field, it in fields.items()}
        answer = await socket.ask(kind, **filled)
        found[name] = answer["code"] if answer["type"] == "error" else "ok"
    await socket.leave()
    return found


async def test_every_frame_is_answered_to_every_role_as_the_table_says(delivery, settings):
    settings.CHAT_POSTS_PER_SECOND = 0
    scene, headers, targets = await arrange(Scene, ROLES)
    found = {}
    for slug in scene.rooms:
        for role in ROLES:
            for name, answer in (await answers(Socket(slug, headers=headers[role]), targets[role, slug])).items():
                found.setdefault(f"{slug}: {name}", {})[role] = answer
    assert table.compare(table.read("frames.txt", ROLES), found) >= 160


# ---- Private rooms and direct conversations


def told_to(role, socket):
    """Return what the frames of a socket tell this role of `SECRETS`."""
    heard = json.dumps(socket.frames, ensure_ascii=False)
    return {(role, it) for it in SECRETS if it in heard}


def readers():
    return {(role, it) for it, roles in SECRETS.items() for role in roles}


async def test_people_outside_get_no_byte_of_a_private_room_over_a_socket(delivery, settings):
    """Each role asks with all of the history, and once more from the first revision on."""
    settings.CHAT_POSTS_PER_SECOND = 0
    scene, headers, targets = await arrange(PrivateScene, PRIVATE_ROLES)
    found, told = {}, set()
    for slug, room in scene.rooms.items():
        start = Cursor((await sync_to_async(head)(room.pk)).epoch, room.pk, 0)
        for role in PRIVATE_ROLES:
            own = targets[role, slug] | ({"hidden": scene.hidden_seq} if slug == PRIVATE else {})
            for query, about in (({"after": str(start)}, {}), ({"history": 200}, own)):
                socket = Socket(slug, headers=headers[role], **query)
                for name, answer in (await answers(socket, about)).items():
                    found.setdefault(f"{slug}: {name}", {})[role] = answer
                told |= told_to(role, socket)
    assert told == readers()
    assert table.compare(table.read("private_frames.txt", PRIVATE_ROLES), found) > 300


async def test_a_page_elsewhere_is_told_of_the_private_rooms_of_its_reader_only(connect, settings):
    """Bob writes in each room while a page of each role shows a public one. It gets counts, alerts and presence."""
    settings.CHAT_POSTS_PER_SECOND = 0
    scene, _, _ = await arrange(PrivateScene, [])
    square = await sync_to_async(create_room)(scene.author, "Square")
    pages = {role: await connect(scene.people[role], square) for role in PRIVATE_ROLES if role not in NOT_SIGNED_IN}
    for page in pages.values():
        await page.next("rooms")
    await sync_to_async(say)(scene.author, scene.rooms["d-direct"], "more words to a partner")
    await sync_to_async(say)(scene.author, scene.rooms[PRIVATE], "more newer words of ops")
    for role in ("partner", "newcomer"):
        await pages[role].next("alert")  # the alerts of the others would have been sent with these
    told = set()
    for role, page in pages.items():
        await page.ask("ping")
        told |= told_to(role, page)
    assert told == {("partner", "words to a partner"), ("newcomer", "newer words of ops")}
