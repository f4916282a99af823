"""Entries of the audit log: actions of moderators, staff and commands."""

from chat.models import AuditEntry, Person, Room
from chat.models.memberships import REASON_MAX_LENGTH
from chat.text import cleaning

Action = AuditEntry.Action


def entry(
    actor: Person | None,
    action: Action,
    *,
    person: Person | None = None,
    room: Room | None = None,
    seq: int | None = None,
    count: int | None = None,
    reason: str = "",
    detail: str = "",
) -> AuditEntry:
    """Return an unsaved entry. Without an actor, a command of the site did it."""
    return AuditEntry(
        actor=actor.name if actor else "",
        actor_id=actor.pk if actor else None,
        action=action,
        person=person.name if person else "",
        person_id=person.pk if person else None,
        room=room.slug if room else "",
        seq=seq,
        count=count,
        reason=clean_reason(reason),
        detail=detail[:300],
    )


def record(actor: Person | None, action: Action, **details: object) -> None:
    """Save an entry, in the transaction of the change that it describes."""
    entry(actor, action, **details).save()  # type: ignore[arg-type]


def clean_reason(reason: str) -> str:
    return cleaning.clean_line(reason, REASON_MAX_LENGTH)
