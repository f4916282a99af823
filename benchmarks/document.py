"""Write results into docs/results: a document with tables, its charts, and the raw figures.

`python -m benchmarks.document` writes document and charts again from the raw figures, after a change of their words.
"""

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks import chart, results
from benchmarks.peers.catalogue import BY_NAME as PEERS
from benchmarks.results import Machine, Results
from benchmarks.scenarios.catalogue import SCENARIOS
from benchmarks.scenarios.scenario import Chart, Measurement, Scenario
from benchmarks.server import BASE_DIR
from benchmarks.targets import TARGETS

FOLDER = BASE_DIR / "docs" / "results"
FILE = FOLDER / "benchmarks.md"
RAW = FOLDER / "benchmarks.json"
CHARTS = FOLDER / "charts"
LINES_OF_AUDIT = 3
HEAD = """# Results of the benchmarks

`make bench` writes this file and its charts. [Benchmarks](../benchmarks.md) says what is measured and what the terms
mean. The raw figures are in [benchmarks.json](benchmarks.json)."""


def write(found: Results) -> None:
    """Write what was measured. What was not measured this time stays as it is."""
    whole = results.merged(results.read(RAW), found)
    results.write(RAW, whole)
    CHARTS.mkdir(exist_ok=True)
    for drawn in (it for scenario in SCENARIOS for it in charts(scenario, of(scenario, whole))):
        (CHARTS / drawn.file).write_text(drawn.svg)
    FILE.write_text(text(whole))


def of(scenario: Scenario, found: Results) -> list[Measurement]:
    return [it for it in found.measurements if it.scenario == scenario.name]


def text(found: Results) -> str:
    """Return the whole document."""
    parts = [HEAD, "## Machine", of_machine(found.machine, found.missing), "## Targets", of_targets(found.measurements)]
    for scenario in SCENARIOS:
        if measured := of(scenario, found):
            shown = [f"![{it.title}](charts/{it.file})" for it in charts(scenario, measured)]
            parts += [f"## {scenario.title}", scenario.about, *shown, table(scenario, measured)]
    return "\n\n".join(parts) + "\n"


def of_machine(machine: Machine, missing: dict[str, str]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    where = f"{machine.processor}, {machine.cores} cores, {machine.memory_gib:.0f} GiB, {machine.system}. {versions}."
    return "\n".join([where, *(f"\n{name} was left out: {why}" for name, why in missing.items())])


def of_targets(measurements: Sequence[Measurement]) -> str:
    lines = [_row("", "target", "result", ""), _row("---", "---", "---", "---")]
    for target in TARGETS:
        bound = f"{'≥' if target.at_least else '≤'} {target.written(target.bound)}"
        value = target.reached(measurements)
        result = ("not measured", "") if value is None else (target.written(value), _verdict(target.is_met(value)))
        lines.append(_row(target.text, bound, *result))
    return "\n".join(lines)


def _verdict(is_met: bool) -> str:
    return "reached" if is_met else "missed"


def table(scenario: Scenario, measurements: Sequence[Measurement]) -> str:
    """A row for each measurement, those of one case together."""
    names = list(dict.fromkeys(name for it in measurements for name in it.case))
    heads = [*names, "server", "stored", *(column.heading for column in scenario.columns), ""]
    rows = [_row(*heads), _row(*("---" for _ in heads))]
    for it in in_order(measurements):
        figures = [column.form.format(it.figures[column.figure]) if column.figure in it.figures else ""
                   for column in scenario.columns]  # fmt: skip
        case = [f"{it.case[name]:,}" if name in it.case else "" for name in names]
        rows.append(_row(*case, PEERS[it.peer].label, PEERS[it.peer].stores or "no", *figures, remark(it)))
    return "\n".join(rows)


def in_order(measurements: Sequence[Measurement]) -> list[Measurement]:
    """Return the measurements by case, smallest first, and within a case in the order of the servers."""
    places = {name: place for place, name in enumerate(PEERS)}
    return sorted(measurements, key=lambda it: (list(it.case.values()), places[it.peer]))


def remark(it: Measurement) -> str:
    """Return the note of a measurement and the first finding of its audit."""
    return "; ".join([*([it.note] if it.note else []), *it.differences[:LINES_OF_AUDIT]])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


class Drawn(NamedTuple):
    """A chart and the name of its file."""

    file: str
    title: str
    svg: str


def charts(scenario: Scenario, measurements: Sequence[Measurement]) -> list[Drawn]:
    """Return the charts of a scenario for which there are figures."""
    drawn = []
    for number, wanted in enumerate(scenario.charts, 1):
        if bars := _bars(wanted, measurements):
            svg = chart.svg(wanted.title, bars, is_log=wanted.is_log)
            drawn.append(Drawn(f"{scenario.name}-{number}.svg", wanted.title, svg))
    return drawn


def _bars(wanted: Chart, measurements: Sequence[Measurement]) -> list[chart.Bar]:
    found = [
        it for it in in_order(measurements) if wanted.case.items() <= it.case.items() and it.figures.get(wanted.figure)
    ]
    return [
        chart.Bar(
            PEERS[it.peer].label, it.figures[wanted.figure],
            f"{wanted.form.format(it.figures[wanted.figure])} {wanted.unit}", PEERS[it.peer].is_ours,
        )
        for it in found
    ]  # fmt: skip


if __name__ == "__main__":
    if (before := results.read(RAW)) is not None:
        write(before)
