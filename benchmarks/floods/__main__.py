"""`python -m benchmarks.floods --people 100`: what one flooder at full speed does to ordinary people in a room."""

import argparse
import os
import platform
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec

from benchmarks.floods.kinds import KINDS, ONCE
from benchmarks.floods.measuring import Case, measure
from benchmarks.load.group import Workload
from benchmarks.load.run import in_fast_loop
from benchmarks.machine import allow_files
from benchmarks.peers.peer import up
from benchmarks.peers.site import Shape, starting
from benchmarks.processes import MIB

FILES = 4000
POSTERS = 20


class Run(msgspec.Struct, frozen=True):
    """One run, as written to a file."""

    server: str
    server_version: str
    python: str
    machine: str
    people: int
    rate: float
    cases: list[Case]
    differences: list[str]


def main() -> int:
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that the server is stopped, too
    allow_files(FILES)
    if options.once:
        os.environ[ONCE] = "1"
    workload = Workload(options.seconds, min(POSTERS, options.people), rate=options.rate)
    with up(starting(Shape(options.server, port=options.port, environment={}))) as site:
        cases, differences = in_fast_loop(lambda: measure(site, options.only, options.people, workload))
    print(table(cases))
    print(*differences, sep="\n")
    if options.json:
        run = Run(
            options.server,
            version(options.server),
            platform.python_version(),
            platform.platform(),
            options.people,
            options.rate,
            cases,
            differences,
        )
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(run)) + b"\n")
    return 1 if differences else 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floods", description=__doc__)
    parser.add_argument("--server", choices=["uvicorn", "daphne"], default="uvicorn")
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS), help="these floods")
    parser.add_argument("--people", type=int, default=100, help="ordinary people in the room")
    parser.add_argument("--seconds", type=float, default=10.0, help="for which they write, with and without each flood")
    parser.add_argument("--rate", type=float, default=20.0, help="what all of them together write in a second")
    parser.add_argument("--port", type=int, default=0, help="of the server; a free one by default")
    parser.add_argument("--once", action="store_true", help="a flooder that is refused or cut off does not come back")
    parser.add_argument("--json", type=Path, help="a file to write the figures to")
    return parser.parse_args(arguments)


def table(cases: Sequence[Case]) -> str:
    """A line for each case. The factor is that of the acknowledgements' p99 against the quiet case of the same run."""
    quiet = cases[0].ack_p99_ms
    lines = [
        "flooder           tried/s  refused  ack p50 ms  ack p99 ms  factor  all p50 ms  all p99 ms  server CPU"
        "  before MiB  peak MiB  after MiB"
    ]
    for it in cases:
        refused = f"{it.refused:>8.0%}" if it.tried else " " * 8
        memory = [it.before_bytes / MIB, it.peak_bytes / MIB, it.after_bytes / MIB]
        lines.append(
            f"{it.flood:<17}{it.tried:>8,.0f} {refused} {it.ack_p50_ms:>11.1f} {it.ack_p99_ms:>11.1f}"
            f" {it.ack_p99_ms / quiet:>7.1f} {it.p50_ms:>11.1f} {it.p99_ms:>11.1f} {it.server_cpu:>11.0%}"
            f" {memory[0]:>11.0f} {memory[1]:>9.0f} {memory[2]:>10.0f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
