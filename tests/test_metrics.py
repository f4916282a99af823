"""Metrics: access, the labels of workers, and that the document, the dashboard and the alerts have each one."""

import json
import multiprocessing
import re
import socket
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured

from chat import protocol
from chat.metrics import workers
from chat.metrics.catalogue import METRICS
from chat.telemetry.counters import Histogram, counts
from tests.scrape import TOKEN, of_this_process
from tests.test_settings import python

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs/metrics.md").read_text()
DASHBOARD = (ROOT / "deploy/grafana/chatsite.json").read_text()
ALERTS = (ROOT / "deploy/prometheus/alerts.yml").read_text()


@pytest.fixture
def switched_on(settings):
    settings.CHAT_METRICS, settings.CHAT_METRICS_TOKEN = True, TOKEN


# ---- Access


def test_there_are_no_metrics_until_they_are_switched_on(client, db):
    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize(
    "header", [None, "Bearer wrong", "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xe9"]
)
def test_metrics_need_the_token(client, switched_on, header):
    response = client.get("/metrics", headers={"Authorization": header} if header else {})
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert b"chat_" not in response.content


def test_with_the_token_metrics_work_under_any_host_name_and_without_the_database(client, switched_on):
    response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", "Host": "10.1.2.3:8000"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    assert "no-store" in response["Cache-Control"]
    assert b'chat_draining{worker="' in response.content


def test_metrics_are_served_without_https(client, switched_on, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/accounts/login/").status_code == 301
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_server_that_asks_for_openmetrics_gets_that(client, switched_on):
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", "Accept": accept})
    assert response["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert response.content.endswith(b"# EOF\n")


def test_metrics_need_no_token_in_development(client, settings):
    settings.CHAT_METRICS, settings.CHAT_METRICS_TOKEN = True, ""
    assert client.get("/metrics").status_code == 200


def test_with_debug_off_they_are_not_switched_on_without_a_token():
    production = {"DEBUG": "off", "SECRET_KEY": "x" * 50, "ALLOWED_HOSTS": "chat.example.org", "CHAT_METRICS": "on"}
    run = python("import chatsite.settings", **production)
    assert run.returncode != 0
    assert "CHAT_METRICS_TOKEN" in run.stderr.strip().splitlines()[-1]
    assert python("import chatsite.settings", **production, CHAT_METRICS_TOKEN=TOKEN).returncode == 0


# ---- Values


def test_no_label_names_a_room_or_a_person():
    counts.requests["200"] += 1
    counts.policy_violations["img-src"] += 1
    counts.jobs_waiting = {"chat.actions.tasks.maintenance.prune": 1}
    names = {name for sample in of_this_process().samples for name in sample.labels}
    assert names == {"worker", "code", "command", "status", "directive", "task", "le"}
    assert {it.label for it in METRICS if getattr(it, "label", "")} == {
        "code",
        "command",
        "status",
        "directive",
        "task",
    }


def test_a_histogram_counts_each_value_in_its_bucket_and_all_above():
    histogram = Histogram((1, 2, 5))
    for value in (0.5, 1, 1.5, 5, 6):
        histogram.observe(value)
    assert histogram.read() == ([2, 1, 1, 1], 14.0)


def test_histogram_buckets_are_cumulative(monkeypatch):
    monkeypatch.setattr(counts, "batch_size", Histogram((1, 2, 5)))
    for value in (1, 2, 2, 9):
        counts.batch_size.observe(value)
    numbers = of_this_process()
    assert numbers.of("chat_batch_size_bucket", "le") == {"1": 1, "2": 3, "5": 3, "+Inf": 4}
    assert (numbers["chat_batch_size_count"], numbers["chat_batch_size_sum"]) == (4, 14)


# ---- Workers behind one port


class Sibling:
    """The socket of another worker, in the shared folder."""

    def __init__(self, folder, worker, answer=b""):
        self.path, self._answer = folder / f"{worker}.sock", answer
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))

    def answer_once(self):
        self.listener.listen()
        threading.Thread(target=self._serve).start()
        return self

    def _serve(self):
        line, _ = self.listener.accept()
        with line:
            line.sendall(self._answer)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "_folder", lambda: tmp_path)
    return tmp_path


def test_scraped_worker_includes_the_metrics_of_its_siblings(folder):
    family = ["chat_connections", "Sockets.", "gauge", [["chat_connections", {}, 7.0]]]
    sibling = Sibling(folder, 99991, msgspec.json.encode([family])).answer_once()
    numbers = of_this_process()
    assert numbers.of("chat_connections")["99991"] == 7
    assert len(numbers.of("chat_connections")) == 2
    assert set(numbers.of("chat_worker_up").values()) == {1}
    sibling.listener.close()


