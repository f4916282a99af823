"""Bringing in people from elsewhere and giving them their places, in bulk, under the rules they would meet here."""

from collections.abc import Iterable
from typing import NamedTuple

from django.contrib.auth.hashers import make_password
from django.db import models, transaction

from chat import broadcast
from chat.errors import ActionError
from chat.models import Membership, Person, Room
from chat.models.people import NAME_FIELDS
from chat.protocol import Code
from chat.text.lookalikes import is_reserved

# What no two people have in common.
FORMS = [field for field in NAME_FIELDS if field != "name"]


class MembershipImport(NamedTuple):
    """Somebody's place in a room, with how far they have read."""

    person: Person
    role: str = Membership.Role.MEMBER
    read_seq: int = 0


def import_people(people: Iterable[tuple[str, str]], password: str | None) -> list[Person]:
    """Members by (name, email), in order, with one password, or none that works. Somebody who has both already is taken
    as they are; a name that is taken otherwise, looks like one that is, or is reserved is left out."""
    encoded = make_password(password)
    members = [_member(name, email, encoded) for name, email in people if not is_reserved(name)]
    with transaction.atomic():
        alike = models.Q()
        for field in FORMS:
            alike |= models.Q(**{f"{field}__in": [getattr(member, field) for member in members]})
        known = {form: person for person in Person.objects.filter(alike) for form in _forms(person)}
        found: list[Person] = []
        for member in members:
            person = next((known[form] for form in _forms(member) if form in known), member)
            if person is member:
                known |= dict.fromkeys(_forms(member), member)
            if person is member or (person.name, person.email) == (member.name, member.email):
                found.append(person)
        Person.objects.bulk_create([person for person in found if person.pk is None])
    return found


def import_memberships(room: Room, seats: Iterable[MembershipImport]) -> None:
    """Give people their places in a room. Who has one keeps it and its role, and has read at least as far as before."""
    with transaction.atomic():
        present = {membership.person_id: membership for membership in Membership.objects.filter(room=room)}
        joined: list[Membership] = []
        for seat in seats:
            membership = present.get(seat.person.pk)
            if membership is None:
                joined.append(Membership(room=room, person=seat.person, role=seat.role, read_seq=seat.read_seq))
            else:
                membership.read_seq = max(membership.read_seq, seat.read_seq)
        Membership.objects.bulk_update(present.values(), ["read_seq"], batch_size=100)
        Membership.objects.bulk_create(joined)
        places = [(membership.person_id, room.pk) for membership in [*present.values(), *joined]]
        broadcast.publish_on_commit(broadcast.WORKERS_GROUP, broadcast.read_moved(places))


def _forms(person: Person) -> list[tuple[str, str]]:
    """By any of which this person is taken for another."""
    return [(field, getattr(person, field)) for field in FORMS]


def _member(name: str, email: str, encoded_password: str) -> Person:
    person = Person(email=email, password=encoded_password)
    try:
        person.rename(name)
    except ValueError as error:
        raise ActionError(Code.BAD_FRAME, str(error)) from error
    return person
