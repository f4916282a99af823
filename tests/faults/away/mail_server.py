"""A mail server that keeps what it takes, and stops or breaks things at a stage of an email."""

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller

# The stages: before the server has an email, and after it has one but before it says so.
BEFORE, AFTER = "MAIL", "DATA"
NOTE, MORE = re.compile(r"\bnote (\d+)\."), re.compile(r"^and (\d+) more\r?$", re.MULTILINE)
# Begins the part of a room.
RULE = "--------"


@dataclass(frozen=True)
class Mail:
    """An email that the server has taken.

    Each entry of `rooms` has the notes of one room and how many more it has. Times are of the monotonic clock.
    """

    address: str
    rooms: tuple[tuple[tuple[int, ...], int], ...]
    began_at: float

    @property
    def notes(self):
        return [number for numbers, _ in self.rooms for number in numbers]


def rooms_of(text):
    for part in text.split(RULE):
        if numbers := NOTE.findall(part):
            more = MORE.search(part)
            yield tuple(map(int, numbers)), int(more[1]) if more else 0


class Handler:
    """`at` has a coroutine function for a stage. It gets the address of the client."""

    def __init__(self):
        self.at, self.mails = {}, []

    async def handle_MAIL(self, server, session, envelope, address, options):
        session.began_at = time.monotonic()
        envelope.mail_from = address
        await self._stage(BEFORE, session)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        text = message_from_bytes(envelope.content, policy=policy.default).get_body(("plain",)).get_content()
        self.mails.append(Mail(envelope.rcpt_tos[0], tuple(rooms_of(text)), session.began_at))
        await self._stage(AFTER, session)
        return "250 OK"

    async def _stage(self, stage, session):
        if stage in self.at:
            await self.at[stage](session.peer)


class MailServer(Controller):
    """The server in a thread of its own, on a free port."""

    def __init__(self):
        super().__init__(Handler(), hostname="127.0.0.1", port=0)

    @property
    def mails(self):
        return self.handler.mails

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    @contextmanager
    def at(self, stage, act):
        """Call `await act(client)` for each email at this stage, in the server's thread."""
        self.handler.at[stage] = act
        try:
            yield
        finally:
            self.handler.at.pop(stage, None)
