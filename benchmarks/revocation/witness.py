"""A crowd of which some lose a right, and when each of them feels it."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence

import msgspec

from benchmarks.load.crowd import Crowd
from benchmarks.load.dialect import Heard, Visitor
from benchmarks.load.dialects import Site
from benchmarks.load.line import Line
from chat import protocol

ORIGIN = "http://127.0.0.1"
SHUT_OUT = tuple(f"closed with {code}" for code in (protocol.Close.UNAUTHENTICATED, protocol.Close.FORBIDDEN))


class Told(Heard):
    """That somebody is muted now, or has a role."""


class Watching(Site):
    """The site's dialect for those who only listen. Who has no token has a cookie, and is a browser."""

    def __init__(self) -> None:
        super().__init__()
        self._farewells = msgspec.json.Decoder(protocol.StandingChanged | protocol.Bye)

    def headers(self, visitor: Visitor) -> dict[str, str]:
        if "=" not in visitor.token:
            return super().headers(visitor)
        return {"Sec-WebSocket-Protocol": self.subprotocol, "Cookie": visitor.token, "Origin": ORIGIN}

    def hear(self, payload: bytes) -> Heard:
        if not payload.startswith((b'{"type":"standing"', b'{"type":"bye"')):
            return super().hear(payload)
        frame = self._farewells.decode(payload)
        if isinstance(frame, protocol.StandingChanged):
            is_special = frame.standing.role != "member" or frame.standing.muted_until is not None
            return Told() if is_special else Heard()
        return Heard()


class Witness(Crowd):
    """`felt` is when whoever has this name was told or closed; `names` are by what they come in with."""

    def __init__(self, ports: Sequence[int], names: Mapping[str, str]):
        super().__init__(Watching(), ports)
        self.felt: dict[str, float] = {}
        self._news = asyncio.Event()
        self._names = names

    def told(self, line: Line, heard: Heard) -> None:
        super().told(line, heard)
        if isinstance(heard, Told):
            self._feel(line)

    def closed(self, line: Line, reason: str) -> None:
        if reason.startswith(SHUT_OUT) and line in self.lines:
            self._feel(line)
            self.lines.remove(line)
        else:
            super().closed(line, reason)

    async def until_felt_by(self, names: Collection[str]) -> None:
        while not self.felt.keys() >= set(names):
            self._news.clear()
            await self._news.wait()

    def _feel(self, line: Line) -> None:
        self.felt.setdefault(self._names[line.visitor.token], time.perf_counter())
        self._news.set()
