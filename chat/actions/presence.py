"""What a worker claims about who is here, and its end."""

import uuid
from collections.abc import Iterable
from typing import NamedTuple

from django.db import transaction
from django.db.models import F

from chat.models import Presence, Worker

# (room id, person id)
PresenceKey = tuple[int, int]


class Load(NamedTuple):
    """What a worker does: open sockets, and messages that it wrote in the last minute."""

    connections: int = 0
    messages_per_minute: int = 0


IDLE = Load()


def report(
    worker_id: uuid.UUID, everybody: set[PresenceKey], came: set[PresenceKey], went: set[PresenceKey], load: Load = IDLE
) -> None:
    """Renew a worker's lease and record who came and went there since its last report.

    A worker that others took for dead, and whose claims they removed, claims `everybody` anew.
    """
    with transaction.atomic():
        moved = {"beat": F("beat") + 1, "version": F("version") + (1 if came or went else 0), **load._asdict()}
        if not Worker.objects.filter(pk=worker_id).update(**moved):
            Worker.objects.create(pk=worker_id, version=1, **load._asdict())
            came = everybody
        Presence.objects.bulk_create(
            [Presence(worker_id=worker_id, room_id=room_id, person_id=person_id) for room_id, person_id in came],
            ignore_conflicts=True,
        )
        gone: dict[int, list[int]] = {}
        for room_id, person_id in went:
            gone.setdefault(room_id, []).append(person_id)
        for room_id, people in gone.items():
            Presence.objects.filter(worker_id=worker_id, room_id=room_id, person_id__in=people).delete()


def remove_workers(worker_ids: Iterable[uuid.UUID]) -> None:
    """Take back all that these workers claimed: they have ended."""
    with transaction.atomic():
        Presence.objects.filter(worker_id__in=worker_ids).delete()
        Worker.objects.filter(pk__in=worker_ids).delete()
