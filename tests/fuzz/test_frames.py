"""Frames of every kind on real sockets: each is answered as the protocol says, and no other client is affected."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from chat import protocol
from chat.delivery.connection import BAD_FRAMES_BURST
from chat.protocol import Close
from tests.fuzz.frames import BAD, COMMANDS, FRAMES, POISON, TOO_LONG, Sent
from tests.fuzz.scene import SERVERS
from tests.fuzz.size import sized
from tests.fuzz.talk import NEWS, Talker


@pytest.fixture
def say(serve, beside):
    """Return `say("daphne", *frames)`: sends the frames on one connection, beside a neighbour."""

    def say_all(server, *frames):
        scene, neighbour = serve(server), beside(server)
        with Talker(scene, scene.token) as talker:
            for frame in frames:
                talker.say(frame)
            neighbour.holds(talker.posted)

    return say_all


@pytest.mark.parametrize("server", SERVERS)
@sized(20)
@given(st.lists(FRAMES, min_size=1, max_size=6))
def test_any_frame_is_answered_as_documented_and_affects_no_other_client(say, server, frames):
    say(server, *frames)


def test_every_command_of_the_protocol_is_sent():
    assert COMMANDS.keys() == {command.__struct_config__.tag for command in protocol.COMMANDS}


POISONED = {name: Sent(it, BAD) for name, it in POISON.items()}
POISONED |= {name: Sent(it, ("too_long",)) for name, it in TOO_LONG.items()}


@pytest.mark.parametrize("server", SERVERS)
def test_malformed_frames_are_refused_and_affect_no_other_client(say, server):
    for sent in POISONED.values():
        say(server, sent)


@pytest.mark.parametrize("server", SERVERS)
def test_a_client_that_only_sends_bad_frames_is_answered_for_a_while_and_then_closed(serve, beside, server):
    scene = serve(server)
    with Talker(scene, scene.token) as talker:
        for _ in range(2 * BAD_FRAMES_BURST):
            talker.wire.send("{}")
        answers, code = talker.to_the_end()
    assert code == Close.BAD_PROTOCOL
    refusals = [answer for answer in answers if answer["type"] not in NEWS]
    assert len(refusals) > BAD_FRAMES_BURST
    assert {answer.get("code") for answer in refusals} == {"bad_frame"}
    beside(server).holds({})


@pytest.mark.parametrize("server", SERVERS)
def test_oversized_frame_closes_only_its_own_connection(serve, beside, server):
    scene = serve(server)
    with Talker(scene, scene.token) as talker:
        with suppress(ConnectionClosed):
            talker.wire.send("x" * (2 * 1024 * 1024))
        _, code = talker.to_the_end()
    assert code == 1009 or (server == "daphne" and code is None)  # which may cut it off
    beside(server).holds({})
