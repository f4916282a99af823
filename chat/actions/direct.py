"""Direct conversations: opening one with other people, closing it, and what an account's deletion does to it."""

import string
from collections.abc import Collection

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from chat import broadcast, direct_rooms, member_list
from chat.actions import blocks
from chat.actions.presence import check_generation
from chat.auth import permissions
from chat.errors import ActionError
from chat.models import Membership, Person, Room, RoomHead
from chat.protocol import Code
from chat.rate_limits import limits

# The stored name, which the admin shows. Everyone in the conversation sees the names of the others instead.
NAME = "Direct conversation"
SLUG_CHARACTERS = 12


def open_conversation(person: Person, others: Collection[int], network: str) -> tuple[Room, bool]:
    """Return the conversation of the person and these people, by id, and whether it is new. The same people, one room.

    It is listed for the person, and for the others as soon as it has a message. Without others it is for notes to
    oneself. `network` is that of the person's address, for the limits of new conversations.
    """
    if len(others) >= settings.CHAT_DIRECT_MAX:
        detail = f"A direct conversation can have at most {settings.CHAT_DIRECT_MAX} people. Create a private room."
        raise ActionError(Code.BAD_FRAME, detail)
    everyone = {person.pk, *others}
    key = direct_rooms.key_of(everyone)
    found = _existing(person, key)
    if found is not None and len(everyone) == 2:
        blocks.check(person, everyone - {person.pk})
    if found is None:
        _admit(person, everyone - {person.pk}, network)
        found = _create(person, everyone, key)
        if found is not None:
            return found, True
        found = _existing(person, key)  # someone else has just opened it
    if found is None:
        raise ActionError(Code.NOT_FOUND, blocks.NO_SUCH_PERSON)
    set_closed(person, found, False)
    return found, False


def set_closed(person: Person, room: Room, is_closed: bool) -> Membership:
    """Take a direct conversation out of the person's list until there is another message, or list it again.

    Its messages count as read then. Refuse any other room.
    """
    if not room.is_direct:
        raise ActionError(Code.CONFLICT, "Only direct conversations can be closed. You can leave this room instead.")
    with transaction.atomic():
        membership = Membership.objects.select_for_update(no_key=True).filter(person=person, room=room).first()
        permissions.check_access(room, membership)
        assert membership is not None
        head_seq = RoomHead.objects.values_list("seq", flat=True).get(pk=room.pk)
        before = (membership.closed_seq, membership.read_seq)
        membership.closed_seq = head_seq if is_closed else None
        membership.read_seq = max(membership.read_seq, head_seq) if is_closed else membership.read_seq
        if (membership.closed_seq, membership.read_seq) != before:
            membership.save(update_fields=["closed_seq", "read_seq"])
            read = [(person.pk, room.pk, membership.read_seq, False)]
            others = [it for it in direct_rooms.ids_in(room.direct_key or "") if it != person.pk]
            broadcast.publish_moved(read=read, memberships=[(person.pk, room.pk)], people=others)
    return membership


def end_conversations(person: Person) -> None:
    """Make the person's conversations of two read-only, and tell all their conversations that the name has changed.

    For an account that is being deleted, in its transaction and before its memberships are.
    """
    rooms = _direct_rooms_of(person)
    ended = [room_id for room_id, key in rooms if len(direct_rooms.ids_in(key)) <= 2]
    Room.objects.filter(pk__in=ended, archived_at=None).update(archived_at=timezone.now())
    broadcast.publish_moved(rooms=[room_id for room_id, _ in rooms])


def publish_name_of(person: Person) -> None:
    """Have the names of the person's conversations read again in every process."""
    broadcast.publish_moved(rooms=[room_id for room_id, _ in _direct_rooms_of(person)])


def _direct_rooms_of(person: Person) -> list[tuple[int, str]]:
    """Return the id and the key of each direct conversation of the person."""
    rooms = Room.objects.filter(direct_key__isnull=False, memberships__person=person)
    return [(room_id, key or "") for room_id, key in rooms.order_by("pk").values_list("pk", "direct_key")]


def _existing(person: Person, key: str) -> Room | None:
    return Room.objects.open_to(person.pk).filter(direct_key=key).first()


def _admit(person: Person, others: Collection[int], network: str) -> None:
    """Refuse a new conversation that the site, the people or the limits do not allow."""
    if not may_open(person):
        raise ActionError(Code.FORBIDDEN, "You can’t start direct conversations on this site.")
    check_generation(blocks.GENERATION)
    found = set(member_list.findable_by(person).filter(pk__in=others, is_plain=False).values_list("pk", flat=True))
    if found != set(others):
        raise ActionError(Code.NOT_FOUND, blocks.NO_SUCH_PERSON)
    blocks.check(person, others)  # only now, as it tells of a block
    is_first_contact = bool(found - _people_near(person, found))
    wait = limits.take_direct(person.pk, network, kind=person.kind, is_first_contact=is_first_contact)
    if wait:
        whom = " with people you share no room with" if is_first_contact else ""
        detail = f"Too many new conversations{whom}. Try again later."
        raise ActionError(Code.RATE_LIMITED, detail, retry_after=round(wait, 1))


def may_open(person: Person) -> bool:
    """Return whether this site lets `person` open direct conversations."""
    if settings.CHAT_DIRECT == "members":
        return not person.is_guest
    return settings.CHAT_DIRECT == "everyone" or (settings.CHAT_DIRECT == "staff" and person.is_staff)


def _people_near(person: Person, among: Collection[int]) -> set[int]:
    """Return those among these people who belong to a room of the person that is not a direct conversation."""
    own = Membership.objects.current().filter(person=person, room__direct_key=None).values("room")
    near = Membership.objects.current().filter(person__in=among, room__in=own)
    return set(near.values_list("person_id", flat=True))


def _create(person: Person, people: Collection[int], key: str) -> Room | None:
    """Create the conversation and all its memberships. Return None if it exists by now.

    The unique key decides between two requests. Nothing was written, so there is no history for `joining.admit`.
    """
    slug = f"d-{get_random_string(SLUG_CHARACTERS, string.ascii_lowercase + string.digits)}"
    room = Room(slug=slug, name=NAME, visibility=Room.Visibility.DIRECT, direct_key=key, created_by=person)
    room.compare_name()
    try:
        with transaction.atomic():
            room.save()
            RoomHead.objects.create(room=room)
            Membership.objects.bulk_create(
                Membership(room=room, person_id=it, added_by=person, closed_seq=None if it == person.pk else 0)
                for it in sorted(people)
            )
            broadcast.publish_moved(memberships=[(it, room.pk) for it in sorted(people)])
    except IntegrityError:
        return None
    return room
