"""The ways to reach people who are away: by email, and by Web Push on their devices."""

import hashlib
from functools import lru_cache
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from django.db import models
from django.utils import timezone

from chat.db.compiled_queries import CompiledQuery, Param
from chat.models.people import Level, Person
from chat.models.sessions import AGENT_MAX_LENGTH

ZONE_MAX_LENGTH = 64


class NotificationChannelQuerySet(models.QuerySet["NotificationChannel"]):
    def reachable(self) -> Self:
        """Return the channels of active people that are on and lead somewhere: to a verified address, or a browser."""
        subscriptions = PushSubscription.objects.filter(person=models.OuterRef("person"))
        is_mail, is_push = (models.Q(kind=kind) for kind in NotificationChannel.Kind)
        verified = is_mail & models.Q(person__email_verified_at__isnull=False)
        leads_somewhere = verified | (is_push & models.Exists(subscriptions))
        return self.exclude(level=Level.NOTHING).filter(leads_somewhere, person__is_active=True)


class NotificationChannel(models.Model):
    """A person's settings for email or push, and when the next notification is due.

    Without a row, a person has not chosen: no email, and push at the level `all` once a device subscribes.
    """

    class Kind(models.TextChoices):
        MAIL = "mail", "email"
        PUSH = "push", "push"

    # The levels without a row.
    LEVELS: ClassVar[dict[str, str]] = {Kind.MAIL: Level.NOTHING, Kind.PUSH: Level.ALL}

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="channels")
    kind = models.CharField(max_length=4, choices=Kind)
    level = models.CharField(max_length=8, choices=Level, default=Level.MENTIONS)
    # Minutes between a message and the email about it. Null means the site's default.
    after_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    # Null means that nothing is due.
    due_at = models.DateTimeField(null=True, blank=True)
    last_sent_at = models.DateTimeField(null=True, blank=True)
    # Emails in a row without anything read. The interval grows with it.
    unread_mails = models.PositiveSmallIntegerField(default=0)
    # The rooms of the person with messages that were mailed and not read, after the last email. When there are fewer,
    # something was read.
    unread_rooms = models.PositiveIntegerField(default=0)
    # Quiet hours in the time zone `zone`. They may go over midnight. Both are null, or neither.
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)
    zone = models.CharField(max_length=ZONE_MAX_LENGTH, blank=True, default="")

    objects = NotificationChannelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind"], name="one_channel_of_a_kind"),
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_to=None)
                | models.Q(quiet_from__isnull=False, quiet_to__isnull=False),
                name="quiet_hours_have_both_ends",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="channels_due", condition=models.Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.person_id}"

    @classmethod
    def level_for(cls, person_id: int, kind: str) -> str:
        """Return the level of a person's channel, which may have no row. Takes one query."""
        found = _LEVEL.rows(person=person_id, kind=kind)
        return str(found[0][0]) if found else cls.LEVELS[cls.Kind(kind)]


@lru_cache(100)
def zone_named(name: str) -> ZoneInfo:
    """Return the time zone with this name. One that is unknown, or is no longer, counts as UTC."""
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return ZoneInfo("UTC")


_LEVEL = CompiledQuery(
    lambda: NotificationChannel.objects.filter(
        person=Param("person", Person._meta.pk), kind=Param("kind", NotificationChannel._meta.get_field("kind"))
    ).values_list("level")
)


class PushSubscription(models.Model):
    """A browser that gets pushes. It ends with the session that made it, whose data holds `endpoint_digest`.

    The session's row is another one after a change of password, and keeps its data. So the row does not name it.
    `endpoint` is a secret: anyone who knows it and the site's key can send to the browser.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="push_subscriptions")
    endpoint = models.TextField()
    endpoint_digest = models.CharField(max_length=64, unique=True, editable=False)
    # The browser's keys, in URL-safe Base64 without padding.
    p256dh = models.CharField(max_length=90)
    auth = models.CharField(max_length=24)
    user_agent = models.CharField(max_length=AGENT_MAX_LENGTH, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    # Failed sends in a row.
    failures = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"push subscription {self.pk}"

    @staticmethod
    def digest_of(endpoint: str) -> str:
        return hashlib.sha256(endpoint.encode()).hexdigest()
