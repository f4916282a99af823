"""Metrics of all workers behind one port. A scrape reaches one worker, which asks its siblings.

uvicorn's workers share their listening socket, so a scrape cannot choose a worker. Each therefore also listens on a
Unix socket, in a folder that belongs to their common parent process. A process without siblings reports only itself.
A worker does not ask other machines, so a Prometheus server scrapes all of them.
"""

import atexit
import contextlib
import logging
import multiprocessing
import os
import socket
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from django.core.exceptions import ImproperlyConfigured
from prometheus_client.core import GaugeMetricFamily, Metric

from chat.metrics import catalogue

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.0


class Sample(msgspec.Struct, array_like=True, frozen=True):
    name: str
    labels: dict[str, str]
    value: float


class Family(msgspec.Struct, array_like=True, frozen=True):
    """A metric of one worker, as it is sent to another."""

    name: str
    help: str
    kind: str
    samples: list[Sample]


class Workers:
    """A collector for `prometheus_client`: all metrics of all workers. The label `worker` is the process id."""

    def collect(self) -> Iterator[Metric]:
        answers = {str(os.getpid()): own_families(), **_ask_siblings()}
        up = GaugeMetricFamily(
            "chat_worker_up", "1 for each worker that answered, 0 for one that did not.", labels=["worker"]
        )
        merged: dict[str, Metric] = {}
        for worker, families in answers.items():
            up.add_metric([worker], float(families is not None))
            for family in families or ():
                metric = merged.setdefault(family.name, Metric(family.name, family.help, family.kind))
                for sample in family.samples:
                    metric.add_sample(sample.name, {**sample.labels, "worker": worker}, sample.value)
        yield up
        yield from merged.values()


def own_families() -> list[Family]:
    return [
        Family(it.name, it.documentation, it.type, [Sample(each.name, each.labels, each.value) for each in it.samples])
        for it in catalogue.families()
    ]


def listen() -> None:
    """Answer siblings until this process ends. In a thread, so that it works while the event loop is blocked."""
    try:
        folder = _folder()
        if folder is None:
            return
        path = folder / f"{os.getpid()}.sock"
        path.unlink(missing_ok=True)  # an earlier process had this id
        server = socketserver.UnixStreamServer(str(path), _Answer)
    except OSError as error:
        raise ImproperlyConfigured(
            f"CHAT_METRICS cannot create its socket. Set TMPDIR to a writable directory: {error}."
        ) from error
    threading.Thread(target=server.serve_forever, name="chat-metrics", daemon=True).start()
    atexit.register(_leave, path)


def _leave(path: Path) -> None:
    path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # the folder is not empty until the last worker leaves
        path.parent.rmdir()


class _Answer(socketserver.StreamRequestHandler):
    timeout = PATIENCE_SECONDS

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the sibling has stopped waiting
            self.wfile.write(msgspec.json.encode(own_families()))


def _folder() -> Path | None:
    """Return the folder of the sockets of one parent's workers, or None without a parent. Only this user has access."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return None
    folder = Path(tempfile.gettempdir()) / f"chatsite-{os.getuid()}-{parent.pid}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise ImproperlyConfigured(f"CHAT_METRICS needs {folder} for itself, but other users can access it.")
    return folder


def _ask_siblings() -> dict[str, list[Family] | None]:
    """Return the siblings' metrics by process id. None for one that does not answer in time. Dead ones are removed."""
    folder = _folder()
    paths = [] if folder is None else [it for it in folder.glob("*.sock") if it.stem != str(os.getpid())]
    if not paths:
        return {}
    with ThreadPoolExecutor(len(paths)) as threads:
        answers = dict(zip(paths, threads.map(_ask, paths), strict=True))
    return {path.stem: families for path, families in answers.items() if path.exists()}


def _ask(path: Path) -> list[Family] | None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE_SECONDS)
        try:
            client.connect(str(path))
            with client.makefile("rb") as answer:
                return msgspec.json.decode(answer.read(), type=list[Family])
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
        except (OSError, msgspec.DecodeError) as error:
            log.warning("Could not read the metrics of worker %s: %r", path.stem, error)
    return None
