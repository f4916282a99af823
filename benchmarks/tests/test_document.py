"""The documents in docs/results are those of the raw figures, and targets and charts name what is measured."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from benchmarks import chart, document, results
from benchmarks.all import parse
from benchmarks.peers import catalogue
from benchmarks.results import Machine, Results
from benchmarks.scaling import __main__ as scaling
from benchmarks.scaling import model, series
from benchmarks.scaling.series import Series
from benchmarks.scenarios.catalogue import BY_NAME, SCENARIOS
from benchmarks.scenarios.scenario import Measurement
from benchmarks.targets import TARGETS
from tests.site import ROOT

CASE = {"clients": 200, "outstanding": 100}


def measured(peer, *, scenario="fanout", case=CASE, **figures):
    return Measurement(scenario, peer, case, figures)


@pytest.fixture
def run():
    return [
        measured("site", deliveries_per_second=1_200_000.0),
        measured("websockets", deliveries_per_second=150_000.0),
        Measurement(
            "fanout", "tutorial", CASE, {"deliveries_per_second": 4000.0}, ["client 3: 7 messages are missing."]
        ),
        Measurement("fanout", "ws", CASE, note="left out: it would take too long"),
    ]


def test_document_and_charts_are_those_of_the_raw_figures():
    found = results.read(document.RAW)
    assert document.FILE.read_text() == document.text(found), "Run `python -m benchmarks.document`."
    drawn = [it for scenario in SCENARIOS for it in document.charts(scenario, document.of(scenario, found))]
    assert {it.file: it.svg for it in drawn} == {file.name: file.read_text() for file in document.CHARTS.iterdir()}


def test_scaling_document_has_the_tables_of_the_program():
    heads = "\n".join([*series.table([]).splitlines(), *model.table([]).splitlines()])
    text = scaling.FILE.read_text()
    assert text.startswith(scaling.HEAD)
    assert [line for line in heads.splitlines() if line not in text] == []


def quoted(text):
    return set(re.findall(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+", text))


def test_figures_in_the_pages_are_those_of_the_results():
    page = (ROOT / "docs/benchmarks.md").read_text().split("\n## Results\n", 1)[1].split("\n## ", 1)[0]
    rows = "\n".join(line for line in page.splitlines() if line.startswith("| "))
    assert quoted(rows)
    assert quoted(rows) <= quoted(document.FILE.read_text())


def test_a_table_says_what_was_lost_and_what_was_left_out(run):
    lines = document.table(BY_NAME["fanout"], run).splitlines()
    assert lines[0].startswith("| clients | outstanding | server | stored | deliveries/s |")
    assert lines[2].startswith("| 200 | 100 | Chatsite, uvicorn | SQLite | 1,200,000 |")
    shown = {line.split("|")[3].strip(): line for line in lines[2:]}
    assert "7 messages are missing" in shown["Channels tutorial, Daphne"]
    assert "left out" in shown["ws on Node"]


def test_rows_stand_in_the_same_order_whenever_each_was_measured(run):
    small = measured("tutorial", case={"clients": 20, "outstanding": 1})
    order = [(it.case["clients"], it.peer) for it in document.in_order([*reversed(run), small])]
    assert order == [(20, "tutorial"), (200, "site"), (200, "websockets"), (200, "ws"), (200, "tutorial")]


def test_targets_are_ratios_of_what_was_measured(run):
    shown = document.of_targets(run)
    assert "| The same against websockets.broadcast() | ≥ 5.0 × | 8.0 × | reached |" in shown
    assert "| ≥ 200 × | 300 × | reached |" in shown
    assert "| not measured |" in shown


def test_targets_and_charts_name_what_there_is():
    for target in TARGETS:
        for figure in filter(None, (target.figure, target.over)):
            columns = {column.figure for column in BY_NAME[figure.scenario].columns}
            assert figure.peer in catalogue.BY_NAME
            assert figure.figure in columns
    for scenario in SCENARIOS:
        assert {it.figure for it in scenario.charts} <= {column.figure for column in scenario.columns}


def test_a_chart_is_drawn_of_what_was_measured(run):
    [drawn] = document.charts(BY_NAME["fanout"], run)
    bars = ElementTree.fromstring(drawn.svg).findall(".//{*}rect")
    assert len(bars) == 3
    assert "prefers-color-scheme: dark" in drawn.svg


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, file in (("FILE", "it.md"), ("RAW", "it.json"), ("CHARTS", "charts")):
        monkeypatch.setattr(document, name, tmp_path / file)
    return tmp_path


def test_a_document_has_charts_and_raw_figures_beside_it(run, folder):
    found = Results(Machine("Linux", "a processor", 2, 4.0, {}), run)
    document.write(found)
    assert results.read(folder / "it.json") == found
    assert "a processor" in (folder / "it.md").read_text()
    assert [file.name for file in (folder / "charts").iterdir()] == ["fanout-1.svg"]


def test_what_is_not_measured_again_stays_in_the_document(run, folder):
    machine = Machine("", "", 2, 4.0, {})
    document.write(Results(machine, run))
    document.write(Results(machine, [measured("site", scenario="rooms", case={"rooms": 1000, "rate": 0})]))
    text = (folder / "it.md").read_text()
    assert "## One room" in text
    assert "## Many rooms" in text


def bars(*values):
    return [chart.Bar("<a>", value, str(value), False) for value in values]


def test_bars_are_as_long_as_their_values_or_as_these_have_digits():
    short, middle, long = chart.lengths(bars(10.0, 100.0, 1000.0), is_log=False)
    assert (middle / short, long / middle) == pytest.approx((10, 10))
    short, middle, long = chart.lengths(bars(10.0, 100.0, 1000.0), is_log=True)
    assert 0 < short < middle
    assert middle - short == pytest.approx(long - middle)
    assert "<a>" not in chart.svg("title", bars(1.0), is_log=True)


def test_a_later_run_replaces_what_it_measured_and_keeps_the_rest(run):
    machine = Machine("", "", 2, 4.0, {})
    before = Results(machine, run, {"ws": "no Node"})
    now = Results(machine, [measured("ws", deliveries_per_second=1.0)])
    whole = results.merged(before, now)
    assert [it.peer for it in whole.measurements] == ["site", "websockets", "tutorial", "ws"]
    assert whole.measurements[-1].figures
    assert whole.missing == {}
    assert results.merged(before, Results(machine, [], is_quick=True)).measurements == []


def test_a_quick_run_is_never_stored(capsys):
    with pytest.raises(SystemExit):
        parse(["--quick", "--write"])
    assert "no result" in capsys.readouterr().err


# ---- The model


def test_a_line_is_put_through_what_was_measured():
    found = Series("a post", "clients", "µs", [(10.0, 25.0), (20.0, 45.0), (40.0, 85.0)])
    assert found.line == pytest.approx((5.0, 2.0))
    assert found.fit == pytest.approx(1.0)


def test_workers_are_added_until_none_is_too_busy():
    costs = model.Costs(500, 10, 200, 300, 20, 1000, 40, 80_000, 2000)
    habits = model.Habits()
    sites = [model.site(size, costs, habits) for size in model.SIZES]
    for it in sites:
        assert it.worker_cores <= it.workers * habits.share
        assert it.connections <= it.workers * habits.connections_per_worker
    assert [it.workers for it in sites] == sorted(it.workers for it in sites)
    assert sites[-1].memory_gib > 1_000_000 * 40 / 2**20
    assert len(model.table(sites).splitlines()) == 2 + len(sites)