def test_a_worker_that_was_killed_is_forgotten(folder):
    killed = Sibling(folder, 99992)
    killed.listener.close()
    assert "99992" not in of_this_process().of("chat_worker_up")
    assert not killed.path.exists()


@pytest.mark.parametrize("answer", [None, b"no metrics"])
def test_hanging_worker_is_reported_down(folder, monkeypatch, answer):
    monkeypatch.setattr(workers, "PATIENCE_SECONDS", 0.05)
    hanging = Sibling(folder, 99993, answer)
    if answer is None:
        hanging.listener.listen()
    else:
        hanging.answer_once()
    numbers = of_this_process()
    assert numbers.of("chat_worker_up")["99993"] == 0
    assert "99993" not in numbers.of("chat_connections")
    hanging.listener.close()


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Return an empty temporary directory, for a worker whose parent process is 7."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: SimpleNamespace(pid=7))
    return tmp_path


def test_workers_find_each_other_in_a_private_directory(temporary):
    folder = workers._folder()
    assert (folder.parent, folder.stat().st_mode & 0o777) == (temporary, 0o700)
    assert workers._folder() == folder


def test_shared_metrics_directory_stops_the_start(temporary):
    workers._folder().chmod(0o755)
    with pytest.raises(ImproperlyConfigured, match="other users can access"):
        workers.listen()


def test_symlink_at_the_metrics_directory_stops_the_start(temporary, tmp_path_factory):
    folder = workers._folder()
    folder.rmdir()
    folder.symlink_to(tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(ImproperlyConfigured, match="other users can access"):
        workers.listen()


def test_start_fails_without_a_usable_directory_and_names_the_variable(temporary, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / ("x" * 120)))
    (temporary / ("x" * 120)).mkdir()
    with pytest.raises(ImproperlyConfigured, match="TMPDIR"):
        workers.listen()


def test_a_single_process_finds_no_siblings(monkeypatch):
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: None)
    workers.listen()
    assert workers._ask_siblings() == {}


# ---- Documents


def exported():
    """Return the name of every metric, with `_total` where it has one, and its kind."""
    numbers = of_this_process()
    kinds = {family.name: family.type for family in numbers.families.values()} | {"chat_http_requests": "counter"}
    return {f"{name}_total" if kind == "counter" else name: kind for name, kind in kinds.items()}


def used_in(text):
    """Return the metrics of expressions, without the suffixes of histograms."""
    names = set(re.findall(r"\b((?:chat|process)_[a-z_]+)\b", text))
    histograms = "|".join(name for name, kind in exported().items() if kind == "histogram")
    return {re.sub(rf"^({histograms})_(bucket|sum|count)$", r"\1", name) for name in names}


def test_the_document_lists_every_metric_with_its_kind_and_nothing_else():
    rows = dict(re.findall(r"^\| `(\w+)` \| (gauge|counter|histogram) ", DOCUMENT, re.MULTILINE))
    assert rows == exported()


def test_the_document_lists_every_command_that_is_counted():
    [row] = re.findall(r"^\| `chat_commands_total` .*$", DOCUMENT, re.MULTILINE)
    kinds = {str(command.__struct_config__.tag) for command in protocol.STORED_COMMANDS}
    assert set(re.findall(r"`(\w+)`", row)) == {"chat_commands_total", "command"} | kinds


def test_the_dashboard_shows_every_metric_and_nothing_else():
    expressions = [target["expr"] for panel in panels() for target in panel["targets"]]
    assert used_in("\n".join(expressions)) == set(exported())


def test_every_panel_of_the_dashboard_has_a_title_a_position_and_a_description():
    shown = panels()
    assert len({panel["title"] for panel in shown}) == len(shown)
    assert all(panel["description"] and panel["datasource"]["uid"] == "${datasource}" for panel in shown)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in shown]
    assert len(set(places)) == len(places)


def panels():
    return [panel for panel in json.loads(DASHBOARD)["panels"] if panel["type"] != "row"]


def test_every_alert_uses_existing_metrics_and_is_documented():
    expressions = re.findall(r"^ +expr: (.+)$", ALERTS, re.MULTILINE)
    assert used_in("\n".join(expressions)) <= set(exported())
    alerts = re.findall(r"alert: (\w+)", ALERTS)
    assert len(alerts) == len(expressions) > 5
    assert re.findall(r"^\| `(Chat\w+)` \|", DOCUMENT, re.MULTILINE) == alerts
