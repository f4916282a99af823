"""Bulk import of people and memberships, with the same rules as for accounts made here."""

from collections.abc import Iterable
from typing import NamedTuple

from django.contrib.auth.hashers import make_password
from django.db import models, transaction

from chat import broadcast
from chat.actions import accounts
from chat.models import Membership, Person, Room
from chat.models.people import NAME_FIELDS
from chat.text.lookalikes import is_reserved

# Fields that are unique among people.
FORMS = [field for field in NAME_FIELDS if field not in ("name", "search_name")]


class MembershipImport(NamedTuple):
    """A membership to import, with its read position."""

    person: Person
    role: str = Membership.Role.MEMBER
    read_seq: int = 0


def import_people(people: Iterable[tuple[str, str]], password: str | None) -> list[Person]:
    """Create members from (name, email), all with one password, or with an unusable one. Return them in order.

    An existing person with the same name and email is returned unchanged. A name that is taken, reserved or looks like
    another's is left out.
    """
    encoded = make_password(password)
    members = [_member(name, email, encoded) for name, email in people if not is_reserved(name)]
    with transaction.atomic():
        alike = models.Q()
        for field in FORMS:
            alike |= models.Q(**{f"{field}__in": [getattr(member, field) for member in members]})
        known = {form: person for person in Person.objects.filter(alike) for form in forms_of(person)}
        found: list[Person] = []
        for member in members:
            person = next((known[form] for form in forms_of(member) if form in known), member)
            if person is member:
                known |= dict.fromkeys(forms_of(member), member)
            if person is member or (person.name, person.email) == (member.name, member.email):
                found.append(person)
        Person.objects.bulk_create([person for person in found if person.pk is None])
    return found


def import_memberships(room: Room, memberships: Iterable[MembershipImport]) -> None:
    """Add people to a room. Existing members keep their role, and their read position never moves back."""
    with transaction.atomic():
        present = {membership.person_id: membership for membership in Membership.objects.filter(room=room)}
        joined: list[Membership] = []
        for wanted in memberships:
            membership = present.get(wanted.person.pk)
            if membership is None:
                joined.append(Membership(room=room, person=wanted.person, role=wanted.role, read_seq=wanted.read_seq))
            else:
                membership.read_seq = max(membership.read_seq, wanted.read_seq)
        Membership.objects.bulk_update(present.values(), ["read_seq"], batch_size=100)
        Membership.objects.bulk_create(joined)
        moved = [(membership.person_id, room.pk) for membership in [*present.values(), *joined]]
        broadcast.publish_moved(memberships=moved)


def forms_of(person: Person) -> list[tuple[str, str]]:
    """Return the unique values of a person. Two people who share one are the same for the import."""
    return [(field, getattr(person, field)) for field in FORMS]


def _member(name: str, email: str, encoded_password: str) -> Person:
    person = Person(email=email, password=encoded_password)
    accounts.rename(person, name)
    return person
