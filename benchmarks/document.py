"""Results put into docs/benchmarks.md: between a scenario's marks its table; its charts and the raw figures beside."""

import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks import chart
from benchmarks.peers.catalogue import BY_NAME as PEERS
from benchmarks.results import Machine, Results
from benchmarks.results import write as write_json
from benchmarks.scenarios.catalogue import SCENARIOS
from benchmarks.scenarios.scenario import Chart, Measurement, Scenario
from benchmarks.server import BASE_DIR
from benchmarks.targets import TARGETS

FILE = BASE_DIR / "docs" / "benchmarks.md"
RAW = BASE_DIR / "docs" / "benchmarks.json"
CHARTS = BASE_DIR / "docs" / "charts"
LINES_OF_AUDIT = 3


def write(results: Results) -> None:
    """Everything that was measured; what was not stays as it is."""
    text = replaced(FILE.read_text(), "machine", of_machine(results.machine, results.missing))
    text = replaced(text, "targets", of_targets(results.measurements))
    for scenario in SCENARIOS:
        if found := [it for it in results.measurements if it.scenario == scenario.name]:
            charts = draw(scenario, found, CHARTS)
            text = replaced(text, scenario.name, "\n\n".join([scenario.about, *charts, table(scenario, found)]))
    FILE.write_text(text)
    write_json(RAW, results)


def replaced(text: str, name: str, content: str) -> str:
    """The text with `content` between the marks of this name. ValueError unless it has them once."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    text, count = pattern.subn(lambda found: f"{found[1]}\n{content}\n\n{found[2]}", text)
    if count != 1:
        raise ValueError(f"The document has the marks of {name} {count} times.")
    return text


def of_machine(machine: Machine, missing: dict[str, str]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    where = f"{machine.processor}, {machine.cores} cores, {machine.memory_gib:.0f} GiB, {machine.system}. {versions}."
    return "\n".join([where, *(f"\n{name} was left out: {why}" for name, why in missing.items())])


def of_targets(measurements: Sequence[Measurement]) -> str:
    lines = [_row("", "to reach", "reached", ""), _row("---", "---", "---", "---")]
    for target in TARGETS:
        bound = f"{'≥' if target.at_least else '≤'} {target.written(target.bound)}"
        value = target.reached(measurements)
        told = ("not measured", "") if value is None else (target.written(value), _verdict(target.is_met(value)))
        lines.append(_row(target.text, bound, *told))
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
    """By case, from the smallest on, and of one case as the servers are listed, whenever each was measured."""
    places = {name: place for place, name in enumerate(PEERS)}
    return sorted(measurements, key=lambda it: (list(it.case.values()), places[it.peer]))


def remark(it: Measurement) -> str:
    """What is to be known of a measurement, and what the audit found first."""
    return "; ".join([*([it.note] if it.note else []), *it.differences[:LINES_OF_AUDIT]])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def draw(scenario: Scenario, measurements: Sequence[Measurement], folder: Path) -> list[str]:
    """The charts for which there are figures, as files; how the document shows them."""
    shown = []
    folder.mkdir(exist_ok=True)
    for number, wanted in enumerate(scenario.charts, 1):
        if bars := _bars(wanted, measurements):
            name = f"{scenario.name}-{number}.svg"
            (folder / name).write_text(chart.svg(wanted.title, bars, is_log=wanted.is_log))
            shown.append(f"![{wanted.title}](charts/{name})")
    return shown


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
