"""The studies with their sizes, and the unit costs from the straight lines through the measurements."""

from collections.abc import Callable, Mapping, Sequence

from benchmarks.peers.site import Shape
from benchmarks.scaling import studies
from benchmarks.scaling.model import Costs
from benchmarks.scaling.series import Series
from benchmarks.scenarios.scenario import Bench

POST = "a post: the worker"
COMING = "a client that joins: the worker"
MEMORY = "a client: memory of the worker"
RESTING = "a second without posts: the worker"
FLEET = "a post: all workers together"
DATABASE = "a post: PostgreSQL"
LAYER = "a post: Valkey"
PAGE = "the room page: the worker"

Found = Mapping[int, Mapping[str, float]]


def at(sizes: Sequence[int], study: Callable[[int], Mapping[str, float]]) -> Found:
    """The costs that a study measures at each size."""
    found = {}
    for size in sizes:
        found[size] = study(size)
        print(f"  {size:,}: {'  '.join(f'{name} {cost:,.4g}' for name, cost in found[size].items())}", flush=True)
    return found


def series(name: str, of: str, unit: str, found: Found, part: str) -> Series:
    return Series(name, of, unit, [(float(size), costs[part]) for size, costs in found.items()])


def of_clients(bench: Bench) -> list[Series]:
    print("clients in one room")
    posts = at(bench.size([20, 60, 100], [100, 400, 1600]), lambda size: studies.posting(bench, Shape(), size))
    comings = at(bench.size([20, 60, 100], [500, 2000, 8000]), lambda size: studies.coming(bench, size))
    return [
        series(POST, "clients in its room", "µs", posts, "workers"),
        series(COMING, "clients", "µs", comings, "workers"),
        series(MEMORY, "clients", "KiB", comings, "memory"),
    ]


def of_rooms(bench: Bench) -> list[Series]:
    print("rooms for the same clients")
    clients = bench.size(20, 800)
    found = at(bench.size([2, 6, 10], [10, 100, 400]), lambda size: studies.posting(bench, Shape(), clients, size))
    return [series(RESTING, "rooms with clients in them", "µs", found, "idle")]


def of_workers(bench: Bench) -> list[Series]:
    print("workers for the same clients in one room")

    def study(size: int) -> Mapping[str, float]:
        shape = Shape(workers=size, database="postgresql", layer=True)
        return studies.posting(bench, shape, bench.size(20, 200))

    found = at(bench.size([1, 2, 3], [1, 2, 4]), study)
    named = {FLEET: "workers", DATABASE: "PostgreSQL", LAYER: "Valkey"}
    return [series(name, "workers", "µs", found, part) for name, part in named.items()]


def of_history(bench: Bench) -> list[Series]:
    print("messages in the database")
    sizes = bench.size([500, 1000, 2000], [10_000, 100_000, 1_000_000])
    found = at(sizes, lambda size: {"workers": studies.page(bench, size)})
    return [series(PAGE, "messages", "µs", found, "workers")]


def of_one(found: Sequence[Series]) -> Costs:
    """Return the unit costs. A falling line is measurement noise, since costs cannot fall, and counts as 0."""
    lines = {it.name: it.line for it in found}
    most = {it.name: max(cost for _, cost in it.points) for it in found}
    return Costs(
        post=max(lines[POST][0], 0.0),
        delivery=max(lines[POST][1], 0.0),
        hearing=max(lines[FLEET][1], 0.0),
        database=most[DATABASE],
        layer=max(lines[LAYER][1], 0.0),
        connection=max(lines[COMING][1], 0.0),
        connection_kib=max(lines[MEMORY][1], 0.0),
        worker_kib=max(lines[MEMORY][0], 0.0),
        idle=most[RESTING],
    )
