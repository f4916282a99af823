"""The soak test: one site, one room and one group under faults in random order. Nothing may accumulate."""

import asyncio
import tempfile
import time
from pathlib import Path

from tests.faults.deployment import Deployment
from tests.faults.memory import MIB
from tests.faults.registry import all_faults
from tests.faults.run import Run
from tests.faults.sizes import QUICK
from tests.faults.traps import environment

# Those that need nothing but the hooks, which are in place all the time, and leave people and room as they are.
FAULTS = [
    "layer_restarts",
    "layer_is_flushed",
    "layer_hangs",
    "layer_cuts_subscribers",
    "layer_forgets_members",
    "killed_before_commit",
    "killed_after_commit",
    "killed_after_broadcast",
    "workers_are_killed",
    "worker_hangs",
    "rolling_restart",
    "postgresql_crashes",
    "postgresql_restarts",
    "connections_are_terminated",
    "sqlite_is_locked",
    "lines_are_cut",
    "many_are_deleted",
    "frames_are_poison",
    "everything_happens",
]
# The allowed growth of a worker's memory between the first and the last quarter of a soak.
FLAT = 1.25
BAR_MIB = 8


class Soak(Run):
    def __init__(self, deployment, seed):
        super().__init__(all_faults()["everything_happens"], deployment, QUICK, seed, deployment.folder)
        chosen = [all_faults()[name] for name in FAULTS]
        self._faults = [fault for fault in chosen if not fault.reason_against(deployment.cell)]
        self._curve, self._injected = [], 0

    def spare_person(self):
        """Use the same few people again and again, since none is banned permanently."""
        self._spare.append(self._spare.pop(0))
        return self._spare[-1]

    async def go_on_for(self, minutes):
        until = time.monotonic() + 60 * minutes
        await self._gather()
        watching = asyncio.create_task(self.memory.watch())
        try:
            await self.group.come()
            while time.monotonic() < until:
                await self._one(self.rng.choice(self._faults))
            rows = await self.group.settle()
        finally:
            watching.cancel()
            await self.group.leave()
        return self._verdict(rows)

    async def _one(self, fault):
        self.group.write(self.size.rate / 2)
        await self.quiet()
        await fault.inject(self)
        await self.group.stop_writing()
        self.mended()
        rows = await self.group.settle()
        agreed = all(member.equals(rows) for member in self.group.members)
        self.expect(agreed, f"after {fault.name} somebody's log was not the room")
        healed = max((member.changed_at or 0) for member in self.group.members) - self.ended_at
        self.memory.look()
        self._curve.append(self.memory.last / MIB)
        self._injected += 1
        print(
            f"{fault.name:<32}{len(rows):>8} messages{max(0.0, healed):>8.2f} s{self._curve[-1]:>8.0f} MiB", flush=True
        )

    def _verdict(self, rows):
        self._heal = [0.0]
        result = self._result(rows, 0.0)
        quarter = max(1, len(self._curve) // 4)
        first, last = max(self._curve[:quarter]), max(self._curve[-quarter:])
        self.expect(last < first * FLAT, f"memory grew from {first:.0f} to {last:.0f} MiB")
        for number, mebibytes in enumerate(self._curve):
            print(f"{number:>5} {mebibytes:>6.0f} MiB {'#' * round(mebibytes / BAR_MIB)}")
        result.differences = [*self.wrong, *result.differences]
        print(f"{self._injected} faults, {result.tried} posts, {result.stored} stored, {result.reloads} reloads")
        for difference in dict.fromkeys(result.differences):
            print(f"    {difference}")
        return result


def soak(cell, minutes, seed):
    """The exit code."""
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        deployment = Deployment(cell, Path(folder))
        try:
            deployment.be_as(2, environment(deployment))
            result = asyncio.run(Soak(deployment, seed).go_on_for(minutes))
        finally:
            deployment.close()
    return 0 if result.held else 1
