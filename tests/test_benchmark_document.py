"""How results are told: the document has a place for each, the charts are charts, and no target is about nothing."""

import xml.etree.ElementTree as ElementTree

import pytest

from benchmarks import chart, document, results
from benchmarks.all import parse
from benchmarks.peers import catalogue
from benchmarks.results import Machine, Results
from benchmarks.scaling import model
from benchmarks.scaling.series import Series
from benchmarks.scenarios.catalogue import BY_NAME, SCENARIOS
from benchmarks.scenarios.scenario import Measurement
from benchmarks.targets import TARGETS

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


def test_everything_that_is_measured_has_its_place_in_the_document():
    text = document.FILE.read_text()
    for name in ("machine", "targets", "scaling", *BY_NAME):
        assert "here" in document.replaced(text, name, "here")
    with pytest.raises(ValueError, match="marks of nothing"):
        document.replaced(text, "nothing", "here")


def test_what_was_there_before_is_replaced():
    text = "a\n<!-- x -->\nold\n<!-- /x -->\nb"
    once = document.replaced(text, "x", r"new \1")
    assert once == "a\n<!-- x -->\n\nnew \\1\n\n<!-- /x -->\nb"
    assert document.replaced(once, "x", r"new \1") == once


def test_a_table_says_what_was_lost_and_what_was_left_out(run):
    lines = document.table(BY_NAME["fanout"], run).splitlines()
    assert lines[0].startswith("| clients | outstanding | server | stored | deliveries/s |")
    assert lines[2].startswith("| 200 | 100 | this site, uvicorn | SQLite | 1,200,000 |")
    told = {line.split("|")[3].strip(): line for line in lines[2:]}
    assert "7 messages are missing" in told["Channels tutorial, Daphne"]
    assert "left out" in told["ws on Node"]


def test_rows_stand_in_the_same_order_whenever_each_was_measured(run):
    small = measured("tutorial", case={"clients": 20, "outstanding": 1})
    order = [(it.case["clients"], it.peer) for it in document.in_order([*reversed(run), small])]
    assert order == [(20, "tutorial"), (200, "site"), (200, "websockets"), (200, "ws"), (200, "tutorial")]


def test_targets_are_ratios_of_what_was_measured(run):
    told = document.of_targets(run)
    assert "| the same against websockets.broadcast() | ≥ 5.0 × | 8.0 × | reached |" in told
    assert "| ≥ 200 × | 300 × | reached |" in told
    assert "| not measured |" in told


def test_targets_and_charts_name_what_there_is():
    for target in TARGETS:
        for figure in filter(None, (target.figure, target.over)):
            columns = {column.figure for column in BY_NAME[figure.scenario].columns}
            assert figure.peer in catalogue.BY_NAME
            assert figure.figure in columns
    for scenario in SCENARIOS:
        assert {it.figure for it in scenario.charts} <= {column.figure for column in scenario.columns}


def test_a_chart_is_drawn_of_what_was_measured(run, tmp_path):
    shown = document.draw(BY_NAME["fanout"], run, tmp_path)
    assert len(shown) == 1
    [file] = tmp_path.iterdir()
    bars = ElementTree.parse(file).findall(".//{*}rect")
    assert len(bars) == 3
    assert "prefers-color-scheme: dark" in file.read_text()


def test_a_document_has_what_it_was_made_of_beside_it(run, tmp_path, monkeypatch):
    for name, file in (("FILE", "it.md"), ("RAW", "it.json"), ("CHARTS", "charts")):
        monkeypatch.setattr(document, name, tmp_path / file)
    marks = ["machine", "targets", *BY_NAME]
    (tmp_path / "it.md").write_text("\n".join(f"<!-- {mark} -->\n<!-- /{mark} -->" for mark in marks))
    found = Results(Machine("Linux", "a processor", 2, 4.0, {}), run)
    document.write(found)
    assert results.read(tmp_path / "it.json") == found
    assert "a processor" in (tmp_path / "it.md").read_text()


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


def test_a_quick_run_is_never_written_down(capsys):
    with pytest.raises(SystemExit):
        parse(["--quick", "--write"])
    assert "no result" in capsys.readouterr().err


# ---- The model


def test_a_line_is_put_through_what_was_measured():
    series = Series("a post", "clients", "µs", [(10.0, 25.0), (20.0, 45.0), (40.0, 85.0)])
    assert series.line == pytest.approx((5.0, 2.0))
    assert series.fit == pytest.approx(1.0)


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
