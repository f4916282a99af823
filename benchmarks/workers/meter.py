"""The resources that each part of the site uses, by the kernel's count."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.processes import Process


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds of processor time over a while, as a share of one core too, and bytes of memory at its end."""

    cpu_seconds: float
    cores: float
    memory: int


class Meter:
    """`parts` gives the processes of each part by name; the load generator adds itself as `generator`."""

    def __init__(self, parts: Mapping[str, Callable[[], Sequence[Process]]]):
        self._parts = parts
        self.start()

    def start(self) -> None:
        self._started, self._group = time.perf_counter(), time.process_time()
        self._before = {
            process: _cpu_seconds(process) for processes in self._parts.values() for process in _families(processes())
        }

    def usage(self) -> dict[str, Usage]:
        """Since `start`. A process that has ended since counts only where its parent is of the same part."""
        seconds = time.perf_counter() - self._started
        usage = {}
        for name, processes in self._parts.items():
            family = _families(processes())
            cpu = sum(_cpu_seconds(process) - self._before.get(process, 0.0) for process in family)
            usage[name] = Usage(cpu, cpu / seconds, sum(map(_bytes, family)))
        group = time.process_time() - self._group
        return usage | {"generator": Usage(group, group / seconds, 0)}

    def memory(self) -> int:
        """Return the bytes of all parts together, without the load generator."""
        return sum(_bytes(process) for processes in self._parts.values() for process in _families(processes()))


def _families(processes: Sequence[Process]) -> list[Process]:
    return [member for process in processes for member in process.family()]


def _cpu_seconds(process: Process) -> float:
    """0 for one that has just ended: its time passes to its parent. PostgreSQL has a process for each connection."""
    try:
        return process.cpu_seconds()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def _bytes(process: Process) -> int:
    try:
        return process.proportional_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return 0
