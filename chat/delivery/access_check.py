"""The access check: it closes the connections of people who have lost access, and takes over names and statuses."""

from chat import serializers
from chat.delivery.admission import access
from chat.delivery.connection import Connection
from chat.delivery.open_rooms import OpenRooms
from chat.delivery.presence.roster import Roster
from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.process.tasks import PeriodicTask
from chat.protocol import Close

ACCESS_SECONDS = 4.0


class AccessCheck(PeriodicTask):
    """Checks all connections of this process."""

    def __init__(self, rooms: OpenRooms, roster: Roster, database: DatabaseThreads):
        super().__init__(self.check, ACCESS_SECONDS)
        self._rooms, self._roster, self._database = rooms, roster, database

    async def check(self) -> None:
        """Read the access of all connections at once, and apply what has changed."""
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
        connection.update_status(found.statuses.get(pair))
        if (person := serializers.person(found.people[connection.person.id])) != connection.person:
            connection.person = person
            self._roster.change(person)
