"""Reporting a message, and what moderators do about reports."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.actions import audit, removal, sanctions
from chat.actions.audit import Action, clean_reason
from chat.actions.removal import DELETE, BulkRequest
from chat.auth import permissions
from chat.errors import ActionError
from chat.models import Message, Person, Report, Room
from chat.models.moderation import QUOTE_MAX_LENGTH, ReportQuerySet
from chat.protocol import Code
from chat.rate_limits import limits

Outcome = Report.Outcome


@dataclass(frozen=True, slots=True)
class Resolution:
    """The decision on the reports of a message. A mute with a duration of None is permanent."""

    outcome: Outcome
    reason: str = ""
    duration: timedelta | None = None


def report(person: Person, room: Room, seq: int, reason: str) -> bool:
    """Report someone else's message to the room's moderators. Return whether this is the person's first report of it.

    Reports of direct conversations, where no one moderates, go to the site's staff, who see only the quoted message.
    Reporting it again changes nothing. The caller has checked that the person may see the room.
    """
    message = _message(person, room, seq)
    if message.author_id == person.pk:
        raise ActionError(Code.FORBIDDEN, "This is your own message. You can delete it.")
    reason = clean_reason(reason)
    if not reason:
        raise ActionError(Code.EMPTY, "Tell us briefly what’s wrong with this message.")
    if Report.objects.filter(message=message, reporter=person).exists():
        return False
    if wait := limits.reports(person.kind).take(person.pk):
        raise _too_many(wait)
    quote = message.body[:QUOTE_MAX_LENGTH]
    try:
        with transaction.atomic():
            Report.objects.create(room=room, message=message, reporter=person, reason=reason, quote=quote)
    except IntegrityError:  # a concurrent request has just added the same report
        return False
    return True


def check_rate(person: Person) -> None:
    """Refuse someone who has reported too often, before any query. This takes no token from the bucket."""
    if wait := limits.reports(person.kind).wait(person.pk):
        raise _too_many(wait)


def _too_many(wait: float) -> ActionError:
    return ActionError(Code.RATE_LIMITED, "Too many reports. Try again in a moment.", retry_after=wait)


def resolve(actor: Person, room: Room, report_id: int, resolution: Resolution) -> int:
    """Resolve a report and all other open reports of the same message. Return their number.

    Refuse an actor who does not moderate the room. A report of a message that the room hides from them does not exist.
    A mute or ban also needs a higher rank than the author's.
    """
    if not permissions.may_resolve_reports(actor, room):
        raise ActionError(Code.FORBIDDEN, "Only moderators of this room can do that.")
    with transaction.atomic():
        found = _known_to(actor, room).with_all().filter(pk=report_id).first()
        if found is None:
            raise ActionError(Code.NOT_FOUND, "There is no such report.")
        open_reports = Report.objects.open().filter(message=found.message)
        fields = {"resolved_at": timezone.now(), "resolved_by": actor.name, "outcome": resolution.outcome}
        resolved = open_reports.update(**fields)
        if not resolved:
            raise ActionError(Code.CONFLICT, f"This report was already handled by {found.resolved_by}.")
        _act(actor, room, found.message, resolution)
        about = {"person": found.message.author, "room": room, "seq": found.message.seq, "count": resolved}
        audit.record(actor, Action.RESOLVE, reason=resolution.reason, detail=Outcome(resolution.outcome).label, **about)
    return resolved


def _known_to(actor: Person, room: Room) -> ReportQuerySet:
    """Return the reports of a room that a moderator of it knows of. Staff see all of them in the admin."""
    if permissions.site_rank_of(actor) >= permissions.Rank.STAFF:
        return Report.objects.filter(room=room)
    return Report.objects.shown_to(actor.pk, room)


def _act(actor: Person, room: Room, message: Message, resolution: Resolution) -> None:
    author = message.author
    if resolution.outcome != Outcome.DISMISSED:
        removal.execute(DELETE, BulkRequest(actor, resolution.reason, room), [message.pk])
    if resolution.outcome in (Outcome.MUTED, Outcome.BANNED) and author is None:
        raise ActionError(Code.CONFLICT, "This is a system message. There is no one to mute or ban.")
    if author and resolution.outcome == Outcome.MUTED:
        sanctions.mute(actor, room, author, duration=resolution.duration, reason=resolution.reason)
    elif author and resolution.outcome == Outcome.BANNED:
        sanctions.ban(actor, room, author, reason=resolution.reason)


def _message(person: Person, room: Room, seq: int) -> Message:
    message = Message.objects.readable_by(person.pk).filter(room=room, seq=seq, deleted_at=None).first()
    if message is None:
        raise ActionError(Code.NOT_FOUND, "There is no such message.")
    return message
