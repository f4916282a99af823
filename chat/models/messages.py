"""Messages, reactions and mentions."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from enum import IntFlag
from functools import reduce
from operator import or_
from typing import Self

from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone

from chat.db.compiled_queries import Param, ParamList
from chat.models.blocks import Block
from chat.models.memberships import Membership
from chat.models.people import Person
from chat.models.rooms import Room
from chat.text import cleaning

NOTE_MAX_LENGTH = 200


class MessageQuerySet(models.QuerySet["Message"]):
    def with_author(self) -> Self:
        return self.select_related("author")

    def readable_by(self, person_id: int | Param, *, are_few: bool = False) -> Self:
        """Return the messages that exist for an active person: those of their rooms, above the floor of each.

        The same rule as `RoomAccess`. The database reads all rooms of the person, or if the messages `are_few`, the
        room of each.
        """
        own = Membership.objects.filter(room=models.OuterRef("room"), person=person_id)
        floor = Coalesce(models.Subquery(own.values("floor_seq")[:1]), 0)
        rooms = Room.objects.open_to(person_id)
        if are_few:
            rooms = rooms.filter(pk=models.OuterRef("room"))
        return self.filter(room__in=rooms.values("pk"), seq__gt=floor)

    def posted_by_others(self, person_id: int | Param) -> Self:
        """Return the messages that others have posted whom the person has not blocked.

        Imported messages have no fingerprint, and notes of the site have no author.
        """
        blocked = Block.objects.filter(person=person_id, blocked=models.OuterRef("author"))
        mine = models.Q(author=None) | models.Q(author=person_id) | models.Q(fingerprint="")
        return self.exclude(mine).exclude(models.Exists(blocked))

    def with_client_fields(self) -> Self:
        """Load only the columns of messages and authors that clients see."""
        fields = [name for name in (*Message.FIXED, *Message.CHANGEABLE) if name not in Message.HIDDEN]
        of_author = [f"author__{name}" for name in ("name", "is_guest", "color", "avatar", "is_bot")]
        return self.select_related("author").only(*fields, *of_author)

    def changed_after(self, rev: int | Param, *, up_to: int | Param) -> Self:
        """Return the messages that a client at revision `rev` lacks, in the order of their revisions.

        `up_to` is the head that was read before. Rows that got a later revision since are sent with that one.
        """
        return self.filter(rev__gt=rev, rev__lte=up_to).order_by("rev")

    def before(self, seq: int | Param) -> Self:
        return self.filter(seq__lt=seq).order_by("-seq")

    def after(self, seq: int | Param) -> Self:
        return self.filter(seq__gt=seq).order_by("seq")

    def newest(self) -> Self:
        return self.order_by("-seq")

    def at(self, places: Iterable[tuple[int, int]]) -> Self:
        """Return the messages at these places. Each is a room id and a seq."""
        seqs: dict[int, set[int]] = {}
        for room_id, seq in places:
            seqs.setdefault(room_id, set()).add(seq)
        if not seqs:
            return self.none()
        return self.filter(reduce(or_, (models.Q(room=room_id, seq__in=some) for room_id, some in seqs.items())))


class Has(IntFlag):
    """The parts of a message beside its words: the bits of `Message.has`. They tell what to read with a message."""

    LINK = 1
    IMAGE = 2
    FILE = 4  # one that is no picture
    CODE = 8
    PREVIEW = 16  # of a link, removed ones included


class Message(models.Model):
    """One entry of a room's log. `seq` is its permanent position. `rev` is the revision of its last change.

    A deleted message keeps its row and its text, so that a moderator can restore it. Clients do not get the text.
    `fingerprint` is that of the first text, and is keyed after an edit, so that a retry is recognised even then.
    """

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="messages")
    seq = models.PositiveBigIntegerField()
    rev = models.PositiveBigIntegerField()
    client_id = models.UUIDField(default=uuid.uuid4)
    fingerprint = models.CharField(max_length=32)
    # Null means the site itself.
    author = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="messages")
    body = models.TextField()
    html = models.TextField()
    # The words of the body as `chat.text.words` has them, or null if the database finds the same ones in the body.
    search_text = models.TextField(null=True, editable=False)  # noqa: DJ001
    reply_to = models.PositiveBigIntegerField(null=True, blank=True)  # the seq of a message of the same room
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # The revision of the last change of the text. Null before the first one, and for edits of earlier releases.
    text_rev = models.PositiveBigIntegerField(null=True, editable=False)
    # Bits of `Has`. Null means none of them.
    has = models.PositiveSmallIntegerField(null=True, editable=False)

    # Each field is in one of these two. Changes store and publish the changeable fields, and erasing resets them.
    FIXED = ("room", "seq", "client_id", "author", "reply_to", "created_at")
    CHANGEABLE = ("rev", "fingerprint", "body", "html", "search_text", "edited_at", "deleted_at", "text_rev", "has")
    # Fields that clients do not get.
    HIDDEN = ("room", "fingerprint", "search_text", "text_rev")

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
        """Return whether text and files are gone, so that nothing can be restored. Every message is posted with one."""
        return self.is_deleted and not self.body and self.has is None


def first_time() -> datetime | None:
    """Return the time of the first message in any room, or None if there is none."""
    return Message.objects.order_by("created_at").values_list("created_at", flat=True).first()


def last_time() -> datetime | None:
    return Message.objects.order_by("-created_at").values_list("created_at", flat=True).first()


class ReactionQuerySet(models.QuerySet["Reaction"]):
    def on(self, messages: Iterable[int] | ParamList) -> Self:
        """Return the reactions to the messages with these ids, the oldest first."""
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
    """A message that mentions a person, or all members of its room. Unread mentions are counted by index ranges.

    A row without a person is for all members of the room. A message has one row per person. If it has a row for all
    members, its other rows are for people outside of the room. So a member's unread mentions are the sum of two index
    ranges: their own rows and the rows without a person, both of the room and above the read position and the floor.
    """

    class Cause(models.IntegerChoices):
        NAME = 1, "Name"
        ROOM = 2, "Room"
        REPLY = 3, "Reply"

    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="mentions")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+")
    seq = models.PositiveBigIntegerField()
    kind = models.PositiveSmallIntegerField(choices=Cause, default=Cause.NAME, db_default=Cause.NAME)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "room", "seq"], name="one_mention_per_message"),
            models.UniqueConstraint(
                fields=["room", "seq"], condition=models.Q(person=None), name="one_room_mention_per_message"
            ),
        ]
        indexes = [models.Index("person", models.F("id").desc(), name="mentions_newest")]

    def __str__(self) -> str:
        return f"@{self.person_id or 'room'} in {self.room_id}/{self.seq}"


class Bookmark(models.Model):
    """A message that a person has saved for later. It goes with the person's account."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="bookmarks")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+")
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=NOTE_MAX_LENGTH, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "room", "seq"], name="one_bookmark_per_message")]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.room_id}/{self.seq}"
