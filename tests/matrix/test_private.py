"""Every address about a private room or a direct conversation, for people who are in it in part or not at all."""

import pytest

from tests.matrix import table
from tests.matrix.cast import PRIVATE_ROLES, SECRETS, PrivateScene
from tests.matrix.test_http import FORMS, answers, asked, outcome


@pytest.fixture
def scene(db, settings):
    settings.CHAT_POSTS_PER_SECOND = settings.CHAT_SIGN_INS_PER_MINUTE = 0
    return PrivateScene()


def text_of(answer):
    return b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()


def concerns_rooms(name, method, address, pattern):
    """Return whether a request is about one room, or may list messages or rooms."""
    if "{}" in pattern or pattern.startswith("/admin/chat/message/"):
        return method != "POST" or pattern.startswith("/api/") or pattern in FORMS
    return method == "GET" and "%(" not in pattern and not pattern.startswith(("/accounts/", "/admin/", "/branding/"))


def test_people_outside_get_no_byte_of_a_private_room(scene):
    requests = [it for it in asked(scene) if concerns_rooms(*it)]
    found, told = {}, []
    for name, role, answer in answers(scene, PRIVATE_ROLES, requests):
        found.setdefault(name, {})[role] = outcome(answer)
        text = text_of(answer)
        told += [(name, role, it) for it, readers in SECRETS.items() if role not in readers and it in text]
    assert told == []
    assert table.compare(table.read("private.txt", PRIVATE_ROLES), found) > 500
