"""Who may do what to whom when the house is kept in order: the one place that says it.

Staff who may change messages stand above everybody in every room they see; a superuser stands above staff. One imposes
something only on whom one stands above, and never on oneself. The same rank decides who deletes and restores whose
messages. Nobody edits what another person wrote.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from django.contrib.auth.models import Permission
from django.db.models import Exists, OuterRef, Q, QuerySet

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
class Actor:
    """What somebody is in a room."""

    person: Person
    rank: Rank

    @property
    def moderates(self) -> bool:
        """See reports, and act on those below: delete and restore what they wrote, mute, ban, close memberships."""
        return self.rank >= Rank.MODERATOR

    @property
    def owns(self) -> bool:
        """Name moderators, archive the room and open it again."""
        return self.rank >= Rank.OWNER

    def can_sanction(self, other: "Actor") -> bool:
        """Never on oneself: nobody stands above themselves."""
        return self.moderates and self.rank > other.rank

    def may_give(self, role: str, to: "Actor") -> bool:
        """An owner names moderators; staff name owners, too. Nobody makes an equal, and staff have no role to lose."""
        return self.owns and self.rank > BY_ROLE[Membership.Role(role)] and self.can_sanction(to)


def rank_of(person: Person, membership: Membership | None) -> Rank:
    """By their place in a room, or by what they are on the whole site. Asks for permissions only where staff is."""
    if person.is_active and person.is_superuser:
        return Rank.SUPERUSER
    if person.is_staff and person.has_perm(MODERATE):
        return Rank.STAFF
    return BY_ROLE[Membership.Role(membership.role)] if membership else Rank.MEMBER


def powers(person: Person) -> set[str | int]:
    """Return what somebody may do on the whole site, by flags and permissions: more of it is more power."""
    flags: set[str | int] = {name for name in ("is_staff", "is_superuser") if getattr(person, name)}
    return flags | set(Permission.objects.filter(Q(group__user=person) | Q(user=person)).values_list("pk", flat=True))


def actor_in(person: Person, room: Room) -> Actor:
    """What somebody is in this room. One query, and for staff those of their permissions."""
    membership = Membership.objects.filter(person=person, room=room, banned_at=None).first()
    return Actor(person, rank_of(person, membership))


def not_below(actor: Actor, room: Room | None, among: Iterable[int]) -> set[int]:
    """Return the ids of those among some people whom `actor` does not stand above, the actor included.

    Without a room only what people are on the whole site counts: staff stand above every place in a room. At most two
    queries, and those of the permissions of staff among the people.
    """
    ids = set(among)
    found = ids & {actor.person.pk}
    roles = [role for role, rank in BY_ROLE.items() if rank >= actor.rank]
    if room is not None and roles:
        seats = Membership.objects.filter(room=room, role__in=roles, banned_at=None, person__in=ids)
        found |= set(seats.values_list("person_id", flat=True))
    staff = Person.objects.filter(Q(is_staff=True) | Q(is_superuser=True), is_active=True, pk__in=ids)
    return found | {it.pk for it in staff if rank_of(it, None) >= max(actor.rank, Rank.STAFF)}


def not_below_in(actor: Actor, room: Room) -> set[int]:
    """Return the ids of everybody with a place in the room whom `actor` does not stand above."""
    has_rank = ~Q(role=Membership.Role.MEMBER) | Q(person__is_staff=True) | Q(person__is_superuser=True)
    ids = Membership.objects.filter(has_rank | Q(person=actor.person), room=room).values_list("person_id", flat=True)
    return not_below(actor, room, ids)


def people_known_in(room: Room) -> QuerySet[Person]:
    """Those a moderator of the room may name: who has a place in it, has written in it, or is in it now."""
    here = {"room": room, "person": OuterRef("pk")}
    wrote = Message.objects.filter(room=room, author=OuterRef("pk"))
    return Person.objects.filter(
        Exists(Membership.objects.filter(**here)) | Exists(Presence.objects.filter(**here)) | Exists(wrote)
    )
