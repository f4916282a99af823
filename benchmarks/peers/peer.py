"""A server that can be measured, and one that runs."""

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from benchmarks.load.audit import Stored
from benchmarks.load.dialect import Dialect, Visitor
from benchmarks.machine import cores, on_core
from benchmarks.processes import Process
from benchmarks.server import BASE_DIR, free_port, stop, wait_until_it_answers

VAR = BASE_DIR / "var" / "bench"

Up = TypeVar("Up", bound="Running")
Start = Callable[[Path], AbstractContextManager["Running"]]


class Missing(Exception):
    """A missing requirement of a peer on this machine, as a sentence."""


@dataclass(frozen=True, slots=True)
class Peer:
    """`stores` says where messages are kept, if they are. `prepare` gets what is needed, or raises `Missing`."""

    name: str
    label: str
    dialect: Dialect
    start: Start
    stores: str = ""
    prepare: Callable[[], object] = lambda: None

    @property
    def is_ours(self) -> bool:
        return self.name.startswith("site")


class Running:
    """A server that answers at `ports` and took `start_seconds` to start. Anyone may connect under any name."""

    stored: Stored | None = None

    def __init__(self, ports: Sequence[int], pids: Sequence[int], start_seconds: float):
        self.ports, self.start_seconds, self._pids = ports, start_seconds, pids

    def processes(self) -> Sequence[Process]:
        return [Process(pid) for pid in self._pids]

    def invite(self, clients: int, rooms: int = 1) -> list[Visitor]:
        """So many people, spread evenly over so many rooms."""
        names = [f"room-{number}" for number in range(rooms)]
        return [Visitor(room, f"guest-{number}") for number, room in zip(range(clients), itertools.cycle(names))]


@contextmanager
def up(start: Callable[[Path], AbstractContextManager[Up]], *, pinned: bool = True) -> Iterator[Up]:
    """A server in a temporary directory, on a core of its own if it is `pinned`. Its console is shown at the end."""
    server_core, client_core = cores() if pinned else (None, None)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name, ExitStack() as stack:
        stack.callback(_show_console, Path(name))
        with on_core(server_core):
            running = stack.enter_context(start(Path(name)))
        with on_core(client_core):
            yield running


def _show_console(directory: Path) -> None:
    """Print the logs of the servers to stderr."""
    for console in sorted(directory.glob("*.log")):
        sys.stderr.write(console.read_text(errors="replace"))


@contextmanager
def program(command: Sequence[str], port: int, environment: dict[str, str], console: Path) -> Iterator[Running]:
    """A server process at `port`, answering. It is stopped at the end."""
    began_at = time.perf_counter()
    with console.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=BASE_DIR, env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_until_it_answers(process, port)
        yield Running([port], [process.pid], time.perf_counter() - began_at)
    finally:
        stop(process)


def simple(command: Callable[[int], Sequence[str]], **environment: str) -> Start:
    """A peer that is one program: `command` gives its command line for a port."""

    @contextmanager
    def start(directory: Path) -> Iterator[Running]:
        port = free_port()
        with program(command(port), port, environment, directory / "console.log") as running:
            yield running

    return start
