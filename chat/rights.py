"""Who may do what to whom when the house is kept in order: the one place that says it.

Staff who may change messages stand above everybody in every room they see; a superuser stands above staff. One imposes
something only on whom one stands above, and never on oneself.
"""

from dataclasses import dataclass
from enum import IntEnum

from django.db.models import Exists, OuterRef, QuerySet

from chat.models import Membership, Message, Person, Presence, Room

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
class Standing:
    """What somebody is in a room."""

    person: Person
    rank: Rank

    @property
    def moderates(self) -> bool:
        """Delete what others wrote, restore it, see reports, mute, ban, and close memberships."""
        return self.rank >= Rank.MODERATOR

    @property
    def owns(self) -> bool:
        """Name moderators, archive the room and open it again."""
        return self.rank >= Rank.OWNER

    def may_impose_on(self, other: "Standing") -> bool:
        """Never on oneself: nobody stands above themselves."""
        return self.moderates and self.rank > other.rank

    def may_give(self, role: str, to: "Standing") -> bool:
        """An owner names moderators; staff name owners, too. Nobody makes an equal, and staff have no role to lose."""
        return self.owns and self.rank > BY_ROLE[Membership.Role(role)] and self.may_impose_on(to)


def rank_of(person: Person, membership: Membership | None) -> Rank:
    """By their place in a room, or by what they are on the whole site. Asks for permissions only where staff is."""
    if person.is_active and person.is_superuser:
        return Rank.SUPERUSER
    if person.is_staff and person.has_perm(MODERATE):
        return Rank.STAFF
    return BY_ROLE[Membership.Role(membership.role)] if membership else Rank.MEMBER


def standing(person: Person, room: Room) -> Standing:
    """What somebody is in this room. One query, and for staff those of their permissions."""
    membership = Membership.objects.filter(person=person, room=room, banned_at=None).first()
    return Standing(person, rank_of(person, membership))


def within_reach(room: Room) -> QuerySet[Person]:
    """Those a moderator of the room may name: who has a place in it, has written in it, or is in it now."""
    here = {"room": room, "person": OuterRef("pk")}
    wrote = Message.objects.filter(room=room, author=OuterRef("pk"))
    return Person.objects.filter(
        Exists(Membership.objects.filter(**here)) | Exists(Presence.objects.filter(**here)) | Exists(wrote)
    )
