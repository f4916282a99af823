"""The people of an archive: accounts that exist here, or new ones that nobody can use until they are taken over."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from chat.actions.imports import archive_files
from chat.actions.imports.names import FreeNames, usable
from chat.actions.imports.people import FORMS, forms_of
from chat.actions.imports.report import Imported, ImportReport
from chat.archives.records import Archive, PersonRecord
from chat.models import Block, ImportedItem, Person
from chat.models.people import COLORS
from chat.text.lookalikes import is_reserved, means_everyone

BATCH = 500
FALLBACK = "Imported person"

Forms = set[tuple[str, str]]


def add(archive: Archive, links: Mapping[UUID, Person], report: ImportReport) -> dict[UUID, Imported]:
    """Return the people of the archive as they are here. Those who are not yet get an account.

    It is that of `links`, or the one whose verified address is the person's. Else it is a new account without a
    password, which is not active. The owner of its address can take it over. An account without an address stays so.
    """
    found: dict[UUID, Imported] = {}
    names = FreeNames()
    stream = archive.people()
    while records := list(itertools.islice(stream, BATCH)):
        found |= _add(archive, records, links, names, report)
    return found


def finish(archive: Archive, people: Mapping[UUID, Imported]) -> None:
    """Add what refers to other people: blocks."""
    stream = archive.people()
    while records := list(itertools.islice(stream, BATCH)):
        with transaction.atomic():
            items = ImportedItem.objects.filter(pk__in=[it.id for it in records], done_at=None)
            unfinished = set(items.values_list("pk", flat=True))
            Block.objects.bulk_create(
                _blocks((it for it in records if it.id in unfinished), people), ignore_conflicts=True
            )
            items.update(done_at=timezone.now())


def _blocks(records: Iterable[PersonRecord], people: Mapping[UUID, Imported]) -> Iterator[Block]:
    for record in records:
        for blocked, at in record.blocked.items():
            if blocked in people and people[blocked].pk != people[record.id].pk:
                yield Block(person_id=people[record.id].pk, blocked_id=people[blocked].pk, created_at=at)


def _add(
    archive: Archive, records: list[PersonRecord], links: Mapping[UUID, Person], names: FreeNames, report: ImportReport
) -> dict[UUID, Imported]:
    ids = [it.id for it in records]
    rows = ImportedItem.objects.filter(pk__in=ids).exclude(person=None).values_list("pk", "person", "person__name")
    known = {pk: Imported(person_id, name) for pk, person_id, name in rows}
    new = {it.id: it for it in records if it.id not in known}
    report.people_known += len(known)
    avatars = {} if report.is_dry else {it.id: archive_files.stored_avatar(archive, it) for it in new.values()}
    with transaction.atomic():
        mine = _verified(new.values())
        found = {it.id: links.get(it.id) or mine.get(it.email.lower()) for it in new.values()}
        created = _created([it for it in new.values() if found[it.id] is None], names, report)
        accounts = {it: created.get(it) or found[it] for it in new}
        ImportedItem.objects.bulk_create(ImportedItem(pk=it, person=person) for it, person in accounts.items())
        for it, person in created.items():
            archive_files.set_avatar(person, avatars.get(it))
    report.people_found += len(new) - len(created)
    return known | {it: Imported(person.pk, person.name) for it, person in accounts.items() if person is not None}


def _verified(records: Iterable[PersonRecord]) -> dict[str, Person]:
    """Return the members whose verified address is that of a record, by the address. None if several have it."""
    emails = {it.email.lower() for it in records if it.email}
    rows = Person.objects.active().filter(is_guest=False, email_verified_at__isnull=False).annotate(low=Lower("email"))
    found: dict[str, list[Person]] = {}
    for person in rows.filter(low__in=emails) if emails else ():
        found.setdefault(person.email.lower(), []).append(person)
    return {email: people[0] for email, people in found.items() if len(people) == 1}


def _created(records: list[PersonRecord], names: FreeNames, report: ImportReport) -> dict[UUID, Person]:
    created = {it.id: _account(it) for it in records}
    wanted = {it.id: usable(it.name, FALLBACK) for it in records}
    taken = _taken(set(wanted.values()))
    for record in records:
        person = created[record.id]
        name = names.first(wanted[record.id], partial(_takes, person, taken))
        report.people_created += 1
        if name != record.name:
            report.renamed_people.append((record.name, name))
    Person.objects.bulk_create(created.values())
    return created


def _account(record: PersonRecord) -> Person:
    return Person(
        email="" if record.bot else _valid(record.email),
        password=make_password(None),
        is_active=False,
        is_guest=record.guest and not record.bot,
        is_bot=record.bot or None,
        date_joined=record.joined_at or timezone.now(),
        color=record.color if record.color in range(COLORS) else None,
        theme=record.theme,
        notify=record.notify,
    )


def _valid(email: str) -> str:
    """Return the address if it can be one. No one else takes the account over."""
    try:
        validate_email(email)
        Person._meta.get_field("email").run_validators(email)
    except ValidationError:
        return ""
    return email


def _taken(names: Iterable[str]) -> Forms:
    """Return the forms of the people here who have one of these names, or one that looks like it."""
    alike = models.Q(pk=None)
    for field, values in _by_field(names).items():
        alike |= models.Q(**{f"{field}__in": values})
    return {form for person in Person.objects.filter(alike) for form in forms_of(person)}


def _by_field(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {field: [] for field in FORMS}
    for name in names:
        person = Person()
        person.rename(name)
        for field, value in forms_of(person):
            found[field].append(value)
    return found


def _takes(person: Person, taken: Forms, name: str) -> bool:
    """Give the person the name if it is free. Return whether it was. A reserved one is for accounts of no one."""
    person.rename(name)
    forms = set(forms_of(person))
    if forms & taken or means_everyone(name) or (person.email and is_reserved(name)):
        return False
    if Person.objects.named_like(name).exists():
        return False
    taken |= forms
    return True
