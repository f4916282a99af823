"""Tokens with scopes at every operation of the API, and tokens that work in one room. tests/socket has the frames."""

from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from chat import protocol
from chat.api import description, operation
from chat.errors import NOT_IN_ROOM, NOT_IN_SCOPE
from chat.files import access
from chat.protocol import Scope
from tests.cast import say, uploaded
from tests.matrix import table
from tests.matrix.cast import PUBLIC, Scene, token_of
from tests.matrix.test_http import HEADERS

COLUMN = ("scope",)


def token(person, **limits):
    return {"Authorization": f"Bearer {token_of(person, **limits)}"}


def other_words(scope):
    return " ".join(it for it in Scope if it is not scope)


@pytest.fixture
def scene(db, settings):
    settings.CHAT_POSTS_PER_SECOND = 0
    return Scene()


def personal_operations():
    """Yield (path, method, handler) of each operation that needs authentication."""
    for path, pattern in description.routes():
        for method, handler in pattern.callback.handlers.items():
            if operation.of(handler).is_personal:
                yield path, method, handler


def ask(scene, path, method, slug, headers):
    """Return the answer to a request whose body is empty, so that it changes nothing unless it needs none."""
    here = path.format(**scene.places(slug))
    client = Client(raise_request_exception=False, headers=HEADERS | headers)
    return client.generic(method, here, b"", "application/json")


def refuses(answer, detail):
    return answer.status_code == 403 and detail.encode() in answer.content


def test_every_operation_takes_the_scope_of_the_table_and_no_other(scene):
    """Wrong and right tokens ask each. The right one is refused for other reasons, if at all."""
    found = {}
    stranger = scene.people["other"]
    for path, method, handler in personal_operations():
        scope = operation.of(handler).scope
        found[f"{method} {path}"] = {"scope": str(scope or "-")}
        wrong = token(stranger, scopes=other_words(scope))
        assert refuses(ask(scene, path, method, PUBLIC, wrong), NOT_IN_SCOPE), (method, path)
        if scope is not None:
            right = ask(scene, path, method, PUBLIC, token(stranger, scopes=scope))
            assert not refuses(right, NOT_IN_SCOPE), (method, path)
    assert table.compare(table.read("scopes.txt", COLUMN), found | frames()) > 70


def frames():
    return {f"frame {it.__struct_config__.tag}": {"scope": str(it.scope or "-")} for it in protocol.COMMANDS}


def test_a_token_of_one_room_finds_no_other_and_nothing_outside_rooms(scene):
    headers = token(scene.people["owner"], room=scene.rooms["ops"])
    for path, method, handler in personal_operations():
        answer = ask(scene, path, method, PUBLIC, headers)
        if "{slug}" in path:
            assert answer.status_code == 404, (method, path)
            assert ask(scene, path, method, "ops", headers).status_code != 404 or method != "GET", (method, path)
        elif operation.of(handler).scope is not Scope.FILES:
            assert refuses(answer, NOT_IN_ROOM), (method, path)


def test_a_token_ends_when_it_expires(scene):
    for age, status in ((-1, 200), (1, 401)):
        headers = token(scene.author, expires_at=timezone.now() - timedelta(minutes=age))
        assert Client().get("/api/rooms/", headers=headers).status_code == status


def test_a_token_reads_files_of_its_room_and_within_its_scope(bob, hall, ops):
    """Files are served outside Django's views."""
    file = uploaded(bob, name="map.png")
    say(bob, ops, files=[file])

    def finds(**limits):
        return access.find(RequestFactory().get("/", headers=token(bob, **limits)), file.key) is not None

    limits = [{}, {"room": ops}, {"scopes": "read"}, {"room": hall}, {"scopes": "post files"}]
    assert [finds(**it) for it in limits] == [True, True, True, False, False]
