"""The follower, the decisions and the queue as a process runs them, at any time that a test chooses."""

from datetime import timedelta

from django.db.models import F

from chat.actions import notices
from chat.actions.followers import cursors
from chat.actions.followers import notices as follower
from chat.models import Job, Message, NotificationChannel, Person, PushSubscription, RoomHead

MAIL, PUSH = NotificationChannel.Kind


def follow(now):
    """Read all logs to their heads."""
    for room_id in cursors.behind(follower.NAME):
        while step := cursors.next_step(follower.NAME, room_id):
            last = 0
            while last is not None:
                page = follower.plan(step, now, last)
                follower.write(step, page)
                last = page.last


def decide(now):
    """Decide on all channels that are due."""
    while ready := [pk for pk, at in notices.next_due() if at <= now]:
        for channel_id in ready:
            notices.decide(channel_id, now)


def later(**time):
    """Let time pass: everything that is stored is as much older."""
    ago = timedelta(**time)
    Message.objects.update(created_at=F("created_at") - ago, edited_at=F("edited_at") - ago)
    RoomHead.objects.update(room_mention_at=F("room_mention_at") - ago)
    NotificationChannel.objects.update(due_at=F("due_at") - ago, last_sent_at=F("last_sent_at") - ago)


def tasks():
    """Take the enqueued tasks, as (name, arguments) in the order in which they were enqueued."""
    jobs = list(Job.objects.order_by("created_at", "pk"))
    Job.objects.all().delete()
    return [(job.task.rpartition(".")[2], job.arguments["args"]) for job in jobs]


def subscribe(person, name="phone"):
    return PushSubscription.objects.create(
        person=person, endpoint=f"https://{name}", endpoint_digest=f"{person.pk} {name}"
    )


def channel(person, kind, level="mentions", **fields):
    """Turn a channel on, with a verified address or a browser."""
    if kind == MAIL:
        Person.objects.filter(pk=person.pk).update(email_verified_at=person.date_joined)
    else:
        subscribe(person)
    return NotificationChannel.objects.create(person=person, kind=kind, level=level, **fields)
