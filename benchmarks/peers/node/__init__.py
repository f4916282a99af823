"""Servers on Node: `ws` and Socket.IO, installed with npm into var/bench in the versions that package.json names."""

import shutil
import subprocess
from pathlib import Path

from benchmarks.load.dialect import Dialect
from benchmarks.load.dialects import SocketIO
from benchmarks.peers.peer import VAR, Missing, Peer, simple

HERE = Path(__file__).parent
PACKAGES = VAR / "node"


def install() -> None:
    """The packages, unless they are there in these versions."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise Missing("Node and npm are not installed.")
    wanted = (HERE / "package.json").read_bytes()
    known = PACKAGES / "package.json"
    if known.exists() and known.read_bytes() == wanted and (PACKAGES / "node_modules").exists():
        return
    PACKAGES.mkdir(parents=True, exist_ok=True)
    known.write_bytes(wanted)
    command = ["npm", "install", "--no-audit", "--no-fund", "--omit=optional", "--loglevel=error"]
    if subprocess.run(command, cwd=PACKAGES, check=False).returncode:
        raise Missing("npm could not install what package.json names.")


def _peer(name: str, label: str, dialect: Dialect) -> Peer:
    modules = str(PACKAGES / "node_modules")
    start = simple(lambda port: ["node", str(HERE / f"{name}.js"), str(port)], NODE_PATH=modules)
    return Peer(name, label, dialect, start, prepare=install)


WS = _peer("ws", "ws on Node", Dialect())
SOCKET_IO = _peer("socketio", "Socket.IO on Node", SocketIO())
