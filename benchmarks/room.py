"""One room under load: `python -m benchmarks.room --server uvicorn --clients 1000 --posters 20 --posts 2000`.

Exits with 1 if a single message was lost, doubled, misplaced or altered anywhere.
"""

import argparse
import math
import platform
import signal
import sys
from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import msgspec

from benchmarks.load.audit import audit
from benchmarks.load.client_group import ClientGroup
from benchmarks.load.dialects import Site
from benchmarks.load.figures import BUSY_SHARE, Figures, Watch, posts_of
from benchmarks.load.group import Workload
from benchmarks.load.run import in_fast_loop, without_pauses
from benchmarks.machine import allow_files, cores, loop_factory
from benchmarks.peers.peer import up
from benchmarks.peers.site import LOBBY, RunningSite, Shape, starting
from benchmarks.processes import MIB
from chat import protocol

SPARE_FILES = 200
SHOWN_DIFFERENCES = 20
TABLE = """\
posts acked      {posts:,.0f} · {posts_per_second:,.0f} a second · {retries:.0f} retries
deliveries       {deliveries:,.0f} · {deliveries_per_second:,.0f} a second · {messages_per_read:.1f} in a read
ack latency      p50 {ack_ms_p50:.1f} ms · p99 {ack_ms_p99:.1f} ms
post to all      p50 {to_all_ms_p50:.1f} ms · p99 {to_all_ms_p99:.1f} ms
server CPU       {cpu_us_per_delivery:.2f} µs per delivery · {server_cpu_share:.0%} of a core
server memory    {mib_alone:.0f} MiB alone · {mib_idle:.0f} idle · {mib_end:.0f} end · {mib_peak:.0f} peak
                 {kib_per_client:.0f} KiB per client
connecting       {connect_seconds:.2f} s
generator CPU    {generator_cpu_share:.0%} of a core"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run, as written to a file: its options, the machine and the results."""

    server: str
    server_version: str
    python: str
    machine: str
    generator_loop: str
    pinned: bool
    clients: int
    posters: int
    outstanding: int
    figures: Figures
    differences: int


def main() -> int:
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that the server is stopped, too
    allow_files(options.clients + SPARE_FILES)
    is_pinned = cores() != (None, None)
    with up(starting(Shape(server=options.server, port=options.port))) as site:
        group, figures = in_fast_loop(lambda: measure(options, site))
        differences = audit(group, site.stored)
    show(options, figures, differences)
    if options.json:
        write(options, figures, len(differences), pinned=is_pinned)
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


async def measure(options: argparse.Namespace, site: RunningSite) -> tuple[ClientGroup, Figures]:
    """Connect everyone, let the posters post, and disconnect everyone."""
    group, [process] = ClientGroup(Site(), site.ports), site.processes()
    visitors = site.invite(options.clients)
    alone = process.resident_bytes()
    connect_seconds = await group.connect(visitors)
    await group.rest(options.patience)
    idle = process.resident_bytes()
    workload = Workload(posters=options.posters, outstanding=options.outstanding, posts=options.posts)
    with without_pauses():
        watch = Watch(group, site.processes)
        await group.post(workload, options.patience)
        figures = watch.figures()
    memory = {"alone": alone, "idle": idle, "end": process.resident_bytes(), "peak": process.peak_resident_bytes()}
    await group.leave()
    figures |= {f"mib_{when}": size / MIB for when, size in memory.items()}
    figures["kib_per_client"] = (idle - alone) / 1024 / options.clients
    figures["connect_seconds"], figures["retries"] = connect_seconds, group.room(LOBBY).retries
    answered = [(post.at, post.answered_at) for post in posts_of(group).values() if post.answered_at]
    if answered:
        figures["posts_per_second"] = len(answered) / (max(at for _, at in answered) - min(at for at, _ in answered))
    return group, figures


def show(options: argparse.Namespace, figures: Figures, differences: list[str]) -> None:
    print(
        f"{options.server} {version(options.server)}, Python {platform.python_version()}: {options.clients:,} clients,"
        f" {options.posters} posters with {options.outstanding} posts on the way each"
    )
    print(TABLE.format_map(defaultdict(lambda: math.nan, figures)))
    if figures["generator_cpu_share"] > BUSY_SHARE:
        print("The load generator was busy: the server may be faster than these figures.")
    for difference in differences[:SHOWN_DIFFERENCES]:
        print(f"  {difference}")
    print(f"audit            {f'{len(differences):,} differences' if differences else 'every log equals the database'}")


def write(options: argparse.Namespace, figures: Figures, differences: int, *, pinned: bool) -> None:
    run = Run(
        server=options.server,
        server_version=version(options.server),
        python=platform.python_version(),
        machine=platform.platform(),
        generator_loop=loop_factory().__module__,
        pinned=pinned,
        clients=options.clients,
        posters=options.posters,
        outstanding=options.outstanding,
        figures=figures,
        differences=differences,
    )
    options.json.write_bytes(msgspec.json.format(msgspec.json.encode(run)) + b"\n")


if __name__ == "__main__":
    sys.exit(main())
