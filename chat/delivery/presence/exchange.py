"""The exchange of presence with the other workers: this worker's report, and what it reads of theirs."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress

from django.db import DatabaseError, Error

from chat import broadcast, protocol
from chat.actions import presence as actions
from chat.actions.presence import IDLE, Load, PresenceKey
from chat.delivery.presence.roster import Claims, PeopleById, Roster
from chat.delivery.process.db_threads import DatabaseThreads
from chat.models import Presence, Worker

log = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
# Timeout of the last look for other processes during a shutdown, when the database may hang.
OTHERS_TIMEOUT_SECONDS = 1.0


class PresenceExchange:
    """Stores the roster's people under a lease, and merges those of the other workers into it.

    `load()` returns the load to report. `forget` gets the workers that died. With `has_local_layer`, other workers are
    warned of once.
    """

    def __init__(
        self,
        roster: Roster,
        database: DatabaseThreads,
        load: Callable[[], Load],
        forget: Callable[[Iterable[str]], None],
        *,
        has_local_layer: bool,
    ):
        self._roster, self._database, self._load, self._forget = roster, database, load, forget
        self._reported_at = float("-inf")
        self._may_warn = has_local_layer

    async def report(self) -> None:
        """Renew the lease every few seconds, and at once when someone entered or left."""
        now = time.monotonic()
        if self._roster.has_changes() or now - self._reported_at > BEAT_SECONDS:
            claims = self._roster.next_report()
            await self._database.write(store_claims, *claims, self._load())
            self._roster.reported(claims[1])
            self._reported_at = now

    async def merge(self) -> None:
        """Take over the claims of the other workers, and remove those of dead ones."""
        claims = await self._database.read(read_claims, self._roster.worker_id, self._roster.known_versions())
        if dead := self._roster.merge(claims):
            await self._database.write(actions.remove_workers, dead)
            self._forget(map(str, dead))
        if self._may_warn and self._roster.has_other_workers:
            self._may_warn = False
            log.warning(
                "Other processes use this database, but REDIS_URL is not set. Messages between processes arrive up to "
                "two seconds late, and each process has its own rate limits."
            )

    async def is_alone(self) -> bool:
        """Return whether no other process serves the same database, now or when it was last read."""
        with suppress(TimeoutError, Error):
            async with asyncio.timeout(OTHERS_TIMEOUT_SECONDS):
                await self.merge()
        return self._roster.is_alone

    def withdraw(self) -> None:
        """Remove this worker's presence, so that a regular exit leaves no lease to expire."""
        try:
            actions.remove_workers([self._roster.worker_id])
        except DatabaseError:
            log.warning("Could not remove this worker's presence. Its people are shown until its lease expires.")


def store_claims(
    worker_id: uuid.UUID, keys: set[PresenceKey], added: set[PresenceKey], removed: set[PresenceKey], load: Load = IDLE
) -> None:
    """Store this worker's claims, and tell the other workers if any were added or removed."""
    actions.report(worker_id, keys, added, removed, load)
    if added or removed:
        broadcast.publish(broadcast.presence_moved(str(worker_id)))


def read_claims(me: uuid.UUID, known: dict[uuid.UUID, int]) -> dict[uuid.UUID, Claims]:
    """Return the claims of all other workers: one query for their versions, and one for each version that changed."""
    claims = {}
    for worker in Worker.objects.exclude(pk=me):
        rooms = None if known.get(worker.pk) == worker.version else _people_of(worker)
        claims[worker.pk] = Claims(worker.beat, worker.version, rooms)
    return claims


def _people_of(worker: Worker) -> dict[int, PeopleById]:
    rooms: dict[int, PeopleById] = {}
    rows = Presence.objects.filter(worker=worker).order_by("pk")
    columns = (f"person__{name}" for name in ("name", "is_guest", "color", "avatar", "is_bot"))
    for room_id, person_id, *look, is_bot in rows.values_list("room_id", "person_id", *columns):
        fields = [*look, bool(is_bot)]
        rooms.setdefault(room_id, {})[person_id] = protocol.PersonData(person_id, *fields)
    return rooms
