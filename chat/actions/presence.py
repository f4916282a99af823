"""Presence rows of a worker: who has a connection there, and their removal when the worker ends."""

import uuid
from collections.abc import Collection
from typing import NamedTuple

from django.db import transaction
from django.db.models import F

from chat.actions.jobs import leases, queue
from chat.errors import ActionError, Code
from chat.models import Presence, Worker

# (room id, person id)
PresenceKey = tuple[int, int]


class Load(NamedTuple):
    """The load of a worker: its open sockets, and the messages it wrote in the last minute."""

    connections: int = 0
    messages_per_minute: int = 0


IDLE = Load()
# The generation of this code. 1 knows memberships that were left, and floors. 2 knows direct conversations, blocks and
# rooms in which only moderators post. 3 knows files.
CODE = 3


def report(
    worker_id: uuid.UUID, present: set[PresenceKey], joined: set[PresenceKey], left: set[PresenceKey], load: Load = IDLE
) -> None:
    """Renew a worker's lease and record who joined and left there since its last report.

    If other workers took this one for dead and removed its rows, write `present` again.
    """
    with transaction.atomic():
        moved = {
            "beat": F("beat") + 1,
            "version": F("version") + (1 if joined or left else 0),
            **load._asdict(),
            "code": CODE,
        }
        if not Worker.objects.filter(pk=worker_id).update(**moved):
            Worker.objects.create(pk=worker_id, version=1, code=CODE, **load._asdict())
            joined = present
        Presence.objects.bulk_create(
            [Presence(worker_id=worker_id, room_id=room_id, person_id=person_id) for room_id, person_id in joined],
            ignore_conflicts=True,
        )
        gone: dict[int, list[int]] = {}
        for room_id, person_id in left:
            gone.setdefault(room_id, []).append(person_id)
        for room_id, people in gone.items():
            Presence.objects.filter(worker_id=worker_id, room_id=room_id, person_id__in=people).delete()


def check_generation(code: int) -> None:
    """Refuse what a worker of an earlier generation does not know, while one is running."""
    if Worker.objects.filter(code__lt=code).exists():
        detail = "The site is being updated. Try again in a minute."
        raise ActionError(Code.UNAVAILABLE, detail, retry_after=60.0)


def remove_workers(worker_ids: Collection[uuid.UUID]) -> None:
    """Delete all rows of workers that have ended, and free their leases and jobs."""
    with transaction.atomic():
        leases.release_all(worker_ids)
        queue.release_all(worker_ids)
        Presence.objects.filter(worker_id__in=worker_ids).delete()
        Worker.objects.filter(pk__in=worker_ids).delete()
