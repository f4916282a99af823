"""Up to where people were told by email and by push: the marks in their memberships."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Case, OuterRef, Subquery, Value, When

from chat.missed import MARKS
from chat.models import Membership, NotificationChannel, RoomHead


def begin(person_id: int, kind: str) -> None:
    """Call this when a person turns on emails or pushes. They are then told of new messages, not of all unread ones.

    This adds the person's channel if it has no row, because that holds when something is due.
    """
    level = NotificationChannel.LEVELS[NotificationChannel.Kind(kind)]
    head = Subquery(RoomHead.objects.filter(pk=OuterRef("room")).values("seq"))
    with transaction.atomic():
        NotificationChannel.objects.get_or_create(person_id=person_id, kind=kind, defaults={"level": level})
        Membership.objects.filter(person=person_id).update(**{_field(kind): head})


def move(person_id: int, kind: str, seqs: Mapping[int, int]) -> None:
    """Set the marks of a person's rooms. `seqs` are the last messages that they are told of, by room id."""
    marks = Case(*[When(room=room_id, then=Value(seq)) for room_id, seq in seqs.items()])
    Membership.objects.filter(person=person_id, room__in=seqs).update(**{_field(kind): marks})


def _field(kind: str) -> str:
    return MARKS[NotificationChannel.Kind(kind)]
