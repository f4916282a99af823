"""The times at which emails and pushes are due: delays, the interval between emails, and quiet hours."""

from datetime import UTC, datetime, time, timedelta

from django.conf import settings

from chat.models import NotificationChannel
from chat.models.notifications import zone_named

# A push to someone who is connected, and may be reading.
PRESENT_DELAY = timedelta(seconds=20)
MAIL_INTERVAL = timedelta(minutes=15)
LONGEST_MAIL_INTERVAL = timedelta(hours=4)


def due_after_message(channel: NotificationChannel, now: datetime, *, is_present: bool) -> datetime:
    """Return when the person is to be told of a message that was posted now."""
    if channel.kind == NotificationChannel.Kind.PUSH:
        return outside_quiet_hours(channel, now + PRESENT_DELAY if is_present else now)
    minutes = settings.CHAT_MAIL_AFTER if channel.after_minutes is None else channel.after_minutes
    return outside_quiet_hours(channel, now + timedelta(minutes=minutes))


def ready_at(channel: NotificationChannel, now: datetime) -> datetime:
    """Return when a channel that is due may send. That is now, or after the interval between emails or quiet hours."""
    if channel.kind == NotificationChannel.Kind.MAIL and channel.last_sent_at is not None:
        now = max(now, channel.last_sent_at + mail_interval(channel.unread_mails))
    return outside_quiet_hours(channel, now)


def mail_interval(unread_mails: int) -> timedelta:
    """Return the interval after a number of emails in a row without anything read. Each doubles it, up to 4 hours."""
    return min(MAIL_INTERVAL * 2 ** min(unread_mails, 10), LONGEST_MAIL_INTERVAL)


def outside_quiet_hours(channel: NotificationChannel, at: datetime) -> datetime:
    if channel.quiet_from is None or channel.quiet_to is None:
        return at
    return after_quiet_hours(at, channel.quiet_from, channel.quiet_to, channel.zone)


def after_quiet_hours(at: datetime, start: time, end: time, zone: str) -> datetime:
    """Return `at`, or the end of the quiet hours that it is in, as UTC. They may go over midnight.

    Where the clock is put back, times that exist twice are quiet twice. An end that the clock skips is as much later as
    it skips. An unknown zone counts as UTC.
    """
    at = at.astimezone(UTC)  # two times of one zone would be compared without their offsets
    local = at.astimezone(zone_named(zone))
    clock = local.time()
    is_quiet = start <= clock < end if start < end else clock >= start or clock < end
    if not is_quiet or start == end:
        return at
    day = local.date() if clock < end else local.date() + timedelta(days=1)
    ends = datetime.combine(day, end, local.tzinfo)
    return (ends if ends > at else ends.replace(fold=1)).astimezone(UTC)
