"""Permissions of moderators, owners and staff. All rules about ranks are here.

`Batch.may_delete`, `actions/removal.py` and `actions/sanctions.py` apply them.

The ranks are member, moderator, owner, staff with the permission to change messages, and superuser. People can sanction
only people of a lower rank, and never themselves. The same rule applies to deleting and restoring messages. No one
edits someone else's messages.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import Exists, OuterRef, Q, QuerySet

from chat.errors import NO_SUCH_ROOM, ActionError, Code
from chat.models import Membership, Message, Person, Presence, Room
from chat.models.rooms import RoomAccess
from chat.protocol import AccountKind

MODERATE = "chat.change_message"
ERASE = "chat.delete_message"


class Rank(IntEnum):
    MEMBER = 0
    MODERATOR = 1
    OWNER = 2
    STAFF = 3
    SUPERUSER = 4


BY_ROLE = {
    Membership.Role.MEMBER: Rank.MEMBER,
    Membership.Role.MODERATOR: Rank.MODERATOR,
    Membership.Role.OWNER: Rank.OWNER,
}
BY_RANK = {rank: role for role, rank in BY_ROLE.items()}


@dataclass(frozen=True, slots=True)
class Actor:
    """A person with their rank in a room."""

    person: Person
    rank: Rank

    @property
    def moderates(self) -> bool:
        """Return whether they see reports, and can delete, restore, mute, ban and remove people of a lower rank."""
        return self.rank >= Rank.MODERATOR

    @property
    def owns(self) -> bool:
        """Return whether they can change the room's settings and the roles of others."""
        return self.rank >= Rank.OWNER

    def can_sanction(self, other: "Actor") -> bool:
        """Return whether they can sanction `other`. People cannot sanction themselves, since the rank is the same."""
        return self.moderates and self.rank > other.rank

    def may_change_role(self, other: "Actor") -> bool:
        """Return whether they can give `other` any role, also that of an owner.

        No one can change the role of someone whose rank is the same or higher.
        """
        return self.owns and self.can_sanction(other)


def site_rank_of(person: Person) -> Rank:
    """Return the rank that someone has in every room, from staff status. Only for staff, permissions are queried."""
    if person.is_active and person.is_superuser:
        return Rank.SUPERUSER
    return Rank.STAFF if person.is_staff and person.has_perm(MODERATE) else Rank.MEMBER


def rank_in(room: Room, person: Person, membership: Membership | None) -> Rank:
    """Return someone's rank in a room, from their membership or staff status. In a direct conversation, it is the same
    for all.
    """
    if room.is_direct:
        return Rank.MEMBER
    return max(site_rank_of(person), BY_ROLE[Membership.Role(membership.role)] if membership else Rank.MEMBER)


def may_mention_room(room: Room, rank: Rank) -> bool:
    """Return whether someone of this rank may write `@room` and `@here`. For others, they are plain text."""
    return room.room_mentions == Room.RoomMentions.EVERYONE or rank >= Rank.MODERATOR


def may_post(room: Room, rank: Rank) -> bool:
    """Return whether someone of this rank may post and edit in a room. Reactions need no rank."""
    return room.posting == Room.WhoPosts.EVERYONE or rank >= Rank.MODERATOR


def may_invite(room: Room, person: Person, membership: Membership | None) -> bool:
    """Return whether someone may invite people to a room, and add them.

    These are its owners and moderators. In a public room, and in one that lets them, they are also its members. Guests
    cannot, because a name is enough to be one.
    """
    access = RoomAccess.of(room, membership)
    if access is None or room.is_direct or person.is_guest:
        return False
    members_may = room.members_invite or room.visibility == Room.Visibility.PUBLIC
    return (members_may and access.is_member) or rank_in(room, person, membership) >= Rank.MODERATOR


