"""Sites that run while they are fuzzed, whose logs must contain no traceback, and people who act at random."""

import functools
from contextlib import ExitStack
from datetime import timedelta

import pytest

from chat import broadcast
from chat.actions import batch
from tests.fuzz.scene import SCENE, Scene
from tests.fuzz.talk import Neighbour
from tests.simulated_talk import Talk
from tests.site import Site, answers


@pytest.fixture
def talk(alice, monkeypatch):
    """Return `talk(random, lost=0.2)`: a `Talk` whose events reach its processes."""
    events = []
    monkeypatch.setattr(broadcast, "publish", events.append)
    monkeypatch.setattr(batch, "ROOM_MENTION_INTERVAL", timedelta(0))
    return lambda random, **options: Talk(alice, random, events, **options)


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """Return `running("daphne")`: the scene on this server, which is started on first use."""
    scenes = {}

    def run(server):
        if server not in scenes:
            site = Site(
                tmp_path_factory.mktemp(server),
                DJANGO_SETTINGS_MODULE="tests.fuzz.settings",
                CHAT_INVITES_PER_DAY="0",
                CHAT_SEARCHES_PER_MINUTE="0",
                CHAT_SIGN_INS_PER_MINUTE="0",
                CHAT_WRONG_PASSWORDS="0",
                CHAT_WRONG_TOKENS_PER_MINUTE="0",
            )
            site.shell(SCENE)
            scenes[server] = Scene(site, site.start(server))
        return scenes[server]

    yield run
    for scene in scenes.values():
        scene.site.stop()


@pytest.fixture(scope="session")
def beside(running):
    """Return `beside("daphne")`: a client that stays in the hall."""
    with ExitStack() as stack:
        yield functools.cache(
            lambda server: stack.enter_context(Neighbour(running(server), running(server).sign_in("ada")))
        )


@pytest.fixture
def serve(running):
    """Return `serve("daphne")`: like `running`, and afterwards the server must still run without a traceback in its
    log."""
    used = []

    def use(server):
        used.append(running(server))
        return used[-1]

    yield use
    for scene in used:
        assert scene.new_trouble() == []
        assert answers(scene.port)
