"""Messages, and what hangs on them: reactions and mentions."""

import uuid
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.utils import timezone

from chat.db.compiled_queries import Param, ParamList
from chat.models.people import Person
from chat.models.rooms import Room
from chat.text import cleaning


class MessageQuerySet(models.QuerySet["Message"]):
    def with_author(self) -> Self:
        return self.select_related("author")

    def as_told(self) -> Self:
        """With what a message looks like to clients and its author to others, of the columns of both."""
        told = (name for name in (*Message.FIXED, *Message.CHANGEABLE) if name not in Message.HIDDEN)
        return self.select_related("author").only(*told, *(f"author__{name}" for name in ("name", "is_guest", "color")))

    def changed_after(self, rev: int | Param, *, up_to: int | Param) -> Self:
        """What a client at revision `rev` has yet to hear, in the order to tell it.

        `up_to` is the head that was read before: rows that moved on since are told at their new place.
        """
        return self.filter(rev__gt=rev, rev__lte=up_to).order_by("rev")

    def before(self, seq: int | Param) -> Self:
        return self.filter(seq__lt=seq).order_by("-seq")

    def after(self, seq: int | Param) -> Self:
        return self.filter(seq__gt=seq).order_by("seq")

    def newest(self) -> Self:
        return self.order_by("-seq")


class Message(models.Model):
    """One entry of a room's log. `seq` is its place, for ever; `rev` is the last change that touched it.

    A deleted message keeps its row and its text, so that a moderator can restore it; no client is shown the text.
    `fingerprint` is that of the message as first posted, keyed after an edit: a retry is recognised even then.
    """

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="messages")
    seq = models.PositiveBigIntegerField()
    rev = models.PositiveBigIntegerField()
    client_id = models.UUIDField(default=uuid.uuid4)
    fingerprint = models.CharField(max_length=32)
    # Null: the site itself.
    author = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="messages")
    body = models.TextField()
    html = models.TextField()
    reply_to = models.PositiveBigIntegerField(null=True, blank=True)  # the seq of a message of the same room
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    # Each field is in one of these two. What a change may set is stored with each change, told with each change, and
    # set back to its default when the message is erased.
    FIXED = ("room", "seq", "client_id", "author", "reply_to", "created_at")
    CHANGEABLE = ("rev", "fingerprint", "body", "html", "edited_at", "deleted_at")
    # What clients are not told.
    HIDDEN = ("room", "fingerprint")

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="message_place"),
            models.UniqueConstraint(fields=["author", "client_id"], name="message_posted_once"),
        ]
        indexes = [
            models.Index(fields=["room", "rev"], name="message_changes"),
            models.Index(fields=["created_at"], name="message_dates"),  # the admin's calendar
        ]

    def __str__(self) -> str:
        return f"{self.room_id}/{self.seq}"

    def get_absolute_url(self) -> str:
        return f"{self.room.get_absolute_url()}#{self.seq}"

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_erased(self) -> bool:
        """Whether there is nothing to restore. No message was ever posted without a text."""
        return self.is_deleted and not self.body


class ReactionQuerySet(models.QuerySet["Reaction"]):
    def on(self, messages: Iterable[int] | ParamList) -> Self:
        """The reactions on the messages with these keys, first come first."""
        return self.filter(message__in=messages).order_by("pk")


class Reaction(models.Model):
    """One person's emoji on one message."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    emoji = models.CharField(max_length=cleaning.EMOJI_MAX_LENGTH)

    objects = ReactionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "person", "emoji"], name="one_reaction_per_person_and_emoji")
        ]

    def __str__(self) -> str:
        return f"{self.emoji} on {self.message_id}"


class Mention(models.Model):
    """That a message speaks to a person, kept beside the log so that unread mentions are one index range."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="mentions")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+")
    seq = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "room", "seq"], name="one_mention_per_message")]

    def __str__(self) -> str:
        return f"@{self.person_id} in {self.room_id}/{self.seq}"
