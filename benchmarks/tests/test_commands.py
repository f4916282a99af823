"""The commands that measure one room, with one server and with many workers, in a small size."""

import json
import subprocess
import sys

import pytest

from benchmarks.server import BASE_DIR
from benchmarks.workers import backends
from tests.processes.servers import cannot_run


def run(module, *options, tmp_path):
    """The figures of one run, which has found nothing to complain of."""
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", module, *options, "--json", figures]
    run = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(figures.read_text())


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
def test_a_small_room_is_run_and_audited(server, tmp_path):
    options = ["--server", server, "--clients", "5", "--posters", "2", "--posts", "20", "--outstanding", "3"]
    written = run("benchmarks.room", *options, tmp_path=tmp_path)
    figures = written["figures"]
    assert (figures["posts"], figures["deliveries"], written["differences"]) == (20, 100, 0)
    assert figures["mib_peak"] >= figures["mib_idle"] > 0 < figures["connect_seconds"]


SMALL = ["--clients", "12", "--posters", "4", "--posts", "60", "--rate", "60", "--quiet", "1"]


def test_workers_are_replaced_in_turn_while_people_write(tmp_path):
    try:
        backends.programs()
    except FileNotFoundError as error:
        cannot_run(str(error))
    options = ["--workers", "3", "--database", "postgresql", "--layer", "valkey", "--rolling"]
    [written] = run("benchmarks.workers", *SMALL, *options, tmp_path=tmp_path)
    figures = written["figures"]
    assert figures["phases"].keys() == {"before", "during", "after"}
    assert figures["deliveries"] == 12 * figures["posts"] >= 12 * 60
    assert figures["connections"] > 12
    assert figures["blackouts"]["count"] == figures["connections"] - 12
    assert figures["database_connections"] > 0
    assert figures["broadcasts"] > 0


def test_the_layer_is_killed_under_workers_at_one_port(tmp_path):
    options = ["--workers", "2", "--one-port", "--database", "sqlite", "--layer", "valkey", "--layer-fault", "kill"]
    [written] = run("benchmarks.workers", *SMALL, *options, tmp_path=tmp_path)
    figures = written["figures"]
    assert figures["holes_healed"] > 0
    assert figures["connections"] == 12


def test_workers_without_a_common_layer_are_run_and_serve_pages(tmp_path):
    options = ["--workers", "1", "2", "--database", "sqlite", "--layer", "none", "--browsers", "2"]
    alone, together = run("benchmarks.workers", *SMALL, *options, tmp_path=tmp_path)
    assert (alone["workers"], together["workers"]) == (1, 2)
    assert alone["figures"]["holes_healed"] == 0
    assert together["figures"]["holes_healed"] > 0
    assert together["figures"]["page_loads"]["seconds"]["count"] > 0
