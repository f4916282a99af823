"""Marking rooms with unread mentions as read."""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce, Greatest

from chat import broadcast
from chat.models import Membership, Mention, Person


@transaction.atomic
def mark_read(person: Person) -> int:
    """Move the person's read position to the end of their rooms with unread mentions. Return the number of rooms.

    Mentions that are hidden from the person do not count.
    """
    start = Greatest(OuterRef("read_seq"), Coalesce(OuterRef("floor_seq"), 0))
    mentions = Mention.objects.filter(Q(person=person) | Q(person=None), room=OuterRef("room"), seq__gt=start)
    rows = Membership.objects.current().filter(Exists(mentions), person=person).select_related("room__head")
    moved = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
    for membership in moved:
        membership.read_seq = membership.room.head.seq
    if moved:
        Membership.objects.bulk_update(moved, ["read_seq"])
        broadcast.publish_moved(read=[(person.pk, it.room_id, it.read_seq, False) for it in moved])
    return len(moved)
