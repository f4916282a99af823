"""A client group in which some lose a right, and the time at which each notices."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence

from benchmarks.load.client_group import ClientGroup
from benchmarks.load.connection import Connection
from benchmarks.load.dialect import Decoded, Visitor
from benchmarks.load.dialects import Site
from chat import protocol

ORIGIN = "http://127.0.0.1"
SHUT_OUT = tuple(f"closed with {code}" for code in (protocol.Close.UNAUTHENTICATED, protocol.Close.FORBIDDEN))


class Watching(Site):
    """The site's dialect for clients that only listen. A client without a token has a cookie, as a browser does. A
    notice says that the person is muted now or has a role."""

    def headers(self, visitor: Visitor) -> dict[str, str]:
        if "=" not in visitor.token:
            return super().headers(visitor)
        return {"Sec-WebSocket-Protocol": self.subprotocol, "Cookie": visitor.token, "Origin": ORIGIN}

    def notice(self, frame: protocol.Frame) -> Decoded:
        if isinstance(frame, protocol.StandingChanged):
            is_special = frame.standing.role != "member" or frame.standing.muted_until is not None
            return Decoded(notice=frame if is_special else None)
        return Decoded() if isinstance(frame, protocol.Bye) else super().notice(frame)


class Observer(ClientGroup):
    """Clients that note a revocation. `noticed_at` is by name; `names` maps credentials to names."""

    def __init__(self, ports: Sequence[int], names: Mapping[str, str]):
        super().__init__(Watching(), ports)
        self.noticed_at: dict[str, float] = {}
        self._news = asyncio.Event()
        self._names = names

    def received(self, connection: Connection, decoded: Decoded) -> None:
        super().received(connection, decoded)
        if decoded.notice:
            self._note(connection)

    def closed(self, connection: Connection, reason: str) -> None:
        if reason.startswith(SHUT_OUT) and connection in self.connections:
            self._note(connection)
            self.connections.remove(connection)
        else:
            super().closed(connection, reason)

    async def until_noticed_by(self, names: Collection[str]) -> None:
        while not self.noticed_at.keys() >= set(names):
            self._news.clear()
            await self._news.wait()

    def _note(self, connection: Connection) -> None:
        self.noticed_at.setdefault(self._names[connection.visitor.token], time.perf_counter())
        self._news.set()
