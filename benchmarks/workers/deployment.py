"""The site of one run, from the database up: made in a temporary directory, and gone with it."""

import argparse
import asyncio
import os
import secrets
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import Process
from benchmarks.server import prepare, settings
from benchmarks.workers import backends, counters
from benchmarks.workers.backends import Valkey
from benchmarks.workers.fleet import Fleet, OnePort


@dataclass(frozen=True, slots=True)
class Deployment:
    """The workers of a site and the backends they share. `parts` gives the processes of each by name."""

    fleet: Fleet
    environment: dict[str, str]
    database_url: str
    layer: Valkey | None
    parts: Mapping[str, Callable[[], Sequence[Process]]]

    async def counts(self) -> Counter[str]:
        """Return the counts of the running workers since their start, and those of the database and the layer."""
        counted = await asyncio.to_thread(self.fleet.counts)
        counted["postgresql_connections"] = counters.database_connections(self.database_url)
        counted["broadcasts"] = counters.broadcasts(self.layer)
        return counted


@contextmanager
def deployment(options: argparse.Namespace, workers: int) -> Iterator[Deployment]:
    """Run the site with this many workers until it answers."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
        parts: dict[str, Callable[[], Sequence[Process]]] = {}
        if options.database == "postgresql":
            database_url, server = stack.enter_context(backends.postgresql(directory))
            parts["PostgreSQL"] = lambda: [server]
        else:
            database_url = f"sqlite:///{directory / 'db.sqlite3'}"
        layer = stack.enter_context(backends.valkey(directory)) if options.layer == "valkey" else None
        if layer is not None:
            parts["Valkey"] = lambda: [layer.process]
        environment = os.environ | settings(directory, database_url, layer.url if layer else "")
        environment |= {"CHAT_METRICS": "1", "CHAT_METRICS_TOKEN": secrets.token_urlsafe()}
        prepare(environment)
        shape = OnePort if options.one_port else Fleet
        fleet = shape(directory, environment, workers, options.port)
        stack.callback(fleet.stop)
        fleet.start()
        yield Deployment(fleet, environment, database_url, layer, {**_each(fleet), **parts})


def _each(fleet: Fleet) -> dict[str, Callable[[], Sequence[Process]]]:
    """Return a part for every worker: the one that runs in its slot now, since workers are replaced."""
    return {
        f"worker {number + 1}": lambda number=number: fleet.workers()[number : number + 1]  # type: ignore[misc]
        for number in range(len(fleet.workers()))
    }
