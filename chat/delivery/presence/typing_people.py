"""The people typing in the rooms of this process. Each entry expires, so a lost connection leaves no one typing."""

import asyncio
from collections.abc import Callable

from chat.protocol import TYPING_TTL_SECONDS, PersonData, Typing


class TypingPeople:
    """Keeps the people typing. `send(room_id, frame, except_person)` is called when someone starts or stops."""

    def __init__(self, send: Callable[[int, str, int], None]):
        self._send = send
        self._until: dict[tuple[int, int], asyncio.TimerHandle] = {}

    def set(self, room_id: int, person: PersonData, on: bool) -> None:
        """Take the state from a broadcast. A repeated start extends the time and sends nothing."""
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
