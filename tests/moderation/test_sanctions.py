"""Mutes, bans, roles and memberships: the rank they need, the audit log, and the answers."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from chat.actions import sanctions
from chat.actions.accounts import sign_up
from chat.actions.imports.people import MembershipImport, import_memberships
from chat.actions.rooms import archive, create_room, unarchive
from chat.auth import permissions
from chat.errors import ActionError
from chat.models import AuditEntry, Membership, Room
from chat.models.memberships import PERMANENT
from chat.protocol import Code
from tests.cases import each
from tests.cast import PASSWORD, say

HOUR = timedelta(hours=1)
ACTIONS = {
    "mute": lambda actor, room, person: sanctions.mute(actor, room, person, duration=HOUR, reason="Shouting"),
    "ban": lambda actor, room, person: sanctions.ban(actor, room, person, reason="Shouting"),
    "remove": lambda actor, room, person: sanctions.close_membership(actor, room, person),
    "promote": lambda actor, room, person: sanctions.give_role(actor, room, person, Membership.Role.MODERATOR),
    "demote": lambda actor, room, person: sanctions.give_role(actor, room, person, Membership.Role.MEMBER),
    "make owner": lambda actor, room, person: sanctions.give_role(actor, room, person, Membership.Role.OWNER),
    "archive": lambda actor, room, person: archive(actor, room),
}
ACTORS = ("gil", "bob", "mona", "alice", "chief")
TARGETS = ("bob", "mona", "max", "alice", "olga", "chief")
# The targets that each actor may act on. No one acts on a person of the same rank.
BY_RANK = {"mona": {"bob"}, "alice": {"bob", "mona", "max"}, "chief": {"bob", "mona", "max", "alice", "olga"}}


def by_owners_and(*themselves):
    """Owners and staff give roles. These people may give themselves the role, which is not above their own."""
    given = {actor: BY_RANK[actor] for actor in ("alice", "chief")}
    return given | {actor: given.get(actor, set()) | {actor} for actor in themselves}


ALLOWED = {
    "mute": BY_RANK,
    "ban": BY_RANK,
    "remove": BY_RANK,
    "promote": by_owners_and("alice", "mona"),
    "demote": by_owners_and("alice", "mona", "bob", "chief"),
    "make owner": by_owners_and("alice"),
    "archive": {"alice": set(TARGETS), "chief": set(TARGETS)},
}


def membership_of(person, room):
    return Membership.objects.filter(person=person, room=room).first()


def refusal_of(action, *arguments, **options):
    with pytest.raises(ActionError) as refused:
        action(*arguments, **options)
    return refused.value


def outcome(action, actor, room, target):
    """Return whether the action was done, and roll it back."""
    try:
        with transaction.atomic():
            ACTIONS[action](actor, room, target)
            entries = AuditEntry.objects.count()
            transaction.set_rollback(True)
    except ActionError as refused:
        return refused if (refused.code, AuditEntry.objects.count()) != (Code.FORBIDDEN, 0) else False
    # Giving a role that the person already has writes no entry.
    assert entries == (0 if action in ROLE_GIVEN and membership_of(target, room).role == ROLE_GIVEN[action] else 1)
    return True


ROLE_GIVEN = {
    "promote": Membership.Role.MODERATOR,
    "demote": Membership.Role.MEMBER,
    "make owner": Membership.Role.OWNER,
}


def test_sanctions_need_a_higher_rank(mona, alice, bob, gil, chief, hall):
    max_, olga = sign_up("max", PASSWORD), sign_up("olga", PASSWORD)
    import_memberships(
        hall, [MembershipImport(max_, Membership.Role.MODERATOR), MembershipImport(olga, Membership.Role.OWNER)]
    )
    people = {"gil": gil, "bob": bob, "mona": mona, "max": max_, "alice": alice, "olga": olga, "chief": chief}
    Membership.objects.create(person=chief, room=hall)
    found = {
        action: {
            actor: done
            for actor in ACTORS
            if (done := {it for it in TARGETS if outcome(action, people[actor], hall, people[it])})
        }
        for action in ACTIONS
    }
    assert found == ALLOWED


def test_a_moderator_of_another_room_has_no_rank_here(mona, bob, alice):
    attic = create_room(alice, "Attic")
    Membership.objects.create(person=bob, room=attic)
    assert refusal_of(sanctions.ban, mona, attic, bob, reason="").code == Code.FORBIDDEN


def test_staff_without_the_permission_have_the_rights_of_members(bob, hall):
    bob.is_staff = True
    bob.save()
    assert permissions.actor_in(bob, hall).rank == permissions.Rank.MEMBER


def test_refusal_of_a_muted_person_has_reason_and_end(mona, bob, hall):
    sanctions.mute(mona, hall, bob, duration=HOUR, reason="Shouting")
    refusal = refusal_of(say, bob, hall)
    assert refusal.code == Code.MUTED
    assert (
        str(refusal)
        == f"A moderator has muted you until {membership_of(bob, hall).muted_until:%Y-%m-%d %H:%M} UTC: Shouting"
    )
    assert 3590 < refusal.retry_after <= 3600


def test_a_permanent_mute_names_no_end(mona, bob, hall):
    sanctions.mute(mona, hall, bob, duration=None, reason="")
    refusal = refusal_of(say, bob, hall)
    assert (refusal.retry_after, str(refusal)) == (None, "A moderator has muted you.")
    assert membership_of(bob, hall).muted_until == PERMANENT


def test_an_unmuted_person_can_post_again(mona, bob, hall):
    sanctions.mute(mona, hall, bob, duration=HOUR, reason="Shouting")
    sanctions.unmute(mona, hall, bob)
    assert say(bob, hall).seq == 1
    assert refusal_of(sanctions.unmute, mona, hall, bob).code == Code.CONFLICT


def test_expired_mute_has_no_effect(mona, bob, hall):
    Membership.objects.filter(person=bob).update(muted_until=timezone.now())
    assert refusal_of(sanctions.unmute, mona, hall, bob).code == Code.CONFLICT
    assert say(bob, hall).seq == 1


@each("duration", [timedelta(0), -HOUR, timedelta(days=366)])
def test_duration_of_a_mute_is_validated(mona, bob, hall, duration):
    assert refusal_of(sanctions.mute, mona, hall, bob, duration=duration, reason="").code == Code.BAD_FRAME


def test_banned_person_loses_room_and_role_until_unbanned(alice, mona, hall):
    sanctions.ban(alice, hall, mona, reason="Enough")
    assert not Room.objects.visible_to(mona).filter(pk=hall.pk).exists()
    assert permissions.actor_in(mona, hall).rank == permissions.Rank.MEMBER
    sanctions.unban(alice, hall, mona)
    assert Room.objects.visible_to(mona).filter(pk=hall.pk).exists()
    assert membership_of(mona, hall).role == Membership.Role.MEMBER


def test_a_deactivated_person_sees_no_room_anywhere(bob, hall, ops):
    assert set(Room.objects.visible_to(bob)) >= {hall, ops}
    assert Room.seen_by(bob, ops.slug) == ops
    bob.is_active = False
    assert not Room.objects.visible_to(bob).exists()
    with pytest.raises(Room.DoesNotExist):
        Room.seen_by(bob, ops.slug)


def test_stranger_to_a_public_room_can_be_banned(mona, carol, hall):
    sanctions.ban(mona, hall, carol, reason="")
    assert not Room.objects.visible_to(carol).filter(pk=hall.pk).exists()


def test_mute_gives_no_access_to_a_private_room(mona, carol, ops):
    assert refusal_of(sanctions.mute, mona, ops, carol, duration=HOUR, reason="").code == Code.NOT_FOUND
    assert membership_of(carol, ops) is None


def test_ending_a_membership_does_not_end_a_mute_or_a_ban(mona, bob, hall):
    sanctions.mute(mona, hall, bob, duration=HOUR, reason="")
    assert refusal_of(sanctions.close_membership, mona, hall, bob).code == Code.CONFLICT
    sanctions.ban(mona, hall, bob, reason="")
    assert refusal_of(sanctions.close_membership, mona, hall, bob).code == Code.CONFLICT


def test_sanctions_are_audited_and_broadcast(mona, bob, hall, published):
    sanctions.mute(mona, hall, bob, duration=None, reason=" Shouting\x00 ")
    [entry] = AuditEntry.objects.all()
    assert (entry.actor, entry.action, entry.person, entry.room) == ("mona", "mute", "bob", "hall")
    assert (entry.reason, entry.detail) == ("Shouting", "permanently")
    assert {event["type"] for event in published} == {"worker.access", "worker.moved", "worker.read"}


def test_an_archived_room_is_read_and_not_written_to(alice, bob, hall):
    say(bob, hall)
    archive(alice, hall, reason="Done")
    assert refusal_of(say, bob, hall).code == Code.ARCHIVED
    assert refusal_of(archive, alice, hall).code == Code.CONFLICT
    unarchive(alice, hall)
    assert say(bob, hall).seq == 4  # after two notes of the site


# ---- The audit log


def test_the_audit_log_cannot_be_edited(mona, bob, hall):
    sanctions.ban(mona, hall, bob, reason="True")
    entry = AuditEntry.objects.get()
    entry.reason = "False"
    attempts = [
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(reason="False"),
        lambda: AuditEntry.objects.bulk_update([entry], ["reason"]),
        lambda: AuditEntry.objects.update_or_create({"reason": "False"}, pk=entry.pk),
        lambda: AuditEntry(pk=entry.pk, reason="False").save(),
    ]
    for attempt in attempts:
        with pytest.raises(TypeError, match="Audit entries"):
            attempt()
    assert AuditEntry.objects.get().reason == "True"


def test_the_audit_log_outlives_the_people_in_it(mona, bob, hall):
    sanctions.ban(mona, hall, bob, reason="")
    bob.delete()
    assert AuditEntry.objects.get().person == "bob"
