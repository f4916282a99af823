"""Reports of messages, and the audit log, which no one can edit."""

from typing import Any, NoReturn, Self

from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone

from chat.models.memberships import REASON_MAX_LENGTH, Membership
from chat.models.messages import Message
from chat.models.people import Person
from chat.models.rooms import Room

# A report keeps this much of the text, because the author may edit the message.
QUOTE_MAX_LENGTH = 1000


class ReportQuerySet(models.QuerySet["Report"]):
    def open(self) -> Self:
        return self.filter(resolved_at=None)

    def shown_to(self, moderator_id: int, room: Room) -> Self:
        """Return those of a room's messages above the floor of one of its moderators."""
        own = Membership.objects.filter(room=room, person=moderator_id)
        floor = Coalesce(models.Subquery(own.values("floor_seq")[:1]), 0)
        return self.filter(room=room, message__seq__gt=floor)

    def with_all(self) -> Self:
        return self.select_related("message__author", "room", "reporter")


class Report(models.Model):
    """A person's report of a message. It is resolved with an outcome, and kept as long as the message is."""

    class Outcome(models.TextChoices):
        DISMISSED = "dismissed", "dismissed"
        DELETED = "deleted", "message deleted"
        MUTED = "muted", "message deleted, author muted"
        BANNED = "banned", "message deleted, author banned"

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="reports")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=REASON_MAX_LENGTH)
    quote = models.CharField("text when reported", max_length=QUOTE_MAX_LENGTH)
    created_at = models.DateTimeField("reported", default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=80, blank=True)
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "reporter"], name="one_report_per_person_and_message")
        ]
        indexes = [
            models.Index(fields=["room"], condition=models.Q(resolved_at=None), name="reports_open"),
        ]

    def __str__(self) -> str:
        return f"report {self.pk}"


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """An append-only table: rows can be added and read, and not changed or deleted."""

    def update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit entries cannot be changed.")

    def delete(self) -> NoReturn:
        raise TypeError("Audit entries cannot be deleted.")

    update.alters_data = delete.alters_data = True  # type: ignore[attr-defined]
    bulk_update = update_or_create = update


class AuditEntry(models.Model):
    """One action of a moderator, of staff or of a command. It names people and rooms as text, which outlives them."""

    class Action(models.TextChoices):
        DELETE = "delete", "deleted messages"
        RESTORE = "restore", "restored messages"
        ERASE = "erase", "erased messages"
        EDIT = "edit", "edited a message"
        UNFURL = "unfurl", "removed a link preview"
        MUTE = "mute", "muted"
        UNMUTE = "unmute", "unmuted"
        BAN = "ban", "banned"
        UNBAN = "unban", "unbanned"
        REMOVE = "remove", "removed from a room"
        ADD_MEMBER = "add_member", "added a member"
        ROLE = "role", "changed a role"
        ARCHIVE = "archive", "archived a room"
        UNARCHIVE = "unarchive", "unarchived a room"
        CHANGE_ROOM = "change_room", "changed a room"
        DELETE_ROOM = "delete_room", "deleted a room"
        ADD_PERSON = "add_person", "added a person"
        CHANGE_PERSON = "change_person", "changed a person"
        ADD_GROUP = "add_group", "added a group"
        CHANGE_GROUP = "change_group", "changed a group"
        DELETE_GROUP = "delete_group", "deleted a group"
        PASSWORD = "password", "set a password"
        SIGN_OUT = "sign_out", "signed out everywhere"
        REVOKE = "revoke", "revoked tokens"
        DEACTIVATE = "deactivate", "deactivated"
        ACTIVATE = "activate", "activated"
        APPROVE = "approve", "approved an account"
        DECLINE = "decline", "declined an account"
        PURGE = "purge", "deleted inactive guests"
        PRUNE = "prune", "removed old messages"
        RESOLVE = "resolve", "resolved reports"
        EXPORT = "export", "exported messages"
        INVITE = "invite", "created an invitation"
        UNINVITE = "uninvite", "revoked an invitation"
        ADD_BOT = "add_bot", "created a bot"
        ADD_TOKEN = "add_token", "created a token"
        ADD_WEBHOOK = "add_webhook", "created a webhook"
        CHANGE_WEBHOOK = "change_webhook", "changed a webhook"
        REMOVE_WEBHOOK = "remove_webhook", "removed a webhook"
        ADD_COMMAND = "add_command", "registered a command"
        REMOVE_COMMAND = "remove_command", "removed a command"
        IMPORT = "import", "imported messages"
        RETRY_JOB = "retry_job", "tried a failed task again"
        DISCARD_JOB = "discard_job", "discarded a failed task"

    at = models.DateTimeField(default=timezone.now, db_index=True)
    # Empty means the site itself, by a command.
    actor = models.CharField(max_length=80, blank=True)
    actor_id = models.BigIntegerField("actor id", null=True)
    action = models.CharField(max_length=16, choices=Action)
    person = models.CharField(max_length=80, blank=True)
    person_id = models.BigIntegerField("person id", null=True)
    room = models.CharField(max_length=80, blank=True)
    seq = models.PositiveBigIntegerField("message", null=True)
    count = models.PositiveBigIntegerField(null=True)
    reason = models.CharField(max_length=REASON_MAX_LENGTH, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit log"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"entry {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("Audit entries cannot be changed.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit entries cannot be deleted.")
