"""Every frame of the protocol, for every role, in a public and a private room."""

import uuid

import pytest
from asgiref.sync import sync_to_async

from chat import protocol
from chat.actions.accounts import issue_token
from tests.cast import say
from tests.matrix import table
from tests.matrix.cast import PRIVATE, PUBLIC, ROLES, Scene
from tests.socket.client import Socket

pytestmark = pytest.mark.django_db(transaction=True)

# The commands by type: about another person's message, and about one's own where that makes a difference.
ABOUT = {
    "post": [("", {"body": "hello", "client_id": None})],
    "edit": [("their ", {"body": "changed"}), ("own ", {"body": "changed"})],
    "react": [("their ", {"emoji": "👍", "on": True})],
    "read": [("", {})],
    "unread": [("", {})],
    "bookmark": [("their ", {"on": True})],
    "typing": [("", {"on": True})],
    "ack": [("", {"cursor": None})],
    "ping": [("", {})],
    "delete": [("their ", {}), ("own ", {})],
    "no-such-type": [("", {})],
}


def commands():
    kinds = [str(command.__struct_config__.tag) for command in protocol.COMMANDS]
    assert set(kinds) == ABOUT.keys() - {"no-such-type"}, "a frame has no row"
    return [(f"{whose}{kind}", kind, fields) for kind, all_of_it in ABOUT.items() for whose, fields in all_of_it]


@sync_to_async
def arrange():
    """Create for each role a message of another person in each room, so that roles do not affect each other."""
    scene = Scene()
    for room in scene.rooms.values():
        for number in range(len(ROLES)):
            say(scene.author, room, f"for role {number}")
    tokens = {role: issue_token(person) for role, person in scene.people.items() if person}
    return {role: {"Authorization": f"Bearer {tokens[role]}"} if role in tokens else {} for role in ROLES}


async def answers(slug, headers, seq):
    """Return by frame `ok` or the error code, or for a refused client the close code."""
    socket = Socket(slug, headers=headers)
    accepted, _ = await socket._wire.connect()
    assert accepted
    first = await socket.receive()
    if first["type"] == "error":
        refusal = str(await socket.close_code())
        return dict.fromkeys((name for name, _, _ in commands()), refusal)
    own, found = (await socket.post())["seq"], {}
    for name, kind, fields in commands():
        said = dict(fields)
        if "client_id" in said:
            said["client_id"] = str(uuid.uuid4())
        if "cursor" in said:
            said["cursor"] = first["cursor"]
        if kind in ("edit", "react", "read", "unread", "bookmark", "delete"):
            said["seq"] = own if name.startswith("own") else seq
        answer = await socket.ask(kind, **said)
        found[name] = answer["code"] if answer["type"] == "error" else "ok"
    await socket.leave()
    return found


async def test_every_frame_is_answered_to_every_role_as_the_table_says(delivery, settings):
    settings.CHAT_POSTS_PER_SECOND = 0
    headers, found = await arrange(), {}
    for slug in (PUBLIC, PRIVATE):
        for number, role in enumerate(ROLES):
            for name, answer in (await answers(slug, headers[role], number + 2)).items():
                found.setdefault(f"{slug}: {name}", {})[role] = answer
    assert table.compare(table.read("frames.txt"), found) >= 160
