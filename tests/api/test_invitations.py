"""The API of invitations, of adding people, and of requests to join."""

import pytest

from chat.actions import sanctions
from chat.models import Invitation, Membership
from tests.api.client import assert_refused, post
from tests.invitations.test_members import open_for_requests

ALL = "/api/invitations/"
PEOPLE = "/api/rooms/ops/people/"
REQUESTS = "/api/rooms/ops/requests/"


@pytest.fixture
def ops(ops):
    """Return the private room, in which only owners and moderators invite people."""
    ops.members_invite = False
    ops.save(update_fields=["members_invite"])
    return ops


@pytest.fixture
def made(program, alice, ops):
    """Return an invitation by alice as the API shows it."""
    answer = post(program(alice), ALL, {"room": "ops", "note": "the team"})
    assert answer.status_code == 201
    return answer.json()["invitation"]


def code_of(invitation):
    return invitation["url"].split("/")[-2]


def test_an_invitation_is_created_listed_used_and_revoked(program, alice, bob, carol, made):
    assert {**made, "id": 0, "url": "", "created_at": "", "expires_at": ""} == {
        "id": 0,
        "url": "",
        "room": {"slug": "ops", "name": "Ops"},
        "role": "member",
        "created_by": {"id": alice.pk, "name": "alice", "guest": False},
        "created_at": "",
        "expires_at": "",
        "uses": 0,
        "max_uses": 25,
        "note": "the team",
        "works": True,
    }
    hers, theirs = program(alice), program(carol)
    for address in (ALL, f"{ALL}?room=ops"):
        assert hers.get(address).json() == {"invitations": [made], "more": False}
    assert hers.get(f"{ALL}?before={made['id']}").json()["invitations"] == []
    assert theirs.get(ALL).json()["invitations"] == []
    assert_refused(theirs.get(f"{ALL}?room=ops"), 404, "not_found")
    for _ in range(2):
        room = post(theirs, f"{ALL}use/", {"code": code_of(made)}).json()["room"]
        assert (room["slug"], room["joined"]) == ("ops", True)
    assert Invitation.objects.get().uses == 1
    assert_refused(theirs.delete(f"{ALL}{made['id']}/"), 404, "not_found")
    assert hers.delete(f"{ALL}{made['id']}/").status_code == 204
    assert hers.get(ALL).json()["invitations"] == []
    assert_refused(post(program(bob), f"{ALL}use/", {"code": code_of(made)}), 410, "expired")


def test_invitations_that_are_refused(program, alice, bob, carol, ops, made):
    assert_refused(post(program(bob), ALL, {"room": "ops"}), 403, "forbidden")
    assert_refused(post(program(carol), ALL, {"room": "ops"}), 404, "not_found")
    for fields in ({"days": 0}, {"days": 91}, {"max_uses": 0}, {"role": "owner"}, {"note": "x" * 81}):
        assert_refused(post(program(alice), ALL, {"room": "ops", **fields}), 400, "bad_frame")
    assert_refused(post(program(carol), f"{ALL}use/", {"code": "1-1.x"}), 404, "not_found")
    sanctions.ban(alice, ops, bob, reason="no")
    assert_refused(post(program(bob), f"{ALL}use/", {"code": code_of(made)}), 404, "not_found")
    site = post(program(alice), ALL, {}).json()["invitation"]
    assert site["room"] is None
    assert_refused(post(program(carol), f"{ALL}use/", {"code": code_of(site)}), 409, "conflict")


def test_people_are_added_by_name_or_id(program, alice, bob, carol, ops):
    hers = program(alice)
    answer = post(hers, PEOPLE, {"name": "carol"})
    expected = {"person": {"id": carol.pk, "name": "carol", "guest": False}, "role": "member"}
    assert (answer.status_code, answer.json()) == (201, expected)
    assert_refused(post(hers, PEOPLE, {"person": carol.pk}), 409, "conflict")
    for fields in ({}, {"name": " "}):
        assert_refused(post(hers, PEOPLE, fields), 400, "empty")
    Membership.objects.filter(person=carol).delete()
    assert_refused(post(program(bob), PEOPLE, {"person": carol.pk}), 403, "forbidden")
    assert_refused(post(program(carol), PEOPLE, {"name": "carol"}), 404, "not_found")
    assert post(hers, PEOPLE, {"person": carol.pk}).status_code == 201


def test_a_request_is_made_listed_and_decided(program, alice, bob, carol, ops):
    hers, theirs = program(alice), program(carol)
    assert_refused(post(theirs, REQUESTS, {}), 404, "not_found")
    open_for_requests(ops)
    answers = [post(theirs, REQUESTS, {"note": "please"}) for _ in range(2)]
    assert [it.status_code for it in answers] == [201, 200]
    request = answers[0].json()
    assert request == answers[1].json()
    assert hers.get(REQUESTS).json() == {"requests": [request], "more": False}
    assert_refused(program(bob).get(REQUESTS), 403, "forbidden")
    assert_refused(theirs.get(REQUESTS), 404, "not_found")
    decision = {"path": f"{REQUESTS}{request['id']}/", "data": {"outcome": "accepted"}}
    assert_refused(program(bob).put(**decision, content_type="application/json"), 403, "forbidden")
    assert hers.put(**decision, content_type="application/json").status_code == 204
    assert theirs.get("/api/rooms/ops/").json()["room"]["joined"]
    assert_refused(hers.put(**decision, content_type="application/json"), 404, "not_found")


def test_a_request_is_withdrawn(program, carol, ops):
    open_for_requests(ops)
    client = program(carol)
    post(client, REQUESTS, {})
    assert client.delete(REQUESTS).status_code == 204
    assert_refused(client.delete(REQUESTS), 404, "not_found")
