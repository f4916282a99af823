"""People who were removed while they were muted, in a room that is made public, or private again."""

import pytest

from chat.actions import administration, room_settings, sanctions
from chat.delivery.admission import access
from chat.errors import ActionError
from chat.models import Membership, Room
from chat.protocol import Code
from tests.cast import say


@pytest.fixture
def closed(alice, bob, ops):
    """The private room, in which bob's membership was closed while he was muted."""
    say(alice, ops, "a needle")
    sanctions.mute(alice, ops, bob, duration=None, reason="Loud")
    sanctions.close_membership(alice, ops, bob, reason="Out")
    return ops


def show(room, visibility):
    room_settings.change_room(room, {"visibility": visibility})


def found_by(person, room, browser):
    """Return whether pages, sockets, search and lists show the room."""
    listed = browser.get("/api/rooms/").json()["rooms"]
    hits = browser.get("/api/search/", {"q": "needle"}).json()["hits"]
    return (
        browser.get(f"/rooms/{room.slug}/").status_code == 200,
        not access.room_statuses({(room.pk, person.pk)}, {person.pk: person})[0],
        room in Room.objects.visible_to(person),
        bool(hits),
        room.slug in {it["slug"] for it in listed},
    )


def test_a_closed_membership_does_not_exclude_from_a_room_made_public(closed, bob, signed_in):
    assert found_by(bob, closed, signed_in(bob)) == (False,) * 5
    show(closed, "public")
    assert found_by(bob, closed, signed_in(bob)) == (True,) * 5


def test_muted_person_rejoins_muted_with_nothing_unread(closed, bob):
    show(closed, "public")
    with pytest.raises(ActionError) as refused:
        say(bob, closed)
    assert refused.value.code == Code.MUTED
    assert Membership.objects.get(person=bob, room=closed).read_seq == 1


def test_a_room_made_private_again_excludes_them_again(closed, bob, signed_in):
    show(closed, "public")
    show(closed, "private")
    assert found_by(bob, closed, signed_in(bob)) == (False,) * 5


def test_making_a_room_private_leaves_its_members_in(alice, bob, hall):
    sanctions.mute(alice, hall, bob, duration=None, reason="Loud")
    show(hall, "private")
    assert hall in Room.objects.visible_to(bob)


def test_making_a_room_public_ends_no_ban(alice, bob, ops):
    sanctions.ban(alice, ops, bob, reason="Rude")
    show(ops, "public")
    assert ops not in Room.objects.visible_to(bob)


def test_a_ban_after_a_closed_membership_stays_in_a_public_room(closed, alice, bob):
    sanctions.ban(alice, closed, bob, reason="Rude")
    show(closed, "public")
    assert closed not in Room.objects.visible_to(bob)


@pytest.mark.parametrize("how", ["added", "named by an owner", "named by staff"])
def test_a_membership_given_while_the_room_was_public_stays(closed, alice, bob, how):
    show(closed, "public")
    if how == "added":
        administration.add_member(bob, closed)
    elif how == "named by an owner":
        sanctions.give_role(alice, closed, bob, "moderator")
    else:
        administration.change_role(Membership.objects.get(person=bob, room=closed), "moderator")
    show(closed, "private")
    assert closed in Room.objects.visible_to(bob)


def test_a_membership_is_closed_by_the_visibility_that_the_room_has(alice, bob, ops):
    """The room was read before it was made public."""
    as_it_was = Room.objects.get(pk=ops.pk)
    sanctions.mute(alice, ops, bob, duration=None, reason="Loud")
    show(ops, "public")
    with pytest.raises(ActionError) as refused:
        sanctions.close_membership(alice, as_it_was, bob)
    assert refused.value.code == Code.CONFLICT
    assert ops in Room.objects.visible_to(bob)
