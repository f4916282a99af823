"""The access check: it closes the connections of people who have lost access, and takes over names and statuses."""

from collections.abc import Iterable

from chat import serializers
from chat.broadcast import Event
from chat.delivery.admission import access
from chat.delivery.connection import Connection
from chat.delivery.open_rooms import OpenRooms
from chat.delivery.presence.roster import Roster
from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.process.tasks import PeriodicTask
from chat.protocol import Close, People

ACCESS_SECONDS = 4.0


class AccessCheck(PeriodicTask):
    """Checks all connections of this process."""

    def __init__(self, rooms: OpenRooms, roster: Roster, database: DatabaseThreads):
        super().__init__(self.check, ACCESS_SECONDS)
        self._rooms, self._roster, self._database = rooms, roster, database
        self._held: set[Connection] = set()

    def take(self, event: Event) -> None:
        """Check soon. Hold back messages meanwhile from those whom the event names, so that they get no more of them.

        Without this, someone who was removed would get what is posted until the check has read the database.
        """
        for person_id, room_id in event.get("memberships", ()):
            self._hold(self._rooms.connections_of(person_id, room_id))
        for room_id in event.get("rooms", ()):
            self._hold(self._rooms.connections_to(room_id))
        self.trigger()

    def _hold(self, connections: Iterable[Connection]) -> None:
        for connection in connections:
            connection.pump.hold()
            self._held.add(connection)

    async def check(self) -> None:
        """Read the access of all connections, and apply what has changed. Then release those that were held before."""
        held, self._held = self._held, set()
        try:
            await self._check()
        except BaseException:
            self._held |= held
            raise
        for connection in held - self._held:
            connection.pump.release()

    async def _check(self) -> None:
        connections = list(self._rooms.connections())
        if not connections:
            return
        pairs = {(it.room_id, it.person.id) for it in connections}
        found = await self._database.read(access.check_all, {it.credential for it in connections}, pairs)
        for connection in connections:
            self._apply(connection, found)

    def _apply(self, connection: Connection, found: access.CurrentAccess) -> None:
        pair = (connection.room_id, connection.person.id)
        if connection.credential in found.revoked:
            connection.disconnect("signed_out", Close.UNAUTHENTICATED)
            return
        if pair in found.without_access:
            connection.disconnect("removed", Close.FORBIDDEN)
            return
        was_hiding = connection.hides_others
        connection.update_status(found.statuses.get(pair))
        if connection.hides_others != was_hiding:
            self._show_or_hide_others(connection)
        if (person := serializers.person(found.people[connection.person.id])) != connection.person:
            connection.person = person
            self._roster.change(person)

    def _show_or_hide_others(self, connection: Connection) -> None:
        """Tell someone in a conversation that the others are here, or after a block that they have gone."""
        here = self._roster.here(connection.room_id)
        others = [person for person in here.values() if person.id != connection.person.id]
        if connection.hides_others:
            connection.send(People(joined=[], left=[person.id for person in others], count=1))
        else:
            connection.send(People(joined=others, left=[], count=len(here)))
