"""All faults by name, each with its requirements."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module

FAMILIES = [
    "layers",
    "workers",
    "databases",
    "lines",
    "floods",
    "clocks",
    "poison",
    "moderation",
    "rights",
    "actions",
    "stampede",
    "away",
    "uploads",
]
FAULTS = {}
NO_VALKEY = "one process, whose layer is its own memory: there is no Valkey to fail"


def no_environment(deployment):
    return {}


@dataclass(frozen=True)
class Fault:
    """`row` is its place among the promises. `only` names the database it can happen to, `why` else why not.

    `environment(deployment)` is what its workers are started with beside the usual. `quick` names the cell in which
    `make test` tries it, if any. `baseline` tells whether the tutorial can be tried too. `reloads` is how often each
    client has to be told to load the room again.
    """

    name: str
    row: int
    what: str
    inject: Callable
    only: str | None = None
    why: str = ""
    workers: int | None = None
    environment: Callable = no_environment
    quick: str | None = "sqlite-daphne"
    baseline: bool = True
    reloads: int = 0
    load: dict = field(default_factory=dict)

    def reason_against(self, cell):
        """Return why the fault cannot happen in a cell, or None where it can."""
        return None if self.only in (None, cell.database) else self.why


def fault(row, what, **needs):
    """Register `async def name(run)`, which breaks something, waits, and mends it."""

    def register(inject):
        FAULTS[inject.__name__] = Fault(inject.__name__, row, what, inject, **needs)
        return inject

    return register


def all_faults():
    for family in FAMILIES:
        import_module(f"tests.faults.families.{family}")
    return dict(sorted(FAULTS.items(), key=lambda item: item[1].row))
