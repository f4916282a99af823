"""A person's settings for notifications while they are away: by email and by push."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction

from chat.actions import notice_marks
from chat.errors import ActionError
from chat.models import Level, NotificationChannel, Person
from chat.models.notifications import ZONE_MAX_LENGTH
from chat.protocol import Code

Kind = NotificationChannel.Kind
MAX_AFTER_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The time of the day without notifications, in a time zone. It may go over midnight."""

    start: time
    end: time
    zone: str


def of(person: Person) -> dict[str, NotificationChannel]:
    """Return the person's channels by kind. A channel without a row has the defaults and no primary key."""
    stored = {it.kind: it for it in NotificationChannel.objects.filter(person=person)}
    return {kind: stored.get(kind) or _default(person, kind) for kind in Kind}


def quiet_hours(start: time | None, end: time | None, zone: str) -> QuietHours | None:
    """Return checked quiet hours, or None without times."""
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise ActionError(Code.BAD_FRAME, "Enter both times, or none.")
    if start == end:
        raise ActionError(Code.BAD_FRAME, "Enter two different times.")
    if len(zone) > ZONE_MAX_LENGTH or zone not in _zones():
        raise ActionError(Code.BAD_FRAME, "There is no such time zone. Enter one such as Europe/Oslo.")
    return QuietHours(start, end, zone)


def change(person: Person, *, mail: Mapping[str, Any], push: Mapping[str, Any]) -> None:
    """Change these fields of the person's channels. A channel without fields stays as it is."""
    with transaction.atomic():
        for kind, fields in ((Kind.MAIL, mail), (Kind.PUSH, push)):
            if fields:
                _save(person, kind, fields)


def quiet_fields(quiet: QuietHours | None) -> dict[str, Any]:
    """Return the fields of a channel with these quiet hours, or without."""
    if quiet is None:
        return {"quiet_from": None, "quiet_to": None, "zone": ""}
    return {"quiet_from": quiet.start, "quiet_to": quiet.end, "zone": quiet.zone}


def stop_mail(person: Person) -> None:
    """Turn off the emails about messages."""
    change(person, mail={"level": Level.NOTHING}, push={})


def _save(person: Person, kind: str, fields: Mapping[str, Any]) -> None:
    """Save the fields. A channel that was off begins with new messages, and one that is turned off is not due."""
    level = fields.get("level")
    if level not in (None, Level.NOTHING) and NotificationChannel.level_for(person.pk, kind) == Level.NOTHING:
        notice_marks.begin(person.pk, kind)
    nothing_due = {"due_at": None} if level == Level.NOTHING else {}
    changed = {**fields, **nothing_due}
    first = {"level": _default(person, kind).level, **changed}
    NotificationChannel.objects.update_or_create(person=person, kind=kind, defaults=changed, create_defaults=first)


def _default(person: Person, kind: str) -> NotificationChannel:
    level = NotificationChannel.LEVELS[Kind(kind)]
    return NotificationChannel(person=person, kind=kind, level=level)


@functools.cache  # it reads the folders of the time zone database
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
