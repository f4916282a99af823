"""The decision whom to notify by email and push. What is due is looked at again, and sent by tasks if still unread.

The marks `mailed_seq` and `pushed_seq` move in the transaction that enqueues the tasks, so nothing is enqueued twice.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from chat.actions import notice_marks
from chat.actions.due_times import ready_at
from chat.actions.jobs.backend import enqueue_with_commit
from chat.actions.tasks.mail import mail_missed
from chat.actions.tasks.push import push_missed
from chat.missed import MissedRoom, missed, places
from chat.models import Membership, NotificationChannel, PushSubscription

# The most that one look takes. The next one follows at once.
DUE_AT_ONCE = 100
# After a failure, the channel is due again.
AFTER_FAILURE = timedelta(hours=1)
Kind = NotificationChannel.Kind


def next_due() -> list[tuple[int, datetime]]:
    """Return the ids of channels and when they are due, the first ones first. Takes one query."""
    rows = NotificationChannel.objects.exclude(due_at=None).order_by("due_at", "pk").values_list("pk", "due_at")
    return [(pk, at) for pk, at in rows[:DUE_AT_ONCE] if at is not None]


def decide(channel_id: int, now: datetime) -> None:
    """Enqueue what a person has missed, if their channel is due, and record that they are told. One transaction.

    If it is due too early, after the last email or in quiet hours, it is due later.
    """
    with transaction.atomic():
        locked = NotificationChannel.objects.select_for_update(of=("self",), no_key=True)
        channel = locked.select_related("person").filter(pk=channel_id, due_at__lte=now).first()
        if channel is None:
            return
        if channel.kind == Kind.MAIL:
            _note_reading(channel)
        at = ready_at(channel, now)
        channel.due_at = at if at > now else None
        if channel.due_at is None and (rooms := _missed(channel)):
            _tell(channel, rooms)
            channel.last_sent_at = now
        channel.save(update_fields=["due_at", "last_sent_at", "unread_mails", "unread_rooms"])


def postpone(channel_id: int, now: datetime) -> None:
    """Make a channel due later, because the decision failed."""
    NotificationChannel.objects.filter(pk=channel_id).update(due_at=now + AFTER_FAILURE)


def _missed(channel: NotificationChannel) -> list[MissedRoom]:
    if not NotificationChannel.objects.reachable().filter(pk=channel.pk).exists():
        return []
    return missed(channel.person, places(channel.person, channel.kind), channel.kind, limit=1)


def _tell(channel: NotificationChannel, rooms: list[MissedRoom]) -> None:
    """Move the marks of the rooms to their last missed message, and enqueue the tasks that send."""
    notice_marks.move(channel.person_id, channel.kind, {it.room.pk: it.last_seq for it in rooms})
    if channel.kind == Kind.MAIL:
        channel.unread_mails = min(channel.unread_mails + 1, 100)
        channel.unread_rooms = _mailed_and_unread(channel).count()
        enqueue_with_commit(mail_missed, channel.person_id, [_place(it) for it in rooms])
        return
    for subscription_id in PushSubscription.objects.filter(person=channel.person_id).values_list("pk", flat=True):
        for room in rooms:
            enqueue_with_commit(push_missed, subscription_id, *_place(room))


def _place(missed_room: MissedRoom) -> list[int]:
    return [missed_room.room.pk, missed_room.after_seq, missed_room.last_seq]


def _note_reading(channel: NotificationChannel) -> None:
    """Let emails come more often again if something was read since the last one."""
    if channel.unread_mails and _mailed_and_unread(channel).count() < channel.unread_rooms:
        channel.unread_mails = 0


def _mailed_and_unread(channel: NotificationChannel) -> "QuerySet[Membership]":
    return Membership.objects.filter(person=channel.person_id, mailed_seq__gt=F("read_seq"))
