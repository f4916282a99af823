"""Members of a room in pages, and what people may see of each other."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from chat.db.compiled_queries import CompiledQuery, Param
from chat.models import Membership, Message, Person, Presence, Room
from chat.models.people import PersonQuerySet
from chat.text import cleaning
from chat.text.folding import unaccented

MAX_QUERY_CHARACTERS = 80
# The most rooms in common and the most owners that are listed.
ROOMS_LIMIT = 50
OWNERS_LIMIT = 20

_COUNT = CompiledQuery(
    lambda: (
        Membership.objects.current()
        .filter(room=Param("room", Room._meta.pk))
        .values("room")
        .annotate(members=Count("pk"))
        .values_list("room", "members")
    )
)


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Memberships with `person`, in the order of their names, and whether there are more after them."""

    memberships: list[Membership]
    more: bool


def page(room: Room, *, limit: int, after: int = 0, query: str = "") -> MemberPage:
    """Return at most `limit` members after the person with the id `after` whose names contain `query`.

    Takes one query. The caller has checked that the person may see the room.
    """
    found = Membership.objects.current().filter(room=room).select_related("person").order_by("person__handle")
    if after:
        # A name is unique in this form, so no one is skipped or repeated.
        found = found.filter(person__handle__gt=Person.objects.filter(pk=after).values("handle"))
    if words := cleaning.clean_line(query, MAX_QUERY_CHARACTERS):
        found = found.filter(Q(person__name__icontains=words) | Q(person__search_name__contains=unaccented(words)))
    rows = list(found[: limit + 1])
    return MemberPage(rows[:limit], len(rows) > limit)


def count(room: Room) -> int:
    """Return the number of members. Takes one compiled query."""
    return sum(members for _, members in _COUNT.rows(room=room.pk))


def owners(room: Room) -> list[Person]:
    """Return the first owners of a room by name. Takes one query."""
    rows = Membership.objects.current().filter(room=room, role=Membership.Role.OWNER)
    return [it.person for it in rows.select_related("person").order_by("person__handle")[:OWNERS_LIMIT]]


def person_seen_by(viewer: Person, person_id: int) -> Person:
    """Return a person of whom `viewer` may know. Takes one compiled query. Raises Person.DoesNotExist.

    These are people who belong to a room that the viewer may see, or are online there, or have written a message that
    the viewer may read, and the viewer. A deleted account is no one's.
    """
    found = _SEEN.rows(viewer=viewer.pk, person=person_id) if viewer.is_active else []
    if not found:
        raise Person.DoesNotExist
    return found[0]


def findable_by(viewer: Person) -> PersonQuerySet:
    """Return the people whom `viewer` can find by name: for a guest only those in a room with them, else all."""
    people = Person.objects.active()
    if not viewer.is_guest:
        return people
    rooms = Membership.objects.current().filter(person=viewer).values("room")
    near = Membership.objects.current().filter(room__in=rooms, person=OuterRef("pk"))
    return people.filter(Q(pk=viewer.pk) | Exists(near))


def people_page(viewer: Person, *, limit: int, after: int = 0, query: str = "") -> tuple[list[Person], bool]:
    """Return at most `limit` people by name whom `viewer` can find, and whether there are more. Takes one query.

    `after` and `query` are those of `page`. People who only use a plain client are left out. Anyone can take their
    names, so they have no conversations of their own.
    """
    found = findable_by(viewer).filter(is_plain=False).order_by("handle")
    if after:
        found = found.filter(handle__gt=Person.objects.filter(pk=after).values("handle"))
    if words := cleaning.clean_line(query, MAX_QUERY_CHARACTERS):
        found = found.filter(Q(name__icontains=words) | Q(search_name__contains=unaccented(words)))
    rows = list(found[: limit + 1])
    return rows[:limit], len(rows) > limit


def _seen(viewer: Param, person: Param) -> PersonQuerySet:
    is_visible = Exists(Room.objects.open_to(viewer).filter(pk=OuterRef("room")))
    member = Membership.objects.current().filter(is_visible, person=OuterRef("pk"))
    online = Presence.objects.filter(is_visible, person=OuterRef("pk"))
    wrote = Message.objects.readable_by(viewer).filter(author=OuterRef("pk"))
    known = Q(pk=viewer) | Exists(member) | Exists(online) | Exists(wrote)
    return Person.objects.active().filter(known, pk=person)


# Compiled, because building this query takes Django longer than everything else in the request.
_SEEN = CompiledQuery(lambda: _seen(Param("viewer", Person._meta.pk), Param("person", Person._meta.pk)))


def rooms_in_common(viewer: Person, person: Person) -> tuple[list[Room], bool]:
    """Return the first rooms by name to which both belong, and whether there are more. Takes one query."""
    both = [Membership.objects.current().filter(person=it).values("room") for it in (viewer, person)]
    rooms = Room.objects.visible_to(viewer).exclude(visibility=Room.Visibility.DIRECT)
    rows = list(rooms.filter(pk__in=both[0]).filter(pk__in=both[1]).order_by("name", "pk")[: ROOMS_LIMIT + 1])
    return rows[:ROOMS_LIMIT], len(rows) > ROOMS_LIMIT
