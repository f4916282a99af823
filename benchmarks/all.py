"""The site beside its peers: `python -m benchmarks.all --quick --only fanout posting --write`.

Exits with 1 if the site lost, doubled or misplaced a single message anywhere; for other servers that is only printed.
"""

import argparse
import signal
import sys
import traceback
from collections.abc import Sequence

from benchmarks import document, results
from benchmarks.machine import allow_files
from benchmarks.peers import catalogue
from benchmarks.peers.peer import VAR
from benchmarks.peers.python import install_for_generator
from benchmarks.results import Results
from benchmarks.scenarios.catalogue import BY_NAME
from benchmarks.scenarios.scenario import Bench, prepared

FILES = 12_000


def main() -> int:
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that the servers are stopped, too
    allow_files(FILES)
    install_for_generator()
    peers, missing = prepared([catalogue.BY_NAME[name] for name in options.peers])
    for name, reason in missing.items():
        print(f"{name} is left out: {reason}")
    bench = Bench(peers, options.quick)
    try:
        failed = [name for name in options.only if not succeeds(bench, name)]
    finally:  # a run that is cut short keeps what it has
        kept = keep(Results(results.machine(), bench.measurements, missing, options.quick))
    if options.write:
        document.write(kept)
    ours = [it for it in bench.measurements if catalogue.BY_NAME[it.peer].is_ours]
    return 1 if failed or any(it.differences for it in ours) else 0


def succeeds(bench: Bench, name: str) -> bool:
    """Return whether a scenario ran to its end. Results from before a failure count, and the others still run."""
    try:
        BY_NAME[name].run(bench)
    except Exception:
        traceback.print_exc()
        print(f"{name} failed.")
        return False
    return True


def keep(found: Results) -> Results:
    """Written to a file, beside what was measured before."""
    file = VAR / ("quick.json" if found.is_quick else "results.json")
    whole = results.merged(results.read(file), found)
    results.write(file, whole)
    print(f"written to {file}")
    return whole


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.all", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="small sizes, to see that all of it works")
    add("--only", nargs="+", choices=list(BY_NAME), default=list(BY_NAME), metavar="SCENARIO", help=", ".join(BY_NAME))
    names = list(catalogue.BY_NAME)
    add("--peers", nargs="+", choices=names, default=names, metavar="PEER", help=", ".join(names))
    add("--write", action="store_true", help="write tables and charts to docs/results")
    options = parser.parse_args(arguments)
    if options.quick and options.write:
        parser.error("what --quick measures is no result to --write down")
    return options


if __name__ == "__main__":
    sys.exit(main())
