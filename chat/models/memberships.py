"""Memberships of rooms: roles, read positions, notifications, mutes and bans."""

from datetime import UTC, datetime
from typing import Self

from django.db import models
from django.utils import timezone

from chat.models.people import Level, Person

# The end of a permanent mute. Far enough from the year 10000 that no time zone moves it there.
PERMANENT = datetime(9999, 1, 1, tzinfo=UTC)
REASON_MAX_LENGTH = 300


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self) -> Self:
        """Return those of people who belong to the room: they did not leave and are not banned."""
        return self.filter(left_at=None, banned_at=None)

    def current_or_sanctioned(self) -> Self:
        """Return those of people who belong to the room, or who are banned or muted there."""
        return self.filter(
            models.Q(left_at=None) | ~models.Q(banned_at=None) | models.Q(muted_until__gt=timezone.now())
        )

    def with_sanction(self, what: str) -> Self:
        """Return those that are `banned`, `muted` or `moderators`. Return all for any other word."""
        conditions = {
            "banned": ~models.Q(banned_at=None),
            "muted": models.Q(muted_until__gt=timezone.now()),
            "moderators": ~models.Q(role=Membership.Role.MEMBER),
        }
        return self.filter(conditions.get(what, models.Q()))


class Membership(models.Model):
    """A person's membership of a room: role, read position, notifications, mute and ban."""

    class Role(models.TextChoices):
        MEMBER = "member", "member"
        MODERATOR = "moderator", "moderator"
        OWNER = "owner", "owner"

    room = models.ForeignKey("chat.Room", on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=9, choices=Role, default=Role.MEMBER)
    read_seq = models.PositiveBigIntegerField("read up to", default=0)
    joined_at = models.DateTimeField(default=timezone.now)
    # Null and not "", so that COALESCE takes the person's level for all rooms instead.
    notify = models.CharField("notifications", max_length=8, choices=Level, null=True, blank=True)  # noqa: DJ001
    muted_until = models.DateTimeField(null=True, blank=True)
    mute_reason = models.CharField(max_length=REASON_MAX_LENGTH, blank=True, default="", db_default="")
    banned_at = models.DateTimeField(null=True, blank=True)
    ban_reason = models.CharField(max_length=REASON_MAX_LENGTH, blank=True, default="", db_default="")
    # Set when the membership was closed while the person was muted. The row stays, so that the mute stays. While the
    # room is not public, `banned_at` is set too, which excludes the person.
    closed_at = models.DateTimeField(null=True, blank=True)
    # Set when the person left. Read position, level, mute and ban stay. The role is then `member`.
    left_at = models.DateTimeField(null=True, blank=True)
    # Messages up to this `seq` are not visible to the person. Null means that all are.
    floor_seq = models.PositiveBigIntegerField("hidden up to", null=True, blank=True)
    starred_at = models.DateTimeField(null=True, blank=True)
    # A direct conversation is out of the person's list until there is a message after this `seq`.
    closed_seq = models.PositiveBigIntegerField("closed at", null=True, blank=True)
    # Up to where the person was told of messages by email and by push.
    mailed_seq = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    pushed_seq = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    # Who added the person, or whose invitation they used.
    added_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    invitation = models.ForeignKey(
        "chat.Invitation", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "room"], name="one_membership_per_person_and_room")]
        indexes = [
            models.Index(
                fields=["room"], name="current_members", condition=models.Q(left_at=None, banned_at=None)
            )  # for the counts of members
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.room}"

    @property
    def is_current(self) -> bool:
        return self.left_at is None and self.banned_at is None

    @property
    def moderates(self) -> bool:
        return self.role in (self.Role.MODERATOR, self.Role.OWNER)

    @property
    def is_muted(self) -> bool:
        return self.muted_until is not None and self.muted_until > timezone.now()
