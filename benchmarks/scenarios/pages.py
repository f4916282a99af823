"""Pages over HTTP with a million messages in the database: a room, an older page, a search."""

import itertools
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.load.figures import Figures, percentile
from benchmarks.load.run import in_fast_loop
from benchmarks.peers.catalogue import UVICORN
from benchmarks.peers.peer import Running, up
from benchmarks.peers.site import Shape, starting
from benchmarks.scenarios.scenario import Bench, Column, Scenario
from benchmarks.search.__main__ import demo
from benchmarks.server import make_people
from benchmarks.workers import pages
from benchmarks.workers.meter import Meter

NAME = "pages"
READERS = 16
SQLITE = "sqlite:///"
BUSIEST = """
    SELECT room.slug, head.seq FROM chat_roomhead AS head JOIN chat_room AS room ON room.id = head.room_id
    ORDER BY head.seq DESC LIMIT 1
"""
WORDS = ("coffee", "machine", "somewhere", "meeting", "the")
# Seconds of the same load before measuring: each thread of pages opens its connection and builds its statements.
WARM_UP_SECONDS = 1.0
# Different places in the history, so that nothing is answered from what was just read.
PLACES = 200


def run(bench: Bench) -> None:
    if not bench.some(UVICORN):
        return
    messages = bench.size(2000, 1_000_000)
    with up(starting(Shape(), lambda environment: demo(environment, messages))) as running:
        cookies = make_people(running.environment, READERS, "sessions")
        slug, newest = busiest(running.environment["DATABASE_URL"])
        for number, paths in enumerate(addresses(slug, newest)):
            turns = itertools.cycle(paths)
            _browse(running, turns, cookies, bench.size(0.1, WARM_UP_SECONDS))
            figures = _load(running, turns, cookies, bench.size(1.0, 10.0))
            bench.note(NAME, UVICORN, {"messages": messages, "page": number}, figures)


def busiest(database_url: str) -> tuple[str, int]:
    """The room in which most was written, and how much."""
    path = Path(database_url.removeprefix(SQLITE))
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        slug, newest = connection.execute(BUSIEST).fetchone()
    return str(slug), int(newest)


KINDS = (
    "the room",
    "older messages, near the newest",
    "older messages, in the middle",
    "older messages, near the first",
    "a search",
)


def addresses(slug: str, newest: int) -> list[list[str]]:
    """The paths of each kind of page, in the order of KINDS."""
    chosen = random.Random(1)
    tenth = max(newest // 10, 50)

    def before(low: int, high: int) -> list[str]:
        places = (chosen.randint(max(low, 2), max(high, 2)) for _ in range(PLACES))
        return [f"/api/rooms/{slug}/messages/?before={place}" for place in places]

    return [
        [f"/rooms/{slug}/"],
        before(newest - tenth, newest),
        before((newest - tenth) // 2, (newest + tenth) // 2),
        before(2, tenth),
        [f"/search/?q={word}" for word in WORDS],
    ]


def _browse(running: Running, turns: Iterator[str], cookies: Sequence[str], seconds: float) -> list[float]:
    return in_fast_loop(lambda: pages.load(running.ports, turns, cookies, seconds))


def _load(running: Running, turns: Iterator[str], cookies: Sequence[str], seconds: float) -> Figures:
    meter = Meter({"server": running.processes})
    took = sorted(_browse(running, turns, cookies, seconds))
    usage = meter.usage()
    return {
        "per_second": len(took) / seconds,
        "ms_p50": 1000 * percentile(took, 50),
        "ms_p99": 1000 * percentile(took, 99),
        "cpu_ms": 1000 * usage["server"].cpu_seconds / len(took),
        "generator_cpu_share": usage["generator"].cores,
    }


SCENARIO = Scenario(
    NAME,
    "Pages over HTTP",
    f"{READERS} signed-in people request one page after another, over connections that stay open. Pages: "
    + "; ".join(f"{number}: {kind}" for number, kind in enumerate(KINDS))
    + ". Older messages are requested as the page does when someone scrolls: 50 messages as JSON, at random positions. "
    "Each kind is requested for one second before it is measured.",
    run,
    columns=(
        Column("pages/s", "per_second"),
        Column("p50 ms", "ms_p50", "{:,.1f}"),
        Column("p99 ms", "ms_p99", "{:,.1f}"),
        Column("server CPU ms each", "cpu_ms", "{:,.2f}"),
        Column("generator's CPU", "generator_cpu_share", "{:.0%}"),
    ),
)
