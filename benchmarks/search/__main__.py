"""`python -m benchmarks.search --database sqlite --messages 1000000`: searching, and what the index costs a post."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.server import BASE_DIR, settings
from benchmarks.workers import backends

ROOMS, PEOPLE = "40", "200"


def main() -> int:
    options = parse(sys.argv[1:])
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
        url = f"sqlite:///{directory / 'db.sqlite3'}"
        if options.database == "postgresql":
            url = stack.enter_context(backends.postgresql(directory)).address
        environment = os.environ | settings(directory, url)
        began_at = time.perf_counter()
        fill(environment, options.messages)
        print(f"{options.messages:,} messages brought in: {time.perf_counter() - began_at:.0f} s")
        command = [sys.executable, "-m", "benchmarks.search.asking"]
        printed = subprocess.run(command, cwd=BASE_DIR, env=environment, check=True, stdout=subprocess.PIPE)
    figures = msgspec.json.decode(printed.stdout)
    print(table(figures))
    if options.json:
        options.json.write_bytes(msgspec.json.format(printed.stdout) + b"\n")
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path, help="a file to write the figures to")
    return parser.parse_args(arguments)


def fill(environment: dict[str, str], messages: int) -> None:
    _manage(environment, "migrate")
    demo(environment, messages)


def demo(environment: dict[str, str], messages: int) -> None:
    """A long history in a database that has its tables."""
    _manage(environment, "demo", "--force", "--rooms", ROOMS, "--people", PEOPLE, "--messages", str(messages))


def _manage(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "manage.py", *arguments, "--verbosity", "0", "--skip-checks"]
    subprocess.run(command, cwd=BASE_DIR, env=environment, check=True, stdout=subprocess.DEVNULL)


def table(figures: dict[str, Any]) -> str:
    lines = [f"{'looking for':<50} hits   median   slowest"]
    for name, it in figures["searches"].items():
        lines.append(f"{name:<50} {it['hits']:>4} {_ms(it['median'])} {_ms(it['slowest'])}")
    lines.append(f"{'a post':<50}        median      mean       p99")
    for name, sizes in figures["posting"].items():
        for size, it in sizes.items():
            lines.append(f"{f'{name}, {size}':<50}      {_ms(it['median'])} {_ms(it['mean'])} {_ms(it['p99'])}")
    return "\n".join(lines)


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:>6.2f} ms"


if __name__ == "__main__":
    sys.exit(main())
