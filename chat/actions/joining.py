"""Joining, leaving and starring rooms: what people do with their own memberships."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from chat import broadcast
from chat.actions import webhook_deliveries
from chat.auth import permissions
from chat.errors import NO_SUCH_ROOM, ActionError
from chat.models import Invitation, Membership, Person, Room, RoomHead
from chat.protocol import Code

ARCHIVED = "This room is archived. You can read it without joining."
DIRECT = "You can’t leave a direct conversation. You can close it."
ONLY_OWNER = "You’re the only owner of this room. Make another member an owner first."


def join(person: Person, room: Room) -> Membership:
    """Make the person a member. Earlier messages do not count as unread. Joining again changes nothing."""

    def change(membership: Membership) -> None:
        if membership.pk is not None and membership.left_at is None:
            return
        if room.is_archived:
            raise ActionError(Code.ARCHIVED, ARCHIVED)
        admit(membership)
        _publish(membership)

    with transaction.atomic():
        return _changed(person, locked_room(room), change)


def admit(
    membership: Membership,
    *,
    role: str = Membership.Role.MEMBER,
    by: Person | None = None,
    invitation: Invitation | None = None,
) -> None:
    """Save a new or closed membership as one that begins now. Every way into a room ends here.

    Earlier messages do not count as unread, and no email or push tells of them. In a private room that shows its
    history only from the joining on, they do not exist for the person. The caller has locked the row, checked that the
    person may join, and publishes the change.
    """
    room = membership.room
    head = RoomHead.objects.values_list("seq", flat=True).get(pk=room.pk)
    is_hidden = room.visibility != Room.Visibility.PUBLIC and room.history == Room.History.JOINED
    membership.role, membership.joined_at = Membership.Role(role), timezone.now()
    membership.read_seq, membership.floor_seq = head, head if is_hidden else None
    membership.mailed_seq = membership.pushed_seq = head
    membership.left_at = membership.closed_at = membership.banned_at = None
    membership.ban_reason, membership.added_by, membership.invitation = "", by, invitation
    membership.save()
    webhook_deliveries.add_member(membership.person, room, "joined")


def leave(person: Person, room: Room) -> None:
    """End the person's membership. Leaving again changes nothing.

    Notification level and mute stay, for when the person joins again. Someone who leaves a private room has no access
    until they are invited again. Refuse the only owner of a room that is not archived.
    """

    def change(membership: Membership) -> None:
        if membership.pk is None or membership.left_at is not None:
            return
        if room.is_direct:
            raise ActionError(Code.CONFLICT, DIRECT)
        if not room.is_archived:
            check_other_owner(membership)
        membership.left_at, membership.starred_at = timezone.now(), None
        membership.role = Membership.Role.MEMBER
        membership.save(update_fields=["left_at", "starred_at", "role"])
        webhook_deliveries.add_member(person, room, "left")
        _publish(membership)

    with transaction.atomic():
        locked_room(room)
        _changed(person, room, change)


def locked_room(room: Room) -> Room:
    """Lock the room in the transaction, before any membership, and return it as it is now. Refuse a deleted room.

    So two owners do not stop being one at once, and no one joins a room that has just become private.
    """
    found = Room.objects.select_for_update(no_key=True).filter(pk=room.pk).first()
    if found is None:
        raise ActionError(Code.NOT_FOUND, NO_SUCH_ROOM)
    return found


def check_other_owner(membership: Membership) -> None:
    """Refuse to take the role from the only owner of a room."""
    owners = Membership.objects.current().filter(room=membership.room_id, role=Membership.Role.OWNER)
    if membership.role == Membership.Role.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise ActionError(Code.CONFLICT, ONLY_OWNER)


def star(person: Person, room: Room, on: bool) -> Membership:
    """List the room first, or no longer. Refuse someone who is not a member."""

    def change(membership: Membership) -> None:
        if membership.pk is None or membership.left_at is not None:
            raise ActionError(Code.CONFLICT, "Join the room before you star it.")
        if on != (membership.starred_at is not None):
            membership.starred_at = timezone.now() if on else None
            membership.save(update_fields=["starred_at"])
            _publish(membership)

    return _changed(person, room, change)


def join_default_rooms(person: Person) -> None:
    """Make a new account a member of the rooms that the site has chosen for newcomers. Takes two statements.

    The rooms are locked, so that no one joins one that has just become private. An account from an archive has
    memberships already, and perhaps a ban.
    """
    locked = Room.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    wanted = locked.public().with_head().filter(is_default=True, archived_at=None)
    rooms = wanted.exclude(memberships__person=person)
    Membership.objects.bulk_create([Membership(person=person, room=room, read_seq=room.head.seq) for room in rooms])


def _changed(person: Person, room: Room, change: Callable[[Membership], None]) -> Membership:
    """Lock the person's membership, check their access, and apply `change`. A missing membership is a new one."""
    with transaction.atomic():
        found = Membership.objects.select_for_update(no_key=True).filter(person=person, room=room).first()
        permissions.check_access(room, found)
        membership = found or Membership(person=person, room=room)
        change(membership)
    return membership


def _publish(membership: Membership) -> None:
    pair = (membership.person_id, membership.room_id)
    broadcast.publish_moved(memberships=[pair])
    broadcast.publish(broadcast.access_moved(memberships=[pair]))
