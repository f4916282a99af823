"""Results as JSON: the machine, the versions, and every measurement; a later run replaces what it measured anew."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import msgspec

from benchmarks.scenarios.scenario import Measurement

PACKAGES = ("django", "channels", "daphne", "uvicorn", "websockets", "msgspec")


class Machine(msgspec.Struct, frozen=True):
    """The machine of a measurement."""

    system: str
    processor: str
    cores: int
    memory_gib: float
    versions: dict[str, str]


class Results(msgspec.Struct):
    """`missing` are the peers that were left out, and why; `is_quick` that the sizes were only a try."""

    machine: Machine
    measurements: list[Measurement]
    missing: dict[str, str] = {}
    is_quick: bool = False


def machine() -> Machine:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = {"Python": platform.python_version()} | {name: version(name) for name in PACKAGES}
    if node := _output("node", "--version"):
        versions["Node"] = node.removeprefix("v")
    if ejabberd := _output("dpkg-query", "--show", "--showformat=${Version}", "ejabberd"):
        versions["ejabberd"] = ejabberd
    system = f"{platform.system()} {platform.release()}"
    return Machine(system, names[0] if names else platform.machine(), len(os.sched_getaffinity(0)), memory, versions)


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return ""


def read(file: Path) -> Results | None:
    return msgspec.json.decode(file.read_bytes(), type=Results) if file.exists() else None


def merged(before: Results | None, now: Results) -> Results:
    """Return the earlier measurements at the same sizes, without the scenarios and peers measured now."""
    if before is None or before.is_quick != now.is_quick:
        return now
    again = {(it.scenario, it.peer) for it in now.measurements}
    kept = [it for it in before.measurements if (it.scenario, it.peer) not in again]
    missing = {name: why for name, why in before.missing.items() if name not in {peer for _, peer in again}}
    return Results(now.machine, kept + now.measurements, missing | now.missing, now.is_quick)


def write(file: Path, results: Results) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(results)) + b"\n")
