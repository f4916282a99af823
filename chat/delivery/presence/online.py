"""Presence of partners: of the people with whom someone who is connected shares an open direct conversation.

A person is online while they have any room open, in any process. No one is told which room. All changes within two
seconds are sent in one frame.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from math import ceil

from chat.broadcast import Event
from chat.delivery.presence.partner_rows import NO_ONE, Partners, partners_of
from chat.delivery.presence.unread import Connections, Reader
from chat.delivery.presence.unread_state import Due, Pair
from chat.protocol import Online

# People in one read.
LOAD_AT_ONCE = 500
# Parts into which people are divided for the comparison with the database.
PARTS = 10

Index = defaultdict[int, set[int]]


class OnlinePartners:
    """Keeps the partners of the people who are connected to this process, and sends them who comes and goes.

    `online` returns the ids of everyone who is online, and `views` the rooms that a person has open here.
    """

    def __init__(
        self,
        connections: Connections,
        database: Reader,
        online: Callable[[], set[int]],
        views: Callable[[int], Collection[int]],
    ) -> None:
        self._connections, self._database = connections, database
        self._find_online, self._views = online, views
        self._partners: dict[int, Partners] = {}
        # The people who hear of a partner, and those of a conversation that one of its people has closed.
        self._watchers: Index = defaultdict(set)
        self._closed: Index = defaultdict(set)
        self._online: set[int] = set()  # as of the last frames
        self._first: set[Pair] = set()  # new connections, which need all partners
        self._due: Due[int] = Due()  # people whose partners have to be read
        self._to_compare: list[int] = []

    def enter(self, person_id: int, room_id: int) -> None:
        self._first.add((person_id, room_id))
        self._due.add(person_id)

    def leave(self, person_id: int) -> None:
        """Forget a person who has no connection any more."""
        if not self._views(person_id):
            self._keep(person_id, NO_ONE)

    def take(self, event: Event) -> None:
        """Take a broadcast from `broadcast.publish_moved`. A message opens a conversation again that was closed."""
        for room_id, _ in event.get("heads", ()):
            self._due.update(self._closed.get(room_id, ()))
        people = [person_id for person_id, _ in event.get("memberships", ())]
        self._due.update(it for it in [*people, *event.get("people", ())] if self._views(it))

    async def compare(self) -> None:
        """Read the partners of a tenth of the people again, in case that a broadcast was lost."""
        self._to_compare = self._to_compare or list(self._partners)
        number = ceil(len(self._partners) / PARTS)
        self._due.update(self._to_compare[:number])
        del self._to_compare[:number]

    async def refresh(self) -> None:
        """Read what is due, and send what has changed. This is called about every two seconds.

        The event loop goes on between the parts, each with at most `LOAD_AT_ONCE` people whose partners were read.
        """
        with self._due.taken() as due:
            people = [it for it in due if self._views(it)]
            for start in range(0, max(len(people), 1), LOAD_AT_ONCE):
                part = people[start : start + LOAD_AT_ONCE]
                self._tell(await self._database.read(partners_of, part) if part else {})

    def _tell(self, found: Mapping[int, Partners]) -> None:
        """Take over the partners that were read, and tell people what has changed for them."""
        if not found and not self._partners:
            return
        before = {person_id: self._of(person_id) & self._online for person_id in found}
        for person_id, partners in found.items():
            self._keep(person_id, partners if self._views(person_id) else NO_ONE)
        was, self._online = self._online, self._find_online()
        moved = {it for partner in was ^ self._online for it in self._watchers.get(partner, ())}
        texts: dict[tuple[object, ...], str] = {}
        for person_id in found.keys() | moved:
            people = self._of(person_id)
            known = before.get(person_id, people & was)
            self._send(person_id, known, people & self._online, texts)
        self._first = {pair for pair in self._first if pair[0] not in found and self._views(pair[0])}

    def _of(self, person_id: int) -> frozenset[int]:
        return self._partners.get(person_id, NO_ONE).people

    def _keep(self, person_id: int, partners: Partners) -> None:
        before = self._partners.pop(person_id, NO_ONE)
        _move(self._watchers, person_id, before.people, partners.people)
        _move(self._closed, person_id, before.closed_rooms, partners.closed_rooms)
        if partners != NO_ONE:
            self._partners[person_id] = partners

    def _send(
        self, person_id: int, known: frozenset[int], now: frozenset[int], texts: dict[tuple[object, ...], str]
    ) -> None:
        """Send the difference. New connections of someone who has partners get all that are online, or an empty list.

        Equal frames are encoded once.
        """
        for view in self._views(person_id):
            is_first = (person_id, view) in self._first
            on, off = (now, NO_ONE.people) if is_first else (now - known, known - now)
            if on or off or (is_first and self._of(person_id)):
                key = (on, off)
                text = texts.get(key) or texts.setdefault(key, Online(on=sorted(on), off=sorted(off)).encode())
                self._connections.send_to_person(person_id, view, text)


def _move(index: Index, person_id: int, before: Iterable[int], now: Collection[int]) -> None:
    """Move a person from the keys before to those of now. A key without people is removed."""
    for key in before:
        index[key].discard(person_id)
        if not index[key]:
            del index[key]
    for key in now:
        index[key].add(person_id)
