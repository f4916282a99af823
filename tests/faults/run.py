"""One experiment: a group joins its own room and posts, a fault happens and is repaired, and all logs are compared."""

import asyncio
import random
import signal
import time
from contextlib import AsyncExitStack
from statistics import median

from tests.faults import people
from tests.faults.checker import audit
from tests.faults.member import Member
from tests.faults.member_group import LOOK_SECONDS, MemberGroup
from tests.faults.memory import MIB, Memory
from tests.faults.result import Result
from tests.site import PATIENCE_SECONDS

# People for clients beside the group.
SPARE_PEOPLE = 10


class Run:
    """The context of a fault: the deployment with its database, layer and ports, the group, and a random generator."""

    member, group_class, audit, subject = Member, MemberGroup, staticmethod(audit), "site"

    def __init__(self, fault, deployment, size, seed, folder):
        self.fault, self.deployment, self.size, self.folder = fault, deployment, size, folder
        self.seed = seed
        self.rng = random.Random(f"{seed} {fault.name} {deployment.cell.name}")
        self.room = self.owner = self.group = None
        self.client_ports = list(deployment.ports)
        self.figures, self.wrong = {}, []
        self.ended_at = None
        # What stays until everybody has left.
        self.stack = AsyncExitStack()
        self.memory = Memory(deployment.worker_pids)
        self._spare = []

    database = property(lambda self: self.deployment.database)
    layer = property(lambda self: self.deployment.layer)
    site = property(lambda self: self.deployment.site)
    ports = property(lambda self: self.deployment.ports)
    has_layer = property(lambda self: self.deployment.cell.has_layer)

    def rows(self):
        return self.deployment.rows(self.room)

    def newcomer(self, client_ports=None, person=None):
        """Return a client outside the group, of a new person unless one is given."""
        kind = self.fault.load.get("member", self.member)
        return kind(
            person or self.spare_person(),
            self.room,
            client_ports or self.client_ports,
            random.Random(self.rng.random()),
        )

    def spare_person(self):
        return self._spare.pop()

    async def browser(self):
        """Return a connected client of a new person with a session."""
        person = await asyncio.to_thread(people.signed_in, self.site, self.spare_person())
        member = self.newcomer(person=person)
        member.come()
        await member.until(lambda: member.is_in)
        return member

    async def until_refused(self, code):
        """Wait until a member's command was refused for this reason."""
        before = [member.refusals[code] for member in self.group.posters]
        async with asyncio.timeout(PATIENCE_SECONDS):
            while before == [member.refusals[code] for member in self.group.posters]:
                await asyncio.sleep(LOOK_SECONDS)

    def note(self, **figures):
        self.figures |= figures

    def expect(self, condition, sentence):
        """Note a failure unless a condition holds. The comparison of logs does not cover it."""
        if not condition:
            self.wrong.append(sentence)

    def mended(self):
        """Note that the fault is over. From now on the site recovers."""
        self.ended_at = asyncio.get_running_loop().time()

    async def heal(self):
        """End the fault and wait until everyone has recovered. Only then undo replacements."""
        self.mended()
        await self.group.stop_writing()
        await self.group.settle()

    async def restart_workers(self, with_signal=signal.SIGKILL, **environment):
        """Restart one worker after another, with these variables from now on."""
        self.deployment.other_environment(**environment)
        for port in list(self.ports):
            await asyncio.to_thread(self.deployment.kill, port, with_signal)
            await asyncio.to_thread(self.deployment.start, port)

    async def quiet(self, times=1):
        """Let people post for a while without a fault."""
        await asyncio.sleep(times * self.size.quiet_seconds)

    # ---- Running all steps

    async def perform(self):
        started = time.monotonic()
        await self._gather()
        watching = asyncio.create_task(self.memory.watch())
        try:
            await self.group.come()
            rows = await self._break_and_heal()
        finally:
            watching.cancel()
            await self.group.leave()
            await self.stack.aclose()
        self.memory.look()
        return self._result(rows, time.monotonic() - started)

    async def _gather(self):
        load = self.fault.load
        count = self.size.stampede if load.get("members") == "stampede" else self.size.members
        self.room, self.owner, found = await asyncio.to_thread(
            self.deployment.gather, self.fault.name, count + SPARE_PEOPLE
        )
        self._spare = found[count:]
        members = [self.newcomer(person=person) for person in found[:count]]
        for member in members:
            member.wait_seconds = load.get("wait_seconds", member.wait_seconds)
        self.group = self.group_class(members, load.get("posters", self.size.posters), self.rows)

    async def _break_and_heal(self):
        if self.fault.load.get("rate") != 0:
            self.group.write(self.fault.load.get("rate", self.size.rate), self.fault.load.get("size", 0))
        await self.quiet()
        await self.fault.inject(self)
        await self.group.stop_writing()
        if self.ended_at is None:
            self.mended()
        await self.group.settle()
        healed = [member.changed_at or self.ended_at for member in self.group.members]
        self._heal = [max(0.0, moment - self.ended_at) for moment in healed]
        await self.group.write_once()  # as if nothing had been
        return await self.group.settle()

    def _result(self, rows, seconds):
        members = self.group.members
        found = self.audit(members, rows)
        return Result(
            **{name: value for name, value in vars(found).items() if name != "differences"},
            differences=[*self.wrong, *found.differences],
            fault=self.fault.name,
            row=self.fault.row,
            subject=self.subject,
            cell=self.deployment.cell.name,
            seed=self.seed,
            reloads=sum(member.reloads for member in members),
            reloads_allowed=self.fault.reloads * len(members),
            heal_p50=round(median(self._heal), 2),
            heal_max=round(max(self._heal), 2),
            memory_before=round(self.memory.first / MIB, 1),
            memory_peak=round(self.memory.peak / MIB, 1),
            seconds=round(seconds, 1),
            figures=self.figures,
        )
