"""The API for moderators: each URL acts for those with the permission, and refuses everyone else."""

from chat.actions import joining, sanctions
from chat.models import AuditEntry, Membership, Message, Room
from tests.api.client import assert_refused, post
from tests.cases import each
from tests.cast import say

HALL = "/api/rooms/hall"


def put(client, path, fields):
    return client.put(path, fields, content_type="application/json")


def membership_of(person):
    return Membership.objects.get(person=person, room__slug="hall")


def test_mute_ban_unmute_and_unban(program, mona, bob, hall):
    client, people = program(mona), f"{HALL}/people/{bob.pk}"
    muted = post(client, f"{people}/mute/", {"seconds": 3600, "reason": "Shouting"}).json()
    assert (muted["mute_reason"], muted["person"]["name"]) == ("Shouting", "bob")
    assert muted["muted_until"].endswith("Z")
    assert post(client, f"{people}/unmute/", {}).json()["muted_until"] is None
    assert post(client, f"{people}/mute/", {"seconds": None}).json()["muted_until"] == "9999-01-01T00:00:00.000Z"
    assert post(client, f"{people}/ban/", {"reason": "Enough"}).json()["ban_reason"] == "Enough"
    [banned] = client.get(f"{HALL}/people/?only=banned").json()["people"]
    assert (banned["person"]["id"], banned["banned"]) == (bob.pk, True)
    assert post(client, f"{people}/unban/", {}).json()["banned"] is False
    assert client.get(f"{HALL}/people/?only=banned").json() == {"people": [], "more": False}


def test_owner_appoints_a_moderator(program, alice, mona, bob, hall):
    assert put(program(alice), f"{HALL}/people/{bob.pk}/role/", {"role": "moderator"}).json()["role"] == "moderator"
    assert_refused(put(program(mona), f"{HALL}/people/{bob.pk}/role/", {"role": "member"}), 403, "forbidden")
    assert {it["person"]["name"] for it in program(bob).get(f"{HALL}/people/?only=moderators").json()["people"]} == {
        "alice",
        "mona",
        "bob",
    }


def test_messages_are_deleted_restored_and_cleaned_up(program, mona, bob, hall):
    client = program(mona)
    for n in range(3):
        say(bob, hall, str(n))
    assert post(client, f"{HALL}/messages/1/delete/", {"reason": "Rude"}).json() == {"messages": 1}
    assert post(client, f"{HALL}/messages/1/restore/", {}).json() == {"messages": 1}
    assert_refused(post(client, f"{HALL}/messages/9/delete/", {}), 404, "not_found")
    answer = post(client, f"{HALL}/people/{bob.pk}/clean-up/", {"newest": 2, "reason": "Spam"})
    assert answer.json() == {"messages": 2}
    assert Message.objects.filter(room=hall, deleted_at=None).get().seq == 1


def test_an_owner_archives_a_room_and_unarchives_it(program, alice, hall):
    assert put(program(alice), f"{HALL}/archived/", {"archived": True}).json()["archived"] is True
    assert_refused(put(program(alice), f"{HALL}/archived/", {"archived": True}), 409, "conflict")
    assert put(program(alice), f"{HALL}/archived/", {"archived": False}).json()["archived"] is False


def test_a_membership_in_a_private_room_is_closed(program, mona, bob, ops):
    assert post(program(mona), f"/api/rooms/ops/people/{bob.pk}/remove/", {}).json() == {"messages": 0}
    assert not Room.objects.visible_to(bob).filter(slug="ops").exists()


def test_people_are_listed_by_page(program, mona, alice, bob, hall):
    client = program(mona)
    first = client.get(f"{HALL}/people/?limit=2").json()
    assert first["more"] is True
    after = first["people"][-1]["person"]["id"]
    rest = client.get(f"{HALL}/people/?after={after}").json()
    assert [it["person"]["name"] for it in first["people"] + rest["people"]] == ["alice", "bob", "mona"]
    assert rest["more"] is False


def test_people_who_left_are_listed_only_while_they_are_muted_or_banned(program, mona, bob, ops):
    joining.leave(bob, ops)
    client, address = program(mona), "/api/rooms/ops/people/"
    assert [it["person"]["name"] for it in client.get(address).json()["people"]] == ["alice", "mona"]
    sanctions.ban(mona, ops, bob, reason="")
    assert [it["person"]["name"] for it in client.get(address).json()["people"]] == ["alice", "bob", "mona"]


ADDRESSES = [
    ("get", "people/", None),
    ("get", "reports/", None),
    ("post", "messages/1/delete/", {}),
    ("post", "messages/1/restore/", {}),
    ("post", "people/{bob}/mute/", {"seconds": 60}),
    ("post", "people/{bob}/unmute/", {}),
    ("post", "people/{bob}/ban/", {}),
    ("post", "people/{bob}/unban/", {}),
    ("post", "people/{bob}/remove/", {}),
    ("post", "people/{bob}/clean-up/", {"newest": 1}),
    ("put", "people/{bob}/role/", {"role": "moderator"}),
    ("put", "archived/", {"archived": True}),
    ("post", "reports/1/resolve/", {"outcome": "dismissed"}),
]


def test_moderation_api_refuses_people_without_the_permission(client, program, alice, bob, carol, gil, hall, ops):
    say(bob, hall)
    say(bob, ops)
    asking = {"member": program(bob), "guest": program(gil), "outsider": program(carol), "stranger": client}
    found = {}
    for who, asks in asking.items():
        for method, path, fields in ADDRESSES:
            for room in ("hall", "ops"):
                address = f"/api/rooms/{room}/{path.format(bob=bob.pk)}"
                answer = getattr(asks, method)(address, fields, content_type="application/json")
                found.setdefault((who, room), set()).add((answer.status_code, answer.json()["error"]["code"]))
    hidden, refused, unknown = {(404, "not_found")}, {(403, "forbidden")}, {(401, "signed_out")}
    assert found == {
        ("member", "hall"): refused,
        ("member", "ops"): refused,
        ("guest", "hall"): refused,
        ("guest", "ops"): hidden,
        ("outsider", "hall"): refused,
        ("outsider", "ops"): hidden,
        ("stranger", "hall"): unknown,
        ("stranger", "ops"): unknown,
    }
    assert not AuditEntry.objects.exists()


@each("fields", [{"seconds": 59}, {"seconds": 10**9}, {"seconds": "60"}, {"reason": "x" * 301}, {}])
def test_invalid_duration_does_not_mute(program, mona, bob, hall, fields):
    assert_refused(post(program(mona), f"{HALL}/people/{bob.pk}/mute/", fields), 400, "bad_frame")


def test_muting_a_stranger_does_not_reveal_their_name(program, mona, gil, hall):
    assert_refused(post(program(mona), f"{HALL}/people/{gil.pk}/mute/", {"seconds": 60}), 404, "not_found")
    say(gil, hall)
    assert post(program(mona), f"{HALL}/people/{gil.pk}/mute/", {"seconds": 60}).status_code == 200
