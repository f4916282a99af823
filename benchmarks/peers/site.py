"""This site, on the servers and databases it runs on."""

import itertools
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import audit
from benchmarks.chunks import Row
from benchmarks.load.dialect import Visitor, number_of
from benchmarks.load.dialects import Site
from benchmarks.peers.peer import Missing, Peer, Running
from benchmarks.processes import Process
from benchmarks.server import make_people, prepare, settings
from benchmarks.workers import backends
from benchmarks.workers.fleet import Fleet

LOBBY = "lobby"


@dataclass(frozen=True, slots=True)
class Shape:
    """The setup of the site. `layer` says whether its workers share a Valkey."""

    server: str = "uvicorn"
    workers: int = 1
    database: str = "sqlite"
    layer: bool = False


class RunningSite(Running):
    """Its processes are the workers and all that they share: `parts` has them by name."""

    def __init__(self, fleet: Fleet, shared: Mapping[str, Process], environment: dict[str, str], start_seconds: float):
        super().__init__(fleet.ports, [], start_seconds)
        self.environment = environment
        self.parts: dict[str, Callable[[], Sequence[Process]]] = {"workers": fleet.workers}
        self.parts |= {name: lambda process=process: [process] for name, process in shared.items()}  # type: ignore[misc]
        self._welcome = len(self._rows(LOBBY))

    def processes(self) -> Sequence[Process]:
        return [process for part in self.parts.values() for process in part()]

    def invite(self, clients: int, rooms: int = 1) -> list[Visitor]:
        slugs = [LOBBY] if rooms == 1 else make_people(self.environment, rooms, "rooms")
        tokens = make_people(self.environment, clients)
        return [Visitor(slug, token) for token, slug in zip(tokens, itertools.cycle(slugs), strict=False)]

    def stored(self, room: str) -> list[int]:
        """Return the posts in the database, read without the site's code."""
        return [number_of(row.body) for row in self._rows(room)[self._welcome if room == LOBBY else 0 :]]

    def _rows(self, room: str) -> list[Row]:
        return audit.stored_rows(self.environment["DATABASE_URL"], room)


def starting(
    shape: Shape, fill: Callable[[dict[str, str]], None] = lambda environment: None
) -> Callable[[Path], AbstractContextManager[RunningSite]]:
    """Return a function that starts such a site. It calls `fill` with the environment before the start."""

    @contextmanager
    def start(directory: Path) -> Iterator[RunningSite]:
        with ExitStack() as stack:
            database_url, redis_url, shared = f"sqlite:///{directory / 'db.sqlite3'}", "", dict[str, Process]()
            if shape.database == "postgresql":
                database_url, shared["PostgreSQL"] = stack.enter_context(backends.postgresql(directory))
            if shape.layer:
                layer = stack.enter_context(backends.valkey(directory))
                redis_url, shared["Valkey"] = layer.url, layer.process
            environment = os.environ | settings(directory, database_url, redis_url)
            prepare(environment)
            fill(environment)
            fleet = Fleet(directory, environment, shape.workers, server=shape.server)
            stack.callback(fleet.stop)
            began_at = time.perf_counter()
            fleet.start()
            yield RunningSite(fleet, shared, environment, time.perf_counter() - began_at)

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
