"""One room under load: `python -m benchmarks.room --server uvicorn --clients 1000 --posters 20 --posts 2000`.

Exits with 1 if a single message was lost, doubled, misplaced or altered anywhere.
"""

import argparse
import asyncio
import gc
import os
import platform
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import msgspec

from benchmarks import audit, report
from benchmarks.client_group import ClientGroup
from benchmarks.machine import allow_files, cores, loop_factory
from benchmarks.server import Server, free_port, make_people, running
from chat import protocol

ROOM = "lobby"
SPARE_FILES = 200
SHOWN_DIFFERENCES = 20


@dataclass(frozen=True, slots=True)
class Run:
    """One run, as written to a file: its options, the machine and the results."""

    server: str
    server_version: str
    python: str
    machine: str
    generator_loop: str
    pinned: bool
    posters: int
    outstanding: int
    figures: report.Figures
    differences: int


def main() -> int:
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that the server is stopped, too
    allow_files(options.clients + SPARE_FILES)
    server_core, client_core = cores()
    if client_core is not None:
        os.sched_setaffinity(0, {client_core})
    with tempfile.TemporaryDirectory(prefix="benchmark-") as directory:
        with running(options.server, Path(directory), options.port or free_port(), server_core) as server:
            held = audit.stored_rows(server.database_url, ROOM)
            group, figures = in_fast_loop(options, server)
        rows = audit.stored_rows(server.database_url, ROOM)[len(held) :]
    differences = group.failures + group.posting.failures
    differences += audit.audit([client.log for client in group.clients], group.posting.sent, rows)
    show(options, figures, differences)
    if options.json:
        write(options, figures, len(differences), pinned=client_core is not None)
    return 1 if differences else 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.room", description=__doc__)
    parser.add_argument("--server", choices=["uvicorn", "daphne"], default="uvicorn")
    parser.add_argument("--clients", type=int, default=1000, help="connections, each a person of its own")
    parser.add_argument("--posters", type=int, default=20, help="how many of them post")
    parser.add_argument("--posts", type=int, default=2000, help="messages in all")
    parser.add_argument("--outstanding", type=int, default=20, help="posts each poster has on the way")
    parser.add_argument("--patience", type=float, default=30, help="seconds without movement after which to give up")
    parser.add_argument("--port", type=int, default=0, help="of the server; a free one by default")
    parser.add_argument("--json", type=Path, help="a file to write the figures to")
    options = parser.parse_args(arguments)
    if not 0 < options.posters <= options.clients or options.posts < 1:
        parser.error("there must be a post, and 1 to --clients posters")
    if not 0 < options.outstanding <= protocol.MAX_UNANSWERED:
        parser.error(f"--outstanding: the protocol allows 1 to {protocol.MAX_UNANSWERED}")
    return options


def in_fast_loop(options: argparse.Namespace, server: Server) -> tuple[ClientGroup, report.Figures]:
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(measure(options, server))


async def measure(options: argparse.Namespace, server: Server) -> tuple[ClientGroup, report.Figures]:
    """Connect everyone, let the posters post, and disconnect everyone."""
    group = ClientGroup(server.port, ROOM)
    tokens = make_people(server.environment, options.clients)
    before = server.resident_bytes()
    connect_seconds = await group.connect(tokens)
    await group.rest(options.patience)
    idle, idle_frames = server.resident_bytes(), group.frames
    # Pauses of the load generator would look like pauses of the server.
    gc.freeze()
    gc.disable()
    started, server_cpu, generator_cpu = time.perf_counter(), server.cpu_seconds(), time.process_time()
    await group.post(options.posts, options.posters, options.outstanding, options.patience)
    load = report.Load(
        time.perf_counter() - started, server.cpu_seconds() - server_cpu, time.process_time() - generator_cpu
    )
    memory = report.Memory(before, idle, server.resident_bytes(), server.peak_resident_bytes())
    group.leave()
    return group, report.figures(group, load, memory, connect_seconds, idle_frames)


def show(options: argparse.Namespace, figures: report.Figures, differences: list[str]) -> None:
    print(
        f"{options.server} {version(options.server)}, Python {platform.python_version()}: {options.clients:,} clients,"
        f" {options.posters} posters with {options.outstanding} posts on the way each"
    )
    print(report.table(figures))
    if figures.generator_cpu_share > report.BUSY_SHARE:
        print("The load generator was busy: the server may be faster than these figures.")
    for difference in differences[:SHOWN_DIFFERENCES]:
        print(f"  {difference}")
    print(f"audit            {f'{len(differences):,} differences' if differences else 'every log equals the database'}")


def write(options: argparse.Namespace, figures: report.Figures, differences: int, *, pinned: bool) -> None:
    run = Run(
        server=options.server,
        server_version=version(options.server),
        python=platform.python_version(),
        machine=platform.platform(),
        generator_loop=loop_factory().__module__,
        pinned=pinned,
        posters=options.posters,
        outstanding=options.outstanding,
        figures=figures,
        differences=differences,
    )
    options.json.write_bytes(msgspec.json.format(msgspec.json.encode(run)) + b"\n")


if __name__ == "__main__":
    sys.exit(main())
