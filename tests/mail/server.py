"""A mail server on the loopback interface that fails as a test asks."""

import asyncio
from typing import Any

from aiosmtpd.controller import Controller

HANG, DISCONNECT = "hang", "disconnect"


class Behaviour:
    """Answers each command with success, or as `answers` says: with a line, by hanging, or by a closed connection.

    `taken` are the emails that the server has taken, also those for which it then sent no answer.
    """

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.taken: list[Any] = []

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.mail_from = address
        return await self._answer("MAIL", server)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        return await self._answer("RCPT", server)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answers.get("DATA") in (None, HANG, DISCONNECT):
            self.taken.append(envelope)
        return await self._answer("DATA", server)

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:
        return await self._answer("QUIT", server)

    async def _answer(self, command: str, server: Any) -> str:
        answer = self.answers.get(command, "221 Bye" if command == "QUIT" else "250 OK")
        if answer == HANG:
            await asyncio.get_running_loop().create_future()  # until the server stops
        elif answer == DISCONNECT:
            server.transport.abort()
        return answer


class MailServer(Controller):
    """The server in a thread of its own, on a free port."""

    def __init__(self, **options: Any) -> None:
        self.behaviour = Behaviour()
        super().__init__(self.behaviour, hostname="127.0.0.1", port=0, **options)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
