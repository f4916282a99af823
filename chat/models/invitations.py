"""Invitations to a room or to the site, and requests to join a room."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Self

from django.core.signing import BadSignature, Signer
from django.db import models
from django.utils import timezone
from django.utils.http import base36_to_int, int_to_base36

from chat.db.compiled_queries import CompiledQuery, ParamList
from chat.models.memberships import Membership
from chat.models.people import Person
from chat.models.rooms import Room

NOTE_MAX_LENGTH = 80
REQUEST_NOTE_MAX_LENGTH = 200


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def usable(self) -> Self:
        """Return those that still admit people."""
        has_uses = models.Q(max_uses=None) | models.Q(uses__lt=models.F("max_uses"))
        return self.filter(has_uses, revoked_at=None, expires_at__gt=timezone.now())

    def with_code(self, code: str) -> Self:
        """Return the invitation whose link has this code. A code that this site did not sign takes no query."""
        try:
            pk, seconds = map(base36_to_int, _signer().unsign(code).split("-"))
        except (BadSignature, ValueError):
            return self.none()
        created_at = datetime.fromtimestamp(seconds, UTC)
        return self.filter(pk=pk, created_at__gte=created_at, created_at__lt=created_at + timedelta(seconds=1))


def _signer() -> Signer:
    return Signer(salt="chat.invitation", sep=".")


class Invitation(models.Model):
    """A link that admits people to one room, or without a room to the site.

    The link is made from the id and the secret key. So nothing here is secret, and the link can be shown again.
    """

    room = models.ForeignKey(Room, null=True, blank=True, on_delete=models.CASCADE, related_name="invitations")
    # Null after the account was deleted. The invitation is then revoked.
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="invitations")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    # Null means no limit.
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    uses = models.PositiveIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True, blank=True)
    role = models.CharField(max_length=9, choices=Membership.Role, default=Membership.Role.MEMBER)
    note = models.CharField(max_length=NOTE_MAX_LENGTH, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["room"], name="open_invitations", condition=models.Q(revoked_at=None)),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"

    @property
    def code(self) -> str:
        """Return the last part of the link.

        It has the time of creation too. A restored backup assigns ids again, and an old link must not open a new room.
        """
        seconds = int(self.created_at.timestamp())
        return _signer().sign(f"{int_to_base36(self.pk)}-{int_to_base36(seconds)}")

    @property
    def is_usable(self) -> bool:
        """Return whether it still admits people: the rule of `usable()` for a row that was read already."""
        has_uses = self.max_uses is None or self.uses < self.max_uses
        return has_uses and self.revoked_at is None and self.expires_at > timezone.now()


class JoinRequestQuerySet(models.QuerySet["JoinRequest"]):
    def open(self) -> Self:
        """Return those that no one has decided. A deactivated account waits for no answer."""
        return self.filter(decided_at=None, person__is_active=True)

    def of_rooms_moderated(
        self, rooms: Iterable[Room], memberships: Iterable[Membership], people: Mapping[int, Person]
    ) -> Mapping[int, int]:
        """Return the number of open requests by room, of the private rooms that one of these people moderates.

        Takes one compiled query, or none without such a room.
        """
        private = {it.pk for it in rooms if it.visibility == Room.Visibility.PRIVATE}
        inside = [it for it in memberships if it.room_id in private]
        asked = {it.room_id for it in inside if it.moderates or _is_staff(people.get(it.person_id))}
        return dict(_NUMBERS.rows(rooms=asked)) if asked else {}


def _is_staff(person: Person | None) -> bool:
    return person is not None and (person.is_staff or person.is_superuser)


class JoinRequest(models.Model):
    """A person's request to join a private room. It is open until a moderator decides it."""

    class RequestOutcome(models.TextChoices):
        ACCEPTED = "accepted", "accepted"
        DECLINED = "declined", "declined"

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="join_requests")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="join_requests")
    note = models.CharField(max_length=REQUEST_NOTE_MAX_LENGTH, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=8, choices=RequestOutcome, blank=True)

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["room", "person"], name="one_open_request", condition=models.Q(decided_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} asks to join {self.room_id}"


_NUMBERS = CompiledQuery(
    lambda: (
        JoinRequest.objects.open()
        .filter(room__in=ParamList("rooms", Room._meta.pk))
        .values("room")
        .annotate(number=models.Count("pk"))
        .values_list("room", "number")
    )
)
