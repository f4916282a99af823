"""This site, on the servers and databases it runs on."""

import asyncio
import itertools
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.load.dialect import Visitor
from benchmarks.load.dialects import Site
from benchmarks.load.rows import Row, stored_rows
from benchmarks.peers.peer import Missing, Peer, Running
from benchmarks.processes import Process
from benchmarks.server import UNLIMITED, make_people, prepare, settings
from benchmarks.workers import backends, counters
from benchmarks.workers.backends import Valkey
from benchmarks.workers.fleet import Fleet, OnePort

LOBBY = "lobby"
Parts = Mapping[str, Callable[[], Sequence[Process]]]


@dataclass(frozen=True, slots=True)
class Shape:
    """The setup of the site. `layer` says whether its workers share a Valkey, `one_port` whether they are one
    `uvicorn --workers`; `port` is that of the first, or 0 for free ones. `environment` holds further settings."""

    server: str = "uvicorn"
    workers: int = 1
    database: str = "sqlite"
    layer: bool = False
    one_port: bool = False
    port: int = 0
    environment: Mapping[str, str] = field(default_factory=lambda: UNLIMITED)


class RunningSite(Running):
    """The workers of a site and the `shared` backends. `parts` has the processes of each by name."""

    def __init__(
        self, fleet: Fleet, shared: Parts, layer: Valkey | None, environment: dict[str, str], start_seconds: float
    ):
        super().__init__(fleet.ports, [], start_seconds)
        self.fleet, self.shared, self.layer, self.environment = fleet, shared, layer, environment
        self.parts: Parts = {"workers": fleet.workers, **shared}
        self._welcome = len(self._rows(LOBBY))

    def processes(self) -> Sequence[Process]:
        return [process for part in self.parts.values() for process in part()]

    def invite(self, clients: int, rooms: int = 1) -> list[Visitor]:
        slugs = [LOBBY] if rooms == 1 else make_people(self.environment, rooms, "rooms")
        tokens = make_people(self.environment, clients)
        return [Visitor(slug, token) for token, slug in zip(tokens, itertools.cycle(slugs), strict=False)]

    def stored(self, room: str) -> list[Row]:
        return self._rows(room)[self._welcome if room == LOBBY else 0 :]

    async def counts(self) -> Counter[str]:
        """Return the counts of the running workers since their start, and those of the database and the layer."""
        counted = await asyncio.to_thread(self.fleet.counts)
        counted["postgresql_connections"] = counters.database_connections(self.environment["DATABASE_URL"])
        counted["broadcasts"] = counters.broadcasts(self.layer)
        return counted

    def _rows(self, room: str) -> list[Row]:
        return stored_rows(self.environment["DATABASE_URL"], room)


def starting(
    shape: Shape, fill: Callable[[dict[str, str]], None] = lambda environment: None
) -> Callable[[Path], AbstractContextManager[RunningSite]]:
    """Return a function that starts such a site. It calls `fill` with the environment before the start."""

    @contextmanager
    def start(directory: Path) -> Iterator[RunningSite]:
        with ExitStack() as stack:
            database_url, layer = f"sqlite:///{directory / 'db.sqlite3'}", None
            shared: dict[str, Callable[[], Sequence[Process]]] = {}
            if shape.database == "postgresql":
                cluster = stack.enter_context(backends.postgresql(directory))
                database_url, shared["PostgreSQL"] = cluster.address, lambda: [cluster.process]
            if shape.layer:
                valkey = layer = stack.enter_context(backends.valkey(directory))
                shared["Valkey"] = lambda: [valkey.process]
            environment = os.environ | settings(directory, database_url, layer.url if layer else "")
            environment |= shape.environment
            prepare(environment)
            fill(environment)
            kind = OnePort if shape.one_port else Fleet
            fleet = kind(directory, environment, shape.workers, shape.port, shape.server)
            stack.callback(fleet.stop)
            began_at = time.perf_counter()
            fleet.start()
            yield RunningSite(fleet, shared, layer, environment, time.perf_counter() - began_at)

    return start


def _find_postgresql() -> None:
    try:
        backends.programs()
    except FileNotFoundError as error:
        raise Missing(str(error)) from error


def _site(name: str, label: str, stores: str, shape: Shape) -> Peer:
    prepare = _find_postgresql if shape.database == "postgresql" else lambda: None
    return Peer(name, label, Site(), starting(shape), stores, prepare)


UVICORN = _site("site", "Chatsite, uvicorn", "SQLite", Shape())
DAPHNE = _site("site-daphne", "Chatsite, Daphne", "SQLite", Shape(server="daphne"))
POSTGRESQL = _site("site-postgresql", "Chatsite, uvicorn, PostgreSQL", "PostgreSQL", Shape(database="postgresql"))
TWO_WORKERS = _site(
    "site-two", "Chatsite, two workers, PostgreSQL", "PostgreSQL", Shape(workers=2, database="postgresql", layer=True)
)
