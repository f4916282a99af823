"""Webhooks in both directions, and commands: ways of programs to take part without a connection."""

import secrets
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone

from chat.models.memberships import Membership
from chat.models.people import Person
from chat.models.rooms import Room
from chat.models.tokens import TOKEN_USE_RECORDED_EVERY

LABEL_MAX_LENGTH = 80
URL_MAX_LENGTH = 2000
COMMAND_MAX_LENGTH = 32
USAGE_MAX_LENGTH = 80
DESCRIPTION_MAX_LENGTH = 200


class IncomingWebhookQuerySet(models.QuerySet["IncomingWebhook"]):
    def valid(self) -> Self:
        return self.filter(revoked_at=None, bot__is_active=True)

    def stale_last_used(self, now: datetime) -> Self:
        """Return those whose last recorded use is missing or too old."""
        return self.exclude(last_used_at__gt=now - TOKEN_USE_RECORDED_EVERY)


class IncomingWebhook(models.Model):
    """An address whose secret lets anyone post in one room, as a bot. Only the SHA-256 of the secret is stored."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="incoming_webhooks")
    bot = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="incoming_webhooks")
    # Null after the account was deleted.
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=LABEL_MAX_LENGTH, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = IncomingWebhookQuerySet.as_manager()

    def __str__(self) -> str:
        return self.label or f"webhook {self.pk}"


class WebhookEvent(models.TextChoices):
    """The events of outgoing webhooks. `CHANGED` is any other change of a message, such as a reaction or file."""

    MESSAGE = "message", "new messages"
    EDITED = "edited", "edited messages"
    DELETED = "deleted", "deleted messages"
    CHANGED = "changed", "reactions and other changes of messages"
    MEMBER = "member", "members who join and leave"
    # Nobody chooses it: each command of a webhook is told to it.
    COMMAND = "command", "commands"


class OutgoingWebhookQuerySet(models.QuerySet["OutgoingWebhook"]):
    def of_room(self, room_id: int) -> Self:
        """Return those that get events of a room now."""
        return self.of_bot_in(room_id).filter(rooms=room_id)

    def of_bot_in(self, room_id: int) -> Self:
        """Return those that are on, and whose bot is a member of a room. One that was removed is told nothing more."""
        members = Membership.objects.filter(person=OuterRef("bot"), room=room_id, left_at=None, banned_at=None)
        return self.filter(Exists(members), disabled_at=None, bot__is_active=True)


class OutgoingWebhook(models.Model):
    """An address that gets events of some rooms, signed with a secret. A bot posts its answers.

    `events` are names of events. `words` are the beginnings of the messages that count; without any, all count.
    """

    bot = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="outgoing_webhooks")
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    label = models.CharField(max_length=LABEL_MAX_LENGTH, blank=True)
    url = models.CharField(max_length=URL_MAX_LENGTH)
    # Needed for every signature, so it is stored as it is.
    secret = models.CharField(max_length=80)
    events = models.JSONField(default=list)
    words = models.JSONField(default=list, blank=True)
    # It gets the events of these rooms while the bot is a member there.
    rooms = models.ManyToManyField(Room, blank=True, related_name="outgoing_webhooks")
    created_at = models.DateTimeField(default=timezone.now)
    # Failures since the last success, since when, and until when nothing is sent.
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    rests_until = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=LABEL_MAX_LENGTH, blank=True)

    objects = OutgoingWebhookQuerySet.as_manager()

    def __str__(self) -> str:
        return self.label or f"webhook {self.pk}"


def new_delivery_key() -> str:
    return f"msg_{secrets.token_hex(16)}"


class WebhookDelivery(models.Model):
    """One event for one outgoing webhook, and what became of it. Its text is read again for every attempt.

    The task that sends it has only the id of this row. So all attempts have the same key, also those that someone asks
    for later.
    """

    webhook = models.ForeignKey(OutgoingWebhook, on_delete=models.CASCADE, related_name="deliveries")
    # The `webhook-id` of all its attempts.
    key = models.CharField(max_length=40, unique=True, default=new_delivery_key)
    event = models.CharField(max_length=20)
    room = models.ForeignKey(Room, null=True, on_delete=models.CASCADE, related_name="+")
    # The message in that room. It may be gone since.
    seq = models.PositiveBigIntegerField(null=True)
    # Ids and plain values of an event without a message, such as the person of a membership.
    details = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    # The status of the last answer, or why there was none.
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=LABEL_MAX_LENGTH, blank=True)
    attempted_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    # No further attempt follows.
    given_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [models.Index(fields=["created_at"], name="deliveries_by_age")]

    def __str__(self) -> str:
        return self.key

    @property
    def may_repeat(self) -> bool:
        """Return whether it has ended, so that it can be sent again. Nobody waits for the answer to an old command."""
        has_ended = self.delivered_at is not None or self.given_up_at is not None
        return has_ended and self.event != WebhookEvent.COMMAND


class BotCommand(models.Model):
    """A slash command. Its webhook gets what people write after it."""

    name = models.CharField(max_length=COMMAND_MAX_LENGTH, unique=True)
    webhook = models.ForeignKey(OutgoingWebhook, on_delete=models.CASCADE, related_name="commands")
    usage = models.CharField(max_length=USAGE_MAX_LENGTH, blank=True)
    description = models.CharField(max_length=DESCRIPTION_MAX_LENGTH, blank=True)
    # Null means all rooms of the bot.
    room = models.ForeignKey(Room, null=True, blank=True, on_delete=models.CASCADE, related_name="commands")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"/{self.name}"


class CommandCall(models.Model):
    """A command that someone has called. A client that repeats the call with the same id does not run it again."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    client_id = models.UUIDField()
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "client_id"], name="one_call_per_client_id")]

    def __str__(self) -> str:
        return f"call {self.client_id}"
