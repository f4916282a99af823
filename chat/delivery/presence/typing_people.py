"""Who is typing in the rooms of this process. It passes by itself: nobody types for ever because a line broke."""

import asyncio
from collections.abc import Callable

from chat.protocol import TYPING_TTL_SECONDS, PersonData, Typing


class TypingPeople:
    """`send(room_id, frame, except_person)` is called when somebody starts or stops."""

    def __init__(self, send: Callable[[int, str, int], None]):
        self._send = send
        self._until: dict[tuple[int, int], asyncio.TimerHandle] = {}

    def set(self, room_id: int, person: PersonData, on: bool) -> None:
        """What a broadcast says. Going on typing prolongs it, without telling it again."""
        known = self._until.pop((room_id, person.id), None)
        if known:
            known.cancel()
        if on:
            loop = asyncio.get_running_loop()
            self._until[room_id, person.id] = loop.call_later(TYPING_TTL_SECONDS, self.set, room_id, person, False)
        if on != bool(known):
            self._send(room_id, Typing(person=person, on=on).encode(), person.id)

    def stop(self) -> None:
        for timer in self._until.values():
            timer.cancel()
