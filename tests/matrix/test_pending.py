"""An account that waits for approval: its token is worth nothing, and no one can find it or bring it in anywhere."""

import json

import pytest
from django.test import Client

from chat.models import Membership, Mention, Room
from tests.cast import PASSWORD, say
from tests.matrix import table
from tests.matrix.cast import PUBLIC, Scene, token_of
from tests.matrix.test_http import asked, browser_of, outcome, send

NAME = "pending of all"
NO_ONE = 10**9
BODIES = {"/role/": {"role": "moderator"}, "/mute/": {"seconds": 600}, "/clean-up/": {"newest": 10}}


@pytest.fixture
def scene(db, settings):
    settings.CHAT_GUESTS, settings.CHAT_GUESTS_PER_MINUTE, settings.CHAT_INVITES_PER_DAY = True, 0, 0
    settings.CHAT_POSTS_PER_SECOND = settings.CHAT_WRONG_TOKENS_PER_MINUTE = settings.CHAT_SIGN_INS_PER_MINUTE = 0
    return Scene()


def test_its_token_is_worth_nothing(scene):
    program, found = Client(headers={"Authorization": f"Bearer {token_of(scene.people['pending'])}"}), {}
    for name, method, address, pattern in list(asked(scene)):
        if address.startswith("/api/"):
            found[name] = outcome(send(program, method, address, pattern))
            program.cookies.clear()
    expected = table.read("http.txt")
    assert len(found) > 80
    assert found == {name: expected[name]["stranger"] for name in found}


def test_its_password_signs_no_one_in(scene):
    fields = {"username": NAME, "password": PASSWORD}
    assert Client().post("/api/token/", fields, "application/json").status_code in (401, 403)
    browser = Client()
    assert browser.post("/accounts/login/", fields).status_code == 200
    assert "sessionid" not in browser.cookies


def about_people(scene):
    """Return (method, address with a place for an id) of each address that has a person in it."""
    found = {(method, pattern.format(PUBLIC)) for _, method, _, pattern in asked(scene) if "%(person_id)s" in pattern}
    assert len(found) >= 12
    return sorted(found)


def test_it_is_no_one_for_other_people(scene):
    """Ask for it by id at every address with a person. The answers are those for an id that no one has."""
    pending, told = scene.people["pending"], {}
    for role in ("guest", "member", "moderator", "owner", "staff"):
        browser = browser_of(scene, role)
        for method, address in about_people(scene):
            body = next((it for end, it in BODIES.items() if address.endswith(end)), {})
            found = [
                browser.generic(method, address % {"person_id": person_id}, json.dumps(body), "application/json")
                for person_id in (NO_ONE, pending.pk)
            ]
            if outcome(found[0]) != outcome(found[1]) or NAME in found[1].content.decode():
                told[role, method, address] = [it.status_code for it in found]
    assert told == {}


def test_it_is_not_found_by_its_name(scene):
    owner, pending = scene.people["owner"], scene.people["pending"]
    browser = Client()
    browser.force_login(owner)
    assert browser.get("/api/people/", {"q": "pending"}).json()["people"] == []
    asked_for = {
        f"/api/rooms/{PUBLIC}/people/": {"name": NAME},
        "/api/direct/": {"people": [pending.pk]},
    }
    for address, body in asked_for.items():
        assert browser.post(address, body, "application/json").status_code == 404, address
    say(owner, scene.rooms[PUBLIC], f"@{NAME} hello")
    assert not Mention.objects.filter(person=pending).exists()
    assert not Membership.objects.filter(person=pending).exists()
    assert not Room.objects.filter(visibility="direct").exists()
