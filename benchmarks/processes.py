"""Processes as the kernel sees them (proc(5)): processor time and memory, of one or of all that descend from it."""

import os
from dataclasses import dataclass
from pathlib import Path

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Process:
    pid: int

    def cpu_seconds(self) -> float:
        """Processor time of all its threads so far, and of the children it has waited for."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self) -> int:
        return self._kibibytes("status", "VmRSS")

    def peak_resident_bytes(self) -> int:
        return self._kibibytes("status", "VmHWM")

    def forget_peak(self) -> None:
        """`peak_resident_bytes` is that from now on."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def proportional_bytes(self) -> int:
        """Resident memory with what is shared counted in parts: these can be added up."""
        return self._kibibytes("smaps_rollup", "Pss")

    def _kibibytes(self, file: str, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/{file}").read_text().splitlines()
        [kibibytes] = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
        return int(kibibytes) * 1024

    def children(self) -> list["Process"]:
        try:
            pids = [
                pid
                for task in Path(f"/proc/{self.pid}/task").iterdir()
                for pid in (task / "children").read_text().split()
            ]
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            return []
        return [Process(int(pid)) for pid in pids]

    def family(self) -> list["Process"]:
        """Itself and all its descendants."""
        return [self, *(process for child in self.children() for process in child.family())]
