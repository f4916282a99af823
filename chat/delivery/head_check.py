"""The head check: it reads the heads of rooms and repairs what the channel layer lost."""

import time
from collections.abc import Callable

from chat import history
from chat.delivery.open_rooms import OpenRooms
from chat.delivery.presence.unread import UnreadCounts
from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.process.tasks import PeriodicTask
from chat.history import Head
from chat.protocol import Close
from chat.telemetry.counters import counts

HEAD_CHECK_SECONDS = 1.2
# The time between two checks of the rooms that nobody here is viewing, while broadcasts arrive.
OTHERS_SECONDS = 10.0


class HeadCheck(PeriodicTask):
    """Checks the open rooms, and less often the other rooms of connected people.

    `are_events_lost` returns whether broadcasts of other processes do not arrive at present.
    """

    def __init__(
        self, rooms: OpenRooms, unread: UnreadCounts, database: DatabaseThreads, are_events_lost: Callable[[], bool]
    ):
        super().__init__(self.check, HEAD_CHECK_SECONDS)
        self._rooms, self._unread, self._database = rooms, unread, database
        self._are_events_lost = are_events_lost
        self._checked_at = time.monotonic()
        self._others_checked_at = float("-inf")

    @property
    def lag_seconds(self) -> float:
        """Return the seconds since a head check last succeeded. No lost broadcast goes unnoticed for longer."""
        return time.monotonic() - self._checked_at

    def trigger_all(self) -> None:
        """Check all rooms soon, because broadcasts may have been lost."""
        self._others_checked_at = float("-inf")
        self.trigger()

    async def check(self) -> None:
        """Have each feed that is behind its room's head in the database read the changes there."""
        known = {room_id: (feed.epoch, feed.rev) for room_id, feed in self._rooms.feeds.items()}
        began_at = time.monotonic()
        is_others_turn = self._are_events_lost() or began_at - self._others_checked_at > OTHERS_SECONDS
        counted = self._unread.heads(None if is_others_turn else known)
        heads = await self._read_heads(known.keys() | counted.keys())
        if is_others_turn:
            self._others_checked_at = began_at
        for room_id, head in heads.items():
            if room_id in known and (feed := self._rooms.feeds.get(room_id)):
                feed.observe_head(head, known=known[room_id])
        for room_id in known.keys() - heads.keys():
            for connection in self._rooms.connections_to(room_id):
                connection.disconnect("room_gone", Close.NO_SUCH_ROOM)
        self._unread.observe_heads(heads, counted)

    async def _read_heads(self, rooms: set[int]) -> dict[int, Head]:
        began_at = time.monotonic()
        heads = await self._database.read(history.heads, list(rooms)) if rooms else {}
        self._checked_at = time.monotonic()
        if rooms:
            counts.head_check_seconds.observe(self._checked_at - began_at)
        return heads
