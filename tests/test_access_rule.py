"""One access rule, in SQL and in Python: every path gives the same answer for every combination of its inputs."""

import itertools

from django.utils import timezone

from chat.actions.batch import Batch, Request
from chat.actions.messages import execute
from chat.auth import permissions
from chat.auth.authentication import Credential
from chat.delivery.admission import access
from chat.errors import ActionError
from chat.models import Membership, Message, Person, Room
from chat.models.rooms import RoomAccess
from chat.protocol import Code, Read
from tests.cast import say

STATES = ["none", "current", "left", "banned", "left and banned"]


def place(person: Person, room: Room, state: str, role: str, floor: int | None) -> Membership | None:
    Membership.objects.filter(person=person, room=room).delete()
    if state == "none":
        return None
    now = timezone.now()
    return Membership.objects.create(
        person=person,
        room=room,
        role=role,
        floor_seq=floor,
        left_at=now if "left" in state else None,
        banned_at=now if "banned" in state else None,
    )


def refusal_of(ask, *arguments) -> Code | None:
    try:
        ask(*arguments)
    except ActionError as refusal:
        return refusal.code
    return None


def test_every_path_applies_the_same_rule(alice, bob, hall):
    for number in range(3):
        say(alice, hall, f"message {number}")
    for combination in itertools.product(Room.Visibility, STATES, Membership.Role, (None, 0, 2), (True, False)):
        visibility, state, role, floor, is_active = combination
        direct_key = "1,2" if visibility == Room.Visibility.DIRECT else None
        Room.objects.filter(pk=hall.pk).update(visibility=visibility, direct_key=direct_key)
        hall.visibility, bob.is_active = visibility, is_active
        membership = place(bob, hall, state, role, floor)
        expected = RoomAccess.of(hall, membership)
        is_open = expected is not None and is_active

        assert Room.objects.visible_to(bob).filter(pk=hall.pk).exists() == is_open, combination
        assert (refusal_of(permissions.check_access, hall, membership) is None) == bool(expected), combination
        if not is_active:
            continue
        seqs = list(Message.objects.readable_by(bob.pk).filter(room=hall).values_list("seq", flat=True).order_by("seq"))
        assert seqs == ([seq for seq in (1, 2, 3) if seq > expected.floor_seq] if expected else []), combination
        without_access, statuses = access.room_statuses({(hall.pk, bob.pk)}, {bob.pk: bob})
        assert (bool(without_access), bool(statuses)) == (not is_open, is_open), combination
        [admission] = access.authorize([(bob, Credential(bob.pk, ""), hall.slug)])
        batch = Batch.load([request := Request(bob.pk, hall.pk, Read(seq=1))])
        refusal = refusal_of(batch.admit, request)
        assert getattr(admission, "code", None) == refusal, combination
        assert (refusal is None) == is_open, combination
        if refusal is not None:
            assert refusal == (Code.FORBIDDEN if "banned" in state else Code.NOT_FOUND), combination
        assert is_public(hall.slug) == (visibility == Room.Visibility.PUBLIC), combination


def is_public(slug: str) -> bool:
    try:
        access.check_public(slug)
    except access.AdmissionRefused:
        return False
    return True


def test_a_read_after_leaving_changes_nothing_and_a_post_joins_again(alice, bob, hall):
    say(alice, hall, "one")
    Membership.objects.filter(person=bob, room=hall).update(left_at=timezone.now(), read_seq=0)

    execute(Request(bob.pk, hall.pk, Read(seq=1)))
    membership = Membership.objects.get(person=bob, room=hall)
    assert (membership.left_at is not None, membership.read_seq) == (True, 0)
    say(bob, hall, "back")
    membership.refresh_from_db()
    assert (membership.left_at, membership.read_seq) == (None, 2)
