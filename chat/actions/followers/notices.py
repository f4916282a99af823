"""The follower that finds people to notify: it sets when an email or a push to them is due.

It decides nothing. `chat.actions.notices` looks again when something is due, and a person who has read everything
meanwhile gets nothing. So it must leave out no one, and may find too many.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from chat.actions.due_times import due_after_message
from chat.actions.followers import cursors
from chat.actions.followers.cursors import Change, Step
from chat.actions.mention_rows import ALERTS_FOR
from chat.db.compiled_queries import CompiledQuery, Param, ParamList
from chat.models import Level, Mention, Message, NotificationChannel, Person, Presence, Room

NAME = "notices"
PEOPLE_AT_ONCE = 1000
NOBODY = f"NOT EXISTS (SELECT 1 FROM {NotificationChannel._meta.db_table} WHERE level <> '{Level.NOTHING.value}')"  # noqa: S608


@dataclass(frozen=True, slots=True)
class DuePage:
    """Channels to make due, by time, for one step. `last` is None after the last page of people."""

    due: dict[datetime, list[int]]
    last: int | None

    @property
    def first_due(self) -> datetime | None:
        return min(self.due, default=None)


NO_ONE = DuePage({}, None)


def is_wanted() -> bool:
    """Return whether anyone has a channel that is on."""
    return NotificationChannel.objects.exclude(level=Level.NOTHING).exists()


def skip_if_unwanted() -> None:
    """Move the cursors to the heads if nobody has a channel that is on. A channel begins with new messages."""
    cursors.skip(NAME, NOBODY)


def plan(step: Step, now: datetime, after: int = 0) -> DuePage:
    """Return the channels that the changes make due, at most 1,000 with ids above `after`.

    Takes two queries, and one more for edits.
    """
    told = [change for change in step.changes if _may_notify(step, change)]
    if not told:
        return NO_ONE
    channels = _channels(step, told, after)
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
    """Return whether a new or edited message can notify anyone. Imported messages have no fingerprint."""
    if change.deleted_at is not None or change.author_id is None or not change.fingerprint:
        return False
    return step.is_new(change) or change.edited_at is not None


def _channels(step: Step, told: list[Change], after: int) -> "list[NotificationChannel]":
    """Return a page of the channels of the people whom the messages concern, with `is_present`."""
    new = [it.seq for it in told if step.is_new(it)]
    edited = [it.seq for it in told if not step.is_new(it)]
    people: set[int | None] = (
        {person_id for (person_id,) in _MENTIONED.rows(room=step.room_id, seqs=new)} if new else set()
    )
    people |= _mentioned_by_edits(step.room_id, edited) if edited else set()
    for_all = None in people or (bool(new) and step.is_direct)
    query = _of_room(for_all=for_all, wants_all=bool(new), limit=PEOPLE_AT_ONCE)
    return query.rows(room=step.room_id, people=people - {None}, after=after)


def _mentioned_by_edits(room_id: int, seqs: list[int]) -> set[int | None]:
    """Return the people whom edited messages mention. Only soon after it was posted, an edit alerts them."""
    soon = Message.objects.filter(room=room_id, seq__in=seqs, edited_at__lte=F("created_at") + ALERTS_FOR)
    rows = Mention.objects.filter(room=room_id, seq__in=soon.values("seq"))
    return set(rows.values_list("person_id", flat=True))


@cache
def _of_room(*, for_all: bool, wants_all: bool, limit: int) -> "CompiledQuery[NotificationChannel]":
    """Return the query of the channels of `people` in a room, and with `wants_all` those that want all of it."""
    return CompiledQuery(lambda: _rows(for_all=for_all, wants_all=wants_all)[:limit])


def _rows(*, for_all: bool, wants_all: bool) -> "QuerySet[NotificationChannel]":
    found = (
        NotificationChannel.objects.reachable()
        .filter(
            person__memberships__room=Param("room", Room._meta.pk),
            person__memberships__left_at=None,
            person__memberships__banned_at=None,
            pk__gt=Param("after", NotificationChannel._meta.pk),
        )
        .annotate(
            room_level=Coalesce("person__memberships__notify", F("person__notify")),
            is_present=Exists(Presence.objects.filter(person=OuterRef("person"))),
        )
        .exclude(room_level=Level.NOTHING)
        .order_by("pk")
    )
    if for_all:
        return found
    named = Q(person__in=ParamList("people", Person._meta.pk))
    return found.filter(named | Q(room_level=Level.ALL, level=Level.ALL) if wants_all else named)


_MENTIONED = CompiledQuery(
    lambda: Mention.objects.filter(
        room=Param("room", Room._meta.pk), seq__in=ParamList("seqs", Mention._meta.get_field("seq"))
    ).values_list("person_id")
)
