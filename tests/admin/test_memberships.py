"""Memberships and roles that staff give in the admin obey the same rule of rank as everywhere else."""

import pytest
from django.contrib.auth.models import Permission

from chat.actions import administration, sanctions
from chat.errors import ActionError
from chat.models import AuditEntry, Membership, Person, Room
from chat.protocol import Code
from tests.cases import each
from tests.cast import PASSWORD, say

ADD = "/admin/chat/membership/add/"


@pytest.fixture
def chief(db):
    return Person.objects.create_superuser("chief", PASSWORD)


@pytest.fixture
def staff(db):
    """Return a function that creates staff with the named permissions."""

    def make(*codenames: str) -> Person:
        person = Person.objects.create_user("clerk", PASSWORD, is_staff=True)
        person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        return person

    return make


PLACES = ["add_membership", "change_membership", "view_membership", "view_person", "view_room"]
MODERATES = [*PLACES, "change_message"]


def give(browser, person, room, role):
    browser.post(ADD, {"person": person.pk, "room": room.pk, "role": role})
    membership = Membership.objects.filter(person=person, room=room).first()
    return membership and str(membership.role)


@pytest.mark.parametrize("role", ["member", "moderator", "owner"])
def test_the_permission_to_add_memberships_alone_opens_no_room(staff, carol, ops, signed_in, role):
    clerk = staff(*PLACES)
    for person in (clerk, carol):
        assert give(signed_in(clerk), person, ops, role) is None
    assert not AuditEntry.objects.exists()


def test_moderating_staff_can_add_themselves_as_members_and_it_is_audited(staff, ops, signed_in):
    clerk = staff(*MODERATES)
    assert give(signed_in(clerk), clerk, ops, "owner") is None
    assert give(signed_in(clerk), clerk, ops, "member") == "member"
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.person, entry.room) == ("clerk", "add_member", "clerk", "ops")


@pytest.mark.parametrize("role", ["member", "moderator", "owner"])
def test_moderating_staff_can_give_lower_roles(staff, carol, ops, signed_in, role):
    assert give(signed_in(staff(*MODERATES)), carol, ops, role) == role


def test_superuser_can_give_any_role(chief, ops, signed_in):
    assert give(signed_in(chief), chief, ops, "owner") == "owner"


@pytest.mark.parametrize(("permissions", "role"), [(PLACES, "member"), (MODERATES, "owner")])
def test_changing_a_role_takes_rank(staff, bob, hall, signed_in, permissions, role):
    membership = Membership.objects.get(person=bob, room=hall)
    signed_in(staff(*permissions)).post(f"/admin/chat/membership/{membership.pk}/change/", {"role": "owner"})
    membership.refresh_from_db()
    assert membership.role == role


def test_staff_do_not_make_themselves_owners_of_a_room_they_are_in(staff, hall, signed_in):
    clerk = staff(*MODERATES)
    say(clerk, hall)
    membership = Membership.objects.get(person=clerk, room=hall)
    signed_in(clerk).post(f"/admin/chat/membership/{membership.pk}/change/", {"role": "owner"})
    membership.refresh_from_db()
    assert membership.role == "member"


@pytest.mark.parametrize(("permissions", "visibility"), [([], "private"), (["change_message"], "public")])
def test_the_permission_to_change_rooms_alone_opens_no_room(staff, ops, signed_in, permissions, visibility):
    browser = signed_in(staff("change_room", "view_room", *permissions))
    form = {"name": "Ops", "topic": "", "visibility": "public"}
    assert "Confirm that." in browser.post(f"/admin/chat/room/{ops.pk}/change/", form).text
    assert Room.objects.get(pk=ops.pk).visibility == "private"
    browser.post(f"/admin/chat/room/{ops.pk}/change/", form | {"shows_messages": "on"})
    assert Room.objects.get(pk=ops.pk).visibility == visibility


# ---- Sanctions survive the end of a membership


@each("hours", [None, 1])
def test_a_mute_survives_closing_a_membership_and_giving_it_again(chief, alice, bob, ops, hours):
    duration = None if hours is None else sanctions.MAX_MUTE
    sanctions.mute(alice, ops, bob, duration=duration, reason="Loud")
    sanctions.close_membership(alice, ops, bob, reason="Out")
    assert ops not in Room.objects.visible_to(bob)
    with pytest.raises(ActionError):
        say(bob, ops)
    administration.add_member(bob, ops, by=chief)
    assert ops in Room.objects.visible_to(bob)
    with pytest.raises(ActionError) as refused:
        say(bob, ops)
    assert (refused.value.code, Membership.objects.get(person=bob, room=ops).mute_reason) == (Code.MUTED, "Loud")


def test_a_closed_membership_without_a_mute_leaves_nothing(chief, alice, bob, ops):
    sanctions.close_membership(alice, ops, bob)
    assert not Membership.objects.filter(person=bob, room=ops).exists()
    administration.add_member(bob, ops, "moderator", by=chief)
    assert say(bob, ops)


def test_a_role_does_not_survive_a_closed_membership(chief, alice, bob, ops):
    Membership.objects.filter(person=bob, room=ops).update(role="moderator")
    sanctions.mute(alice, ops, bob, duration=None, reason="Loud")
    sanctions.close_membership(alice, ops, bob)
    sanctions.unban(alice, ops, bob)
    membership = Membership.objects.get(person=bob, room=ops)
    assert (membership.role, membership.is_muted, membership.closed_at, membership.banned_at) == (
        "member",
        True,
        None,
        None,
    )


def test_adding_a_member_does_not_end_a_ban(chief, alice, bob, ops):
    sanctions.ban(alice, ops, bob, reason="Rude")
    with pytest.raises(ActionError) as refused:
        administration.add_member(bob, ops, by=chief)
    assert refused.value.code == Code.CONFLICT
    assert ops not in Room.objects.visible_to(bob)


def test_adding_a_removed_member_does_not_end_their_ban(chief, alice, bob, ops):
    sanctions.mute(alice, ops, bob, duration=None, reason="Loud")
    sanctions.close_membership(alice, ops, bob)
    sanctions.ban(alice, ops, bob, reason="Rude")
    with pytest.raises(ActionError):
        administration.add_member(bob, ops, by=chief)
    assert ops not in Room.objects.visible_to(bob)


def test_a_banned_person_cannot_be_given_a_role(chief, alice, bob, ops):
    sanctions.ban(alice, ops, bob, reason="Rude")
    with pytest.raises(ActionError):
        administration.change_role(Membership.objects.get(person=bob, room=ops), "owner", by=chief)