def may_create_bots(person: Person) -> bool:
    """Return whether someone may have bots that act on their behalf."""
    if not person.is_active or person.kind is not AccountKind.MEMBER or settings.CHAT_BOTS == "off":
        return False
    return settings.CHAT_BOTS == "members" or site_rank_of(person) >= Rank.STAFF


def may_invite_to_site(person: Person) -> bool:
    """Return whether someone may bring new people to the site."""
    if not person.is_active or person.kind is not AccountKind.MEMBER:
        return False
    return settings.CHAT_INVITES == "members" or site_rank_of(person) >= Rank.STAFF


def may_enter(room: Room, person: Person) -> bool:
    """Return whether someone with this kind of account can become a member. Guests can if the site lets them.

    A guest of a plain client never enters a private room, because anyone can use that name.
    """
    is_open = room.visibility == Room.Visibility.PUBLIC or not person.is_guest
    return is_open or (settings.CHAT_GUESTS_IN_PRIVATE and not person.is_plain)


def check_access(room: Room | None, membership: Membership | None) -> RoomAccess:
    """Return an active person's access to a room. Refuse if they are banned or the room does not exist for them."""
    if membership is not None and membership.banned_at is not None:
        raise ActionError(Code.FORBIDDEN, "You’ve been removed from this room.")
    access = RoomAccess.of(room, membership) if room is not None else None
    if access is None:
        raise ActionError(Code.NOT_FOUND, NO_SUCH_ROOM)
    return access


def powers(person: Person) -> set[str | int]:
    """Return the flags and permission ids that give someone rights on the whole site."""
    flags: set[str | int] = {name for name in ("is_staff", "is_superuser") if getattr(person, name)}
    return flags | set(Permission.objects.filter(Q(group__user=person) | Q(user=person)).values_list("pk", flat=True))


def actor_in(person: Person, room: Room) -> Actor:
    """Return the person with their rank in this room. One query, and for staff those of their permissions."""
    membership = Membership.objects.current().filter(person=person, room=room).first()
    return Actor(person, rank_in(room, person, membership))


def may_resolve_reports(person: Person, room: Room) -> bool:
    """Return whether someone may decide on the reports of a room: a moderator, or staff for a direct conversation."""
    return site_rank_of(person) >= Rank.STAFF if room.is_direct else actor_in(person, room).moderates


def not_below(actor: Actor, room: Room | None, among: Iterable[int]) -> set[int]:
    """Return the ids of those `among` these people whose rank is not below the actor's, the actor included.

    Without a room, only staff and superusers count, since they outrank every role in a room. At most two queries, and
    those of the permissions of staff among the people.
    """
    ids = set(among)
    found = ids & {actor.person.pk}
    roles = [role for role, rank in BY_ROLE.items() if rank >= actor.rank]
    if room is not None and roles:
        memberships = Membership.objects.current().filter(room=room, role__in=roles, person__in=ids)
        found |= set(memberships.values_list("person_id", flat=True))
    staff = Person.objects.filter(Q(is_staff=True) | Q(is_superuser=True), is_active=True, pk__in=ids)
    return found | {it.pk for it in staff if site_rank_of(it) >= max(actor.rank, Rank.STAFF)}


def not_below_in(actor: Actor, room: Room) -> set[int]:
    """Return the ids of the room's members whose rank is not below the actor's."""
    has_rank = ~Q(role=Membership.Role.MEMBER) | Q(person__is_staff=True) | Q(person__is_superuser=True)
    ids = Membership.objects.filter(has_rank | Q(person=actor.person), room=room).values_list("person_id", flat=True)
    return not_below(actor, room, ids)


def people_known_in(room: Room) -> QuerySet[Person]:
    """Return the people whom a moderator of the room can act on: members, authors, and people who are connected."""
    here = {"room": room, "person": OuterRef("pk")}
    wrote = Message.objects.filter(room=room, author=OuterRef("pk"))
    return Person.objects.filter(
        Exists(Membership.objects.filter(**here)) | Exists(Presence.objects.filter(**here)) | Exists(wrote)
    )
