"""Rooms, the heads of their logs, and the access to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils import timezone

from chat.db.compiled_queries import CompiledQuery, Param
from chat.models.memberships import Membership
from chat.models.names import Named, NamedQuerySet
from chat.models.people import Person
from chat.text import lookalikes

TOPIC_MAX_LENGTH = 200
ADDRESS_MAX_LENGTH = 80
DIRECT_KEY_MAX_LENGTH = 220


class RoomQuerySet(NamedQuerySet):
    def visible_to(self, person: Person | AnonymousUser) -> Self:
        """Return the rooms that exist for `person`. Every access check uses this.

        A signed-out or inactive person has none. A ban removes the room.
        """
        return self.open_to(person.pk) if person.is_authenticated and person.is_active else self.none()

    def open_to(self, person_id: int | Param) -> Self:
        """Return the same for the id of a person who is known to be active."""
        own = Membership.objects.filter(room=models.OuterRef("pk"), person=person_id)
        public = models.Q(visibility=Room.Visibility.PUBLIC)
        return self.filter(public | models.Exists(own.current())).exclude(models.Exists(own.exclude(banned_at=None)))

    def public(self) -> Self:
        """Return the rooms that everyone may read who is not banned from them."""
        return self.filter(visibility=Room.Visibility.PUBLIC)

    def with_head(self) -> Self:
        return self.select_related("head")

    def with_floor_for(self, person_id: int | Param) -> Self:
        """Add `floor_seq`. Messages up to it do not exist for the person."""
        floor = Membership.objects.filter(room=models.OuterRef("pk"), person=person_id).values("floor_seq")
        return self.annotate(floor_seq=Coalesce(models.Subquery(floor[:1]), 0))

    def latest_first(self) -> Self:
        return self.order_by("-head__active_at", "-pk")

    def with_place_of(self, person: Person) -> Self:
        """Add what the room is to the person: `joined`, `starred`, `level` of notifications, and `unread`.

        `unread` is the number of messages after their read position. It is 0 for those who did not join.
        """
        own = models.FilteredRelation(
            "memberships",
            condition=models.Q(memberships__person=person, memberships__left_at=None, memberships__banned_at=None),
        )
        is_member, is_starred = models.Q(own__pk__isnull=False), models.Q(own__starred_at__isnull=False)
        unread = models.F("head__seq") - Greatest("own__read_seq", Coalesce("own__floor_seq", 0))
        return self.alias(own=own).annotate(
            joined=models.Case(models.When(is_member, then=True), default=False),
            starred=models.Case(models.When(is_starred, then=True), default=False),
            level=Coalesce("own__notify", models.Value(person.notify)),
            unread=models.Case(models.When(is_member, then=unread), default=0),
        )

    def with_members(self) -> Self:
        """Add `members`: the number of people who belong to the room."""
        rows = Membership.objects.current().filter(room=models.OuterRef("pk")).order_by().values("room")
        counts = rows.annotate(number=models.Count("pk")).values("number")
        return self.annotate(members=Coalesce(models.Subquery(counts), 0))


class Room(Named):
    """A log of messages with a name. Only the names of public rooms have forms, since only they must look different."""

    class Visibility(models.TextChoices):
        PUBLIC = "public", "Public"
        PRIVATE = "private", "Private"
        DIRECT = "direct", "Direct message"

    class RoomMentions(models.TextChoices):
        MODERATORS = "moderators", "Moderators"
        EVERYONE = "everyone", "Everyone"

    class Joining(models.TextChoices):
        ASK = "ask", "People can ask to join"
        INVITED = "invited", "By invitation only"

    class History(models.TextChoices):
        ALL = "all", "All messages"
        JOINED = "joined", "Messages since they joined"

    class WhoPosts(models.TextChoices):
        EVERYONE = "everyone", "Everyone"
        MODERATORS = "moderators", "Owners and moderators"

    slug = models.CharField(max_length=ADDRESS_MAX_LENGTH, unique=True)
    name = models.CharField(max_length=80)
    topic = models.CharField(max_length=TOPIC_MAX_LENGTH, blank=True)
    visibility = models.CharField(max_length=8, choices=Visibility, default=Visibility.PUBLIC)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)
    # Null means the site's default.
    keep_days = models.PositiveIntegerField("keep messages for (days)", null=True, blank=True)
    is_default = models.BooleanField("new accounts join", default=False, db_default=False)
    room_mentions = models.CharField(
        "who may write @room",
        max_length=10,
        choices=RoomMentions,
        default=RoomMentions.MODERATORS,
        db_default=RoomMentions.MODERATORS,
    )
    # Of a private room. Null means by invitation only. A public room is open, and a direct conversation never changes.
    joining = models.CharField(max_length=7, choices=Joining, null=True, blank=True)  # noqa: DJ001
    history = models.CharField(
        "messages that new members see", max_length=6, choices=History, default=History.ALL, db_default=History.ALL
    )
    posting = models.CharField(
        "who may post", max_length=10, choices=WhoPosts, default=WhoPosts.EVERYONE, db_default=WhoPosts.EVERYONE
    )
    members_invite = models.BooleanField("members may invite", default=False, db_default=False)
    # Of a direct conversation: the sorted ids of its people, such as `3,17,29`. So the same people are one room.
    direct_key = models.CharField(max_length=DIRECT_KEY_MAX_LENGTH, unique=True, null=True, editable=False)  # noqa: DJ001

    head: "RoomHead"
    # Of a room from `seen_by`: the `seq` up to which messages do not exist for the person.
    floor_seq: int
    # Of a direct conversation after `direct_rooms.name_rooms`: the people whose names are its name for the viewer.
    people: Sequence[Person] = ()

    objects = RoomQuerySet.as_manager()

    class Meta(Named.Meta):
        constraints = [
            *Named.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(joining=None) | models.Q(visibility="private"), name="only_private_rooms_are_asked"
            ),
            models.CheckConstraint(
                condition=models.Q(visibility="direct", direct_key__isnull=False)
                | (~models.Q(visibility="direct") & models.Q(direct_key=None)),
                name="direct_rooms_have_a_key",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("room", args=[self.slug])

    @classmethod
    def seen_by(cls, person: Person, slug: str) -> "Room":
        """Return the room at this address with its head and its floor.

        Raise Room.DoesNotExist if it does not exist for `person`.
        """
        found = _AT_ADDRESS.rows(person=person.pk, slug=slug) if person.is_active else []
        if not found:
            raise cls.DoesNotExist
        return found[0]

    def compare_name(self) -> None:
        """Set what the name is found by, and the forms by which it is compared. Only a public room has forms."""
        self.set_search_name()
        is_public = self.visibility == self.Visibility.PUBLIC
        self.forms = lookalikes.skeletons(self.name) if is_public else (None, None, None)

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None

    @property
    def how_to_join(self) -> str | None:
        """Return how people join a private room: one of `Joining`. None for any other room."""
        return (self.joining or self.Joining.INVITED) if self.visibility == self.Visibility.PRIVATE else None

    @property
    def is_direct(self) -> bool:
        return self.visibility == self.Visibility.DIRECT


@dataclass(frozen=True, slots=True)
class RoomAccess:
    """The access of an active person to a room: the rule of `RoomQuerySet.visible_to` for rows that were read already.

    Messages with a `seq` up to `floor_seq` do not exist for the person. Someone without a current membership may read a
    public room and has the role of a member.
    """

    role: str
    floor_seq: int
    is_member: bool

    @classmethod
    def of(cls, room: Room, membership: Membership | None) -> "RoomAccess | None":
        """Return the access to a room, or None if the room does not exist for the person or they are banned."""
        is_member = membership is not None and membership.left_at is None
        if membership is not None and membership.banned_at is not None:
            return None
        if not is_member and room.visibility != Room.Visibility.PUBLIC:
            return None
        role = membership.role if membership is not None else Membership.Role.MEMBER
        return cls(role, (membership.floor_seq if membership is not None else None) or 0, is_member)


_AT_ADDRESS = CompiledQuery(
    lambda: (
        Room.objects.open_to(Param("person", Person._meta.pk))
        .with_head()
        .with_floor_for(Param("person", Person._meta.pk))
        .filter(slug=Param("slug", Room._meta.get_field("slug")))
    )
)


class RoomHead(models.Model):
    """The counters of a room's log, in a row of their own, so that a lock on it blocks no row that refers to the room.

    `seq` counts messages and `rev` counts changes. Both move only in the transaction that makes the change. Changes up
    to `floor_rev` are not sent any more: a client whose cursor is below it reloads. `room_mention_at` is when someone
    last mentioned the room. It stays when that message is deleted, so that no one gets around the limit.
    """

    room = models.OneToOneField(Room, on_delete=models.CASCADE, primary_key=True, related_name="head")
    seq = models.PositiveBigIntegerField(default=0)
    rev = models.PositiveBigIntegerField(default=0)
    floor_rev = models.PositiveBigIntegerField(default=0)
    active_at = models.DateTimeField(default=timezone.now, db_index=True)
    room_mention_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"{self.room_id}: seq {self.seq}, rev {self.rev}"
