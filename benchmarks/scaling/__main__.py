"""`python -m benchmarks.scaling --quick`: costs at several sizes, the lines through them, and the model."""

import argparse
import sys
from collections.abc import Sequence

import msgspec

from benchmarks.document import FOLDER
from benchmarks.machine import allow_files
from benchmarks.peers.peer import VAR
from benchmarks.peers.python import install_for_generator
from benchmarks.peers.site import UVICORN
from benchmarks.scaling import costs, model, series
from benchmarks.scaling.model import SIZES, Costs, Habits
from benchmarks.scaling.series import Series
from benchmarks.scenarios.scenario import Bench

FILES = 12_000
FILE = FOLDER / "scaling.md"
HEAD = """# Results of scaling

`make scaling` writes this file. [Capacity](../capacity.md#to-a-million-connections) says how to use it."""


class Outcome(msgspec.Struct):
    """The results that are written to a file."""

    series: list[Series]
    costs: Costs
    habits: Habits
    sites: list[model.Site]


def main() -> int:
    options = parse(sys.argv[1:])
    allow_files(FILES)
    install_for_generator()
    outcome = measure(Bench([UVICORN], options.quick))
    tables = [series.table(outcome.series), model.table(outcome.sites)]
    print("\n\n".join(tables))
    VAR.mkdir(parents=True, exist_ok=True)
    file = VAR / ("scaling-quick.json" if options.quick else "scaling.json")
    file.write_bytes(msgspec.json.format(msgspec.json.encode(outcome)) + b"\n")
    if options.write:
        FILE.write_text(text(*tables))
    return 0


def text(costs_table: str, sites_table: str) -> str:
    """Return the whole document."""
    return "\n\n".join([HEAD, "## Costs", costs_table, "## Model", sites_table]) + "\n"


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that all of it works")
    parser.add_argument("--write", action="store_true", help="write docs/results/scaling.md")
    options = parser.parse_args(arguments)
    if options.quick and options.write:
        parser.error("what --quick measures is no result to --write down")
    return options


def measure(bench: Bench) -> Outcome:
    """Clients, rooms, workers, history: one after the other."""
    found = [*costs.of_clients(bench), *costs.of_rooms(bench), *costs.of_workers(bench), *costs.of_history(bench)]
    one = costs.of_one(found)
    habits = Habits()
    return Outcome(found, one, habits, [model.site(size, one, habits) for size in SIZES])


if __name__ == "__main__":
    sys.exit(main())
