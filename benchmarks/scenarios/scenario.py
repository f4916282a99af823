"""The parts of every scenario: the requested servers, measurements, and their columns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from benchmarks.load.figures import Figures
from benchmarks.peers.peer import Missing, Peer

SHOWN_DIFFERENCES = 10

Case = dict[str, int]
Size = TypeVar("Size")


class Measurement(msgspec.Struct, frozen=True):
    """The measurement of one case. `note` is a remark for its reader; a case that was left out has no figures."""

    scenario: str
    peer: str
    case: Case
    figures: Figures = {}
    differences: list[str] = []
    note: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A figure in a table. `form` is its format."""

    heading: str
    figure: str
    form: str = "{:,.0f}"


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure of one case as a bar for each peer. `is_log`: every tenfold is as long."""

    title: str
    figure: str
    unit: str
    case: Case
    form: str = "{:,.0f}"
    is_log: bool = True


@dataclass
class Bench:
    """One run of all scenarios, small or full-size, over these peers."""

    peers: Sequence[Peer]
    is_quick: bool
    measurements: list[Measurement] = field(default_factory=list)

    def size(self, quick: Size, full: Size) -> Size:
        return quick if self.is_quick else full

    def some(self, *wanted: Peer) -> list[Peer]:
        """Return the requested peers of a scenario."""
        return [peer for peer in wanted if peer in self.peers]

    def note(self, scenario: str, peer: Peer, case: Case, figures: Figures, differences: Sequence[str] = ()) -> None:
        shown = list(differences[:SHOWN_DIFFERENCES])
        note = "the load generator was the limit" if figures.get("generator_was_busy") else ""
        self._keep(Measurement(scenario, peer.name, case, figures, shown, note))

    def leave_out(self, scenario: str, peer: Peer, case: Case, reason: str) -> None:
        self._keep(Measurement(scenario, peer.name, case, note=reason))

    def _keep(self, measurement: Measurement) -> None:
        self.measurements.append(measurement)
        case = " · ".join(f"{name} {value:,}" for name, value in measurement.case.items())
        figures = "  ".join(f"{name}={value:,.4g}" for name, value in measurement.figures.items())
        print(f"{measurement.scenario} · {measurement.peer} · {case}\n    {figures} {measurement.note}", flush=True)
        for difference in measurement.differences:
            print(f"    {difference}")


@dataclass(frozen=True, slots=True)
class Scenario:
    """`about` defines in a sentence or two what is measured."""

    name: str
    title: str
    about: str
    run: Callable[[Bench], None]
    columns: Sequence[Column]
    charts: Sequence[Chart] = ()


def prepared(peers: Sequence[Peer]) -> tuple[list[Peer], dict[str, str]]:
    """The peers that can be measured here, and why the others cannot."""
    found, missing = [], {}
    for peer in peers:
        try:
            peer.prepare()
        except Missing as reason:
            missing[peer.name] = str(reason)
        else:
            found.append(peer)
    return found, missing
