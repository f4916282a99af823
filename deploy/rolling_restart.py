#!/usr/bin/env python3
"""Restart all workers of this machine, one after another, so that the site stays available.

    deploy/rolling_restart.py                    the first of the following that is found
    deploy/rolling_restart.py group PIDFILE      the workers of one parent process, as `make serve` starts them
    deploy/rolling_restart.py systemd PORT ...   the units chatsite@PORT (default: all that run)
    deploy/rolling_restart.py compose            the services site-a and site-b of compose.yaml

If a worker does not become ready, the restart stops with a message and exit code 1. The other workers keep running.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIDFILE = ROOT / "var" / "serve.pid"
# A worker shuts down within 15 seconds, then its successor must become ready.
TIMEOUT_SECONDS = 90.0
POLL_SECONDS = 0.2


class Stopped(Exception):
    """The reason why the restart cannot continue, as a message for the operator."""


# ---- One `manage.py serve --workers N`: its parent starts a new worker, waits until it is ready, then ends an old one


def restart_group(pidfile: Path) -> None:
    parent = int(pidfile.read_text())
    old = workers_of(parent)
    if not old:
        raise Stopped(f"Process {parent} has no workers. Is it the parent process of the site?")
    os.kill(parent, signal.SIGHUP)
    for number in range(1, len(old) + 1):
        if not wait_for(partial(are_replaced, number, old, parent)):
            raise Stopped(f"Only {number - 1} of {len(old)} workers were replaced. See the log of process {parent}.")
        say(f"{number} of {len(old)} workers replaced")


def are_replaced(number: int, old: set[int], parent: int) -> bool:
    return len(old - workers_of(parent)) >= number


def workers_of(parent: int) -> set[int]:
    """Return the ids of the workers of a parent process. Its other child only tracks resources."""
    listing = run("ps", "-A", "-ww", "-o", "pid=,ppid=,args=")
    children = re.findall(rf"^\s*(\d+)\s+{parent}\s+(.*)$", listing, re.MULTILINE)
    return {int(child) for child, command in children if "spawn_main" in command}


# ---- systemd units, each with one worker and one port


def restart_units(ports: Iterable[int]) -> None:
    one_after_another(ports or running_units(), lambda port: run("systemctl", "restart", f"chatsite@{port}.service"))


def running_units() -> list[int]:
    listing = run("systemctl", "list-units", "--plain", "--no-legend", "--state=active", "chatsite@*.service")
    return sorted(int(port) for port in re.findall(r"chatsite@(\d+)\.service", listing))


def one_after_another(ports: Iterable[int], restart: Callable[[int], object]) -> None:
    """Restart the worker of each port. Start only if all are ready, and wait for each before the next."""
    ports = list(ports)
    if not ports:
        raise Stopped("No unit chatsite@PORT is running.")
    if not_ready := [port for port in ports if not is_ready(port)]:
        raise Stopped(f"Nothing was restarted: no worker is ready on port {', '.join(map(str, not_ready))}.")
    for port in ports:
        restart(port)
        if not wait_for(partial(is_ready, port)):
            raise Stopped(f"The worker on port {port} did not become ready. The other workers keep running.")
        say(f"port {port} restarted")


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


# ---- Containers: one of two services serves while the other is recreated


def restart_containers() -> None:
    for service in ("site-a", "site-b"):
        run("docker", "compose", "up", "--detach", "--no-deps", "--force-recreate", "--wait", service)
        say(f"{service} restarted")


# ---- Common parts


def wait_for(condition: Callable[[], object]) -> bool:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not (answer := condition()) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return bool(answer)


def run(*command: str) -> str:
    """Run a command and return its output. Raises Stopped if it fails."""
    try:
        return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        raise Stopped(str(error)) from error


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def is_alive(pidfile: Path) -> bool:
    try:
        os.kill(int(pidfile.read_text()), 0)
    except (FileNotFoundError, ProcessLookupError):
        return False
    return True


def restart_running() -> None:
    if is_alive(PIDFILE):
        restart_group(PIDFILE)
    elif shutil.which("systemctl") and (ports := running_units()):
        restart_units(ports)
    else:
        restart_containers()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind")
    kinds.add_parser("group").add_argument("pidfile", type=Path, nargs="?", default=PIDFILE)
    kinds.add_parser("systemd").add_argument("ports", type=int, nargs="*")
    kinds.add_parser("compose")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    try:
        match given.kind:
            case "group":
                restart_group(given.pidfile)
            case "systemd":
                restart_units(given.ports)
            case "compose":
                restart_containers()
            case None:
                restart_running()
    except Stopped as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main()
