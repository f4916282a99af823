"""Tokens with scopes, at every frame."""

import uuid

import pytest
from asgiref.sync import sync_to_async

from chat import protocol
from chat.errors import NOT_IN_SCOPE
from chat.protocol import Scope
from tests.cast import say
from tests.matrix.cast import PUBLIC, Scene, token_of
from tests.socket.client import Socket
from tests.socket.test_matrix import ABOUT

pytestmark = pytest.mark.django_db(transaction=True)


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


async def test_every_frame_takes_its_scope_and_no_other(delivery, settings):
    settings.CHAT_POSTS_PER_SECOND = 0
    scene = await sync_to_async(Scene)()
    refused = {}
    for scope in Scope:
        secret = await sync_to_async(token_of)(scene.people["other"], scopes=f"read {scope}")
        socket = await Socket(PUBLIC, headers=bearer(secret)).enter()
        for command in protocol.COMMANDS:
            kind = str(command.__struct_config__.tag)
            fields = dict(next(iter(ABOUT[kind].values())))
            given = {"<seq>": 1, "<cursor>": socket.cursor, "<new id>": str(uuid.uuid4())}
            fields = {name: given.get(it, it) if isinstance(it, str) else it for name, it in fields.items()}
            answer = await socket.ask(kind, **fields)
            is_refused = answer["type"] == "error" and answer["detail"] == NOT_IN_SCOPE
            assert is_refused == (command.scope not in (Scope.READ, scope)), (kind, scope)
            refused[kind] = refused.get(kind, 0) + is_refused
        await socket.leave()
    assert refused["post"] == len(Scope) - 1
    for limits, code in (({"scopes": "post"}, 4403), ({"room": scene.rooms["ops"]}, 4404)):
        secret = await sync_to_async(token_of)(scene.people["owner"], **limits)
        assert (await Socket(PUBLIC, headers=bearer(secret)).refusal())[1] == code


async def test_the_socket_of_a_token_of_one_room_is_told_of_no_other(delivery, connect, alice, bob, hall, ops):
    free = await connect(bob, hall)
    secret = await sync_to_async(token_of)(bob, room=hall)
    limited = await Socket(hall.slug, headers=bearer(secret)).enter()
    await free.next("rooms")
    await sync_to_async(say)(alice, ops, "@bob a secret")
    await free.next("alert")
    await limited.ask("ping")
    await limited.leave()
    assert not [it for it in limited.frames if it["type"] in ("alert", "rooms")]
    assert "ops" in str(free.frames)
