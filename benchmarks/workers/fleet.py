"""The site's worker processes: at a port each, as behind a proxy, or all at one, as `uvicorn --workers` runs them."""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.processes import Process
from benchmarks.server import BASE_DIR, START_SECONDS, command, free_port, stop, wait_until_it_answers
from benchmarks.workers import counters

# Time for the restart of each worker.
RESTART_SECONDS = 60.0


class Fleet:
    """`number` processes of a server with a port each."""

    def __init__(self, directory: Path, environment: dict[str, str], number: int, first_port: int, server: str):
        self._directory, self._environment, self._number, self._server = directory, environment, number, server
        self.ports = [first_port + offset if first_port else free_port() for offset in range(number)]
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        for port in self.ports:
            self._running[port] = self._launch(port)
        for port, process in self._running.items():
            wait_until_it_answers(process, port)

    def stop(self) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            stop(process)

    def workers(self) -> list[Process]:
        return [Process(process.pid) for process in self._running.values()]

    def restart(self) -> None:
        """Every worker in turn: told to end, waited for, started anew, waited for. Blocks until done."""
        for port in self.ports:
            stop(self._running[port])
            self._running[port] = self._launch(port)
            wait_until_it_answers(self._running[port], port)

    def log(self) -> list[str]:
        """Return the output of the workers so far."""
        consoles = sorted(self._directory.glob("worker-*.log"))
        return [line for console in consoles for line in console.read_text(errors="replace").splitlines()]

    def counts(self) -> Counter[str]:
        return counters.of_workers(self.ports, self._environment["CHAT_METRICS_TOKEN"])

    def _launch(self, port: int, *options: str) -> subprocess.Popen[bytes]:
        with (self._directory / f"worker-{port}.log").open("ab") as console:
            return subprocess.Popen(
                [*command(self._server, port), *options],
                cwd=BASE_DIR,
                env=self._environment,
                stdout=console,
                stderr=subprocess.STDOUT,
            )


class OnePort(Fleet):
    """One `uvicorn --workers`: the worker that accepts first gets the connection."""

    def start(self) -> None:
        del self.ports[1:]
        [port] = self.ports
        self._running[port] = self._launch(port, "--workers", str(self._number))
        wait_until_it_answers(self._running[port], port)
        _wait(lambda: self.counts()["chat_worker_up"] >= self._number, "The workers did not start.", START_SECONDS)

    def workers(self) -> list[Process]:
        [supervisor] = self._running.values()
        children = Process(supervisor.pid).children()
        # Python's own resource tracker is a child as well.
        return [child for child in children if b"spawn_main" in Path(f"/proc/{child.pid}/cmdline").read_bytes()]

    def restart(self) -> None:
        """Restart by uvicorn's own SIGHUP, which starts a new worker before it ends each old one."""
        [supervisor] = self._running.values()
        before = set(self.workers())
        supervisor.send_signal(signal.SIGHUP)
        _wait(lambda: not before & set(self.workers()), "Workers were not replaced.", RESTART_SECONDS * self._number)


def _wait(condition: Callable[[], bool], failure: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(failure)
        time.sleep(0.05)
