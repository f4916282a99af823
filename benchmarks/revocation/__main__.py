"""`python -m benchmarks.revocation --connections 1000`: how soon an open connection feels that a right has ended."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.load.run import in_fast_loop
from benchmarks.machine import allow_files
from benchmarks.peers.peer import up
from benchmarks.peers.site import Shape, starting
from benchmarks.revocation.measuring import KINDS, Outcome, Plan, measure
from benchmarks.server import UNLIMITED

SPARE_FILES = 200


def main() -> int:
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that the server is stopped, too
    allow_files(options.connections + SPARE_FILES)
    outcomes = [run(options, layer) for layer in options.layer]
    print(table(outcomes))
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(outcomes)) + b"\n")
    failures = [failure for outcome in outcomes for failure in outcome.failures]
    print(*failures, sep="\n")
    return 1 if failures else 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.revocation", description=__doc__)
    parser.add_argument("--server", choices=["uvicorn", "daphne"], default="uvicorn")
    parser.add_argument("--layer", nargs="+", choices=["valkey", "none"], default=["valkey", "none"])
    parser.add_argument("--only", nargs="+", choices=KINDS, default=KINDS, help="these rights")
    parser.add_argument("--connections", type=int, default=1000, help="open at once, each of a person of its own")
    parser.add_argument("--samples", type=int, default=20, help="who lose each right, one after another")
    parser.add_argument("--json", type=Path, help="a file to write the figures to")
    options = parser.parse_args(arguments)
    if options.connections <= options.samples * len(KINDS):
        parser.error(f"there must be more --connections than {len(KINDS)} times --samples")
    return options


def run(options: argparse.Namespace, layer: str) -> Outcome:
    """Run one server with all clients, and one process beside it that ends rights."""
    plan = Plan(options.connections, options.samples, options.only)
    shape = Shape(options.server, layer=layer == "valkey", environment=UNLIMITED)
    with up(starting(shape), pinned=False) as site:
        return in_fast_loop(lambda: measure(site, plan, layer))


def table(outcomes: Sequence[Outcome]) -> str:
    lines = ["layer    what ends      p50 s   max s"]
    for outcome in outcomes:
        layer = outcome.layer
        lines += (f"{layer:<8} {it.kind:<12} {it.p50_seconds:>7.3f} {it.max_seconds:>7.3f}" for it in outcome.endings)
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
