"""The memory of the workers, sampled during a fault."""

import asyncio
from pathlib import Path

from tests.site import children

SAMPLE_SECONDS = 0.2
MIB = 1024 * 1024


def resident_bytes(pid):
    """0 for a process that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


class Memory:
    """`pids()` are the workers of the moment; their children count with them."""

    def __init__(self, pids):
        self._pids = pids
        self.first = self.peak = self.last = 0

    def look(self):
        self.last = sum(map(resident_bytes, self._families()))
        self.first = self.first or self.last
        self.peak = max(self.peak, self.last)

    async def watch(self):
        while True:
            self.look()
            await asyncio.sleep(SAMPLE_SECONDS)

    def _families(self):
        for pid in self._pids():
            yield pid
            try:
                yield from children(pid)
            except (FileNotFoundError, ProcessLookupError):
                continue
