"""The follower that finds people to notify: it sets when an email or a push to them is due.

It decides nothing. `chat.actions.notices` looks again when something is due, and a person who has read everything
meanwhile gets nothing. So it must leave out no one, and may find too many.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from chat.actions.due_times import due_after_message
from chat.actions.followers import cursors
from chat.actions.followers.cursors import Change, Step
from chat.actions.mention_rows import ALERTS_FOR
from chat.models import Level, Mention, NotificationChannel, Presence, Room

NAME = "notices"
PEOPLE_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class DuePage:
    """Channels to make due, by time, for one step. `last` is None after the last page of people."""

    due: dict[datetime, list[int]]
    last: int | None

    @property
    def first_due(self) -> datetime | None:
        return min(self.due, default=None)


NO_ONE = DuePage({}, None)


def plan(step: Step, now: datetime, after: int = 0) -> DuePage:
    """Return the channels that the changes make due, at most 1,000 with ids above `after`. Takes four queries."""
    told = [change for change in step.changes if _may_notify(step, change)]
    if not told:
        return NO_ONE
    channels = list(_channels(step, told).filter(pk__gt=after).order_by("pk")[:PEOPLE_AT_ONCE])
    due: dict[datetime, list[int]] = {}
    for channel in channels:
        is_present = channel.is_present  # type: ignore[attr-defined]
        due.setdefault(due_after_message(channel, now, is_present=is_present), []).append(channel.pk)
    return DuePage(due, channels[-1].pk if len(channels) == PEOPLE_AT_ONCE else None)


def write(step: Step, page: DuePage) -> None:
    """Make the channels due, and move the cursor after the last page. An earlier time of a channel stays."""
    if page.last is None:
        cursors.finish(step, _set_due, page)
    else:
        _set_due(page)


def _set_due(page: DuePage) -> None:
    for at, ids in page.due.items():
        later = NotificationChannel.objects.filter(Q(due_at=None) | Q(due_at__gt=at), pk__in=ids)
        later.update(due_at=at)


def _may_notify(step: Step, change: Change) -> bool:
    """Return whether a message can notify anyone: a new one, or one that was edited soon enough to mention someone."""
    if change.deleted_at is not None or change.author_id is None or not change.fingerprint:
        return False
    edited_soon = change.edited_at is not None and change.edited_at - change.created_at <= ALERTS_FOR
    return step.is_new(change) or edited_soon


def _channels(step: Step, told: list[Change]) -> "QuerySet[NotificationChannel]":
    """Return the channels of the people whom the messages concern, with `is_present`."""
    rows = Mention.objects.filter(room=step.room_id, seq__in=[it.seq for it in told])
    people = set(rows.values_list("person_id", flat=True))
    has_new = any(step.is_new(it) for it in told)
    is_for_all = None in people or (has_new and _is_direct(step.room_id))
    found = (
        NotificationChannel.objects.reachable()
        .filter(
            person__memberships__room=step.room_id,
            person__memberships__left_at=None,
            person__memberships__banned_at=None,
        )
        .annotate(
            room_level=Coalesce("person__memberships__notify", F("person__notify")),
            is_present=Exists(Presence.objects.filter(person=OuterRef("person"))),
        )
        .exclude(room_level=Level.NOTHING)
    )
    if is_for_all:
        return found
    named = Q(person__in=people - {None})
    return found.filter(named | Q(room_level=Level.ALL, level=Level.ALL) if has_new else named)


def _is_direct(room_id: int) -> bool:
    return Room.objects.filter(pk=room_id, visibility=Room.Visibility.DIRECT).exists()
