"""The benchmarks of the page and of searching, in small: every figure is there, and none is of something else."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from benchmarks.page.__main__ import chromium
from tests.processes.servers import cannot_run
from tests.site import ROOT


def run(module, folder, *options):
    """The figures of a run."""
    file = folder / "figures.json"
    command = [sys.executable, "-m", module, *options, "--json", str(file)]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(file.read_text()), done.stdout


def test_page_is_measured_beside_the_tutorials(tmp_path):
    if not shutil.which(chromium() or ""):
        cannot_run("Chromium")
    figures, table = run("benchmarks.page", tmp_path, "--messages", "250", "--runs", "1")
    [cold], [warm] = (figures["loads"][f"room, {cache}"] for cache in ("cold", "warm"))
    [tutorial] = figures["loads"]["tutorial, cold"]
    assert cold["requests"] > warm["requests"] >= 1
    assert cold["bytes"] > cold["script_bytes"] > warm["script_bytes"] == 0
    assert cold["first_message_ms"] > 0
    assert tutorial["first_message_ms"] is None
    assert tutorial["requests"] < cold["requests"]
    assert min(load["own_message_ms"] for load in (cold, warm, tutorial)) > 0
    assert figures["journey"]["messages"] >= 250
    assert 0 < figures["journey"]["articles"] < figures["journey"]["nodes"]
    assert "own message confirmed" in table


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_searching_is_measured(tmp_path, database):
    if database == "postgresql" and not (shutil.which("initdb") or shutil.which("pg_ctlcluster")):
        cannot_run("PostgreSQL")
    figures, table = run("benchmarks.search", tmp_path, "--messages", "500", "--database", database)
    hits = {name: it["hits"] for name, it in figures["searches"].items()}
    assert hits["a word that one message has"] == 1
    assert hits["a word that most have"] == 20
    assert hits["words that never meet"] == hits["a word that there is not"] == 0
    assert hits["the same by a person who sees only a small room"] == hits["a common word in a small room"] == 2
    assert set(figures["posting"]) == {"with the index", "without it"}
    assert "a phrase" in table
