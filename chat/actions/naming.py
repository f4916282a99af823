"""Refreshing the forms by which names are compared, and finding names that look alike."""

from typing import NamedTuple

from django.db import transaction

from chat.models import Person, Room
from chat.models.names import FORM_FIELDS, NamedQuerySet
from chat.text.lookalikes import skeletons

BATCH = 500


class LookalikeName(NamedTuple):
    """A person or room whose name looks like that of an earlier one."""

    later: Person | Room
    first: Person | Room


def refresh_forms() -> list[LookalikeName]:
    """Set the forms of all names by the current rules, and return the names that look alike, people before rooms.

    A worker of an older release writes forms by older rules. If two rows have the same form, the later one stores null.
    No name changes.
    """
    with transaction.atomic():
        return _refresh(Person.objects.all()) + _refresh(Room.objects.filter(visibility=Room.Visibility.PUBLIC))


def _refresh(named: NamedQuerySet) -> list[LookalikeName]:
    first: dict[tuple[str, str], Person | Room] = {}
    lookalikes: list[LookalikeName] = []
    stale: list[Person | Room] = []
    for row in named.order_by("pk").only("pk", "name", *FORM_FIELDS).iterator(BATCH):
        forms = skeletons(row.name)
        holders = [first.setdefault(key, row) for key in zip(FORM_FIELDS, forms, strict=True)]
        others = [holder for holder in holders if holder is not row]
        if others:
            lookalikes.append(LookalikeName(row, others[0]))
        own = [form if holder is row else None for form, holder in zip(forms, holders, strict=True)]
        if list(row.forms) != own:
            row.forms = (own[0], own[1], own[2])
            stale.append(row)
    # Clear the old forms first, since a new form of one row may equal an old form of another.
    for start in range(0, len(stale), BATCH):
        named.filter(pk__in=[row.pk for row in stale[start : start + BATCH]]).update(**dict.fromkeys(FORM_FIELDS))
    named.bulk_update(stale, FORM_FIELDS, batch_size=BATCH)
    return lookalikes
