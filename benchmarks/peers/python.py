"""Servers in Python that are not the site's: what they need beyond the site is installed for them alone, once."""

import importlib
import importlib.util
import subprocess
import sys

from benchmarks.load.dialect import Dialect
from benchmarks.peers.peer import VAR, Missing, Peer, simple

UVLOOP = "uvloop==0.22.1"
PACKAGES = VAR / "python"


def install() -> None:
    """uvloop, where only the benchmark finds it. The load generator uses it; the site only if it has its own."""
    if not (PACKAGES / "uvloop").exists():
        target = ["--target", str(PACKAGES), "--disable-pip-version-check", "--quiet"]
        command = [sys.executable, "-m", "pip", "install", *target, "--only-binary", ":all:", UVLOOP]
        if subprocess.run(command, check=False).returncode:
            raise Missing(f"{UVLOOP} could not be installed.")
    if str(PACKAGES) not in sys.path:
        sys.path.append(str(PACKAGES))
        importlib.invalidate_caches()


def install_for_generator() -> None:
    """The load generator gets more done on uvloop; it runs without."""
    try:
        install()
    except Missing as reason:
        print(f"The load generator runs on asyncio's own loop: {reason}")


BROADCAST = Peer(
    "websockets",
    "websockets.broadcast() on uvloop",
    Dialect(),
    simple(lambda port: [sys.executable, "-m", "benchmarks.peers.broadcasting", str(port)], PYTHONPATH=str(PACKAGES)),
    prepare=install,
)
