"""One room over many workers: `python -m benchmarks.workers --workers 4 --database postgresql --layer valkey`.

Exits with 1 if a single message was lost, doubled, misplaced or altered anywhere, or somebody was told to start afresh.
"""

import argparse
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.machine import allow_files
from benchmarks.peers.peer import up
from benchmarks.peers.site import starting
from benchmarks.room import SHOWN_DIFFERENCES, SPARE_FILES
from benchmarks.workers.figures import Figures
from benchmarks.workers.run import measured, shape_of
from benchmarks.workers.table import table
from chat import protocol


@dataclass(frozen=True, slots=True)
class Run:
    """One run, as written to a file."""

    workers: int
    asked: dict[str, str]
    figures: Figures
    differences: int


def main() -> int:
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that the servers are stopped, too
    allow_files(2 * options.clients + SPARE_FILES)
    runs = [one_run(options, workers) for workers in options.workers]
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(runs)) + b"\n")
    return 1 if any(run.differences for run in runs) else 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workers", description=__doc__)
    add = parser.add_argument
    add("--workers", type=int, nargs="+", default=[4], help="uvicorn processes; of several numbers, one run each")
    add("--one-port", action="store_true", help="one `uvicorn --workers N` instead of a port each")
    add("--database", choices=["postgresql", "sqlite"], default="postgresql")
    add(
        "--layer",
        choices=["valkey", "none"],
        default="valkey",
        help="the channel layer; none: each worker's own memory",
    )
    add("--clients", type=int, default=200, help="connections, each a person of its own")
    add("--posters", type=int, default=20, help="how many of them post")
    add("--posts", type=int, default=5000, help="messages in all; more while something happens to the site")
    add("--rate", type=float, default=200, help="posts a second over all posters; 0: as fast as they are answered")
    add("--outstanding", type=int, default=10, help="posts each poster has on the way")
    add("--rolling", action="store_true", help="restart every worker in turn meanwhile")
    add("--layer-fault", choices=["kill", "freeze", "flush", "cut"], help="what happens to Valkey meanwhile")
    add("--quiet", type=float, default=8, help="seconds before and after whatever happens")
    add("--browsers", type=int, default=0, help="afterwards, so many load the room page again and again")
    add("--patience", type=float, default=60, help="seconds without movement after which to give up")
    add("--port", type=int, default=0, help="of the first worker; free ones by default")
    add("--json", type=Path, help="a file to write the figures to")
    options = parser.parse_args(arguments)
    check(parser, options)
    return options


def check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    if not 0 < options.posters <= options.clients or options.posts < 1 or min(options.workers) < 1:
        parser.error("there must be a worker, a post, and 1 to --clients posters")
    if not 0 < options.outstanding <= protocol.MAX_UNANSWERED:
        parser.error(f"--outstanding: the protocol allows 1 to {protocol.MAX_UNANSWERED}")
    if (options.rolling or options.layer_fault) and not options.rate:
        parser.error("while something happens, posts come at a --rate")
    if options.layer_fault and options.layer == "none":
        parser.error("--layer-fault needs --layer valkey")


def one_run(options: argparse.Namespace, workers: int) -> Run:
    with up(starting(shape_of(options, workers)), pinned=False) as site:
        figures, differences = measured(options, site)
    layer = f"with {options.layer}" if options.layer != "none" else "without a layer"
    print(f"{workers} workers on {options.database} {layer}: {options.clients:,} clients, {options.posters} posting")
    print(table(figures, options.clients))
    for difference in differences[:SHOWN_DIFFERENCES]:
        print(f"  {difference}")
    print(
        "audit               ", f"{len(differences):,} differences" if differences else "every log equals the database"
    )
    asked = {name: str(value) for name, value in vars(options).items()}
    return Run(workers, asked, figures, len(differences))


if __name__ == "__main__":
    sys.exit(main())
