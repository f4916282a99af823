"""The deployment of the tutorial, instead of the site's."""

import asyncio

from tests.faults.baseline.checker import audit
from tests.faults.baseline.member import TutorialMember
from tests.faults.deployment import Deployment
from tests.faults.log import Row
from tests.faults.member_group import LOOK_SECONDS, MemberGroup
from tests.faults.people import Person
from tests.faults.run import Run
from tests.site import SERVERS, Site

SETTINGS = "tests.faults.baseline.settings"
ROWS = "SELECT id, body FROM baseline_message WHERE room = '{}' ORDER BY id"
CALM_SECONDS = 3.0


class TutorialSite(Site):
    servers = {
        name: [
            "tests.faults.baseline.asgi:application" if part == "chatsite.asgi:application" else part for part in parts
        ]
        for name, parts in SERVERS.items()
    }

    def _make_database(self, folder, address):
        self.manage("migrate", "--run-syncdb", "--verbosity", "0")


class TutorialDeployment(Deployment):
    def _make_site(self, **environment):
        return TutorialSite(self.folder, DJANGO_SETTINGS_MODULE=SETTINGS, **environment)

    def be_as(self, workers, environment):
        self.database.messages = "baseline_message"
        super().be_as(workers, {**environment, "DJANGO_SETTINGS_MODULE": SETTINGS})

    def gather(self, name, count):
        number = next(self._numbers)
        people = [Person(it, f"{name} {it}", "") for it in range(count + 1)]
        return f"{name}-{number}", people[0], people[1:]

    def rows(self, room):
        found = self.database.ask(ROWS.format(room))
        return [Row(deployment, 0, body.partition(" ")[0], None, body, False, ()) for deployment, body in found]


class TutorialGroup(MemberGroup):
    """Members of the tutorial. Delivery is complete when all are connected and nothing has arrived for a while."""

    async def settle(self):
        loop = asyncio.get_running_loop()
        deadline, moved_at, before = loop.time() + 30, loop.time(), None
        while loop.time() < min(deadline, moved_at + CALM_SECONDS):
            state = [(member.is_in, len(member.log)) for member in self.members]
            if state != before or not all(there for there, _ in state):
                before, moved_at = state, loop.time()
            await asyncio.sleep(LOOK_SECONDS)
        return await asyncio.to_thread(self._read_rows)


class TutorialRun(Run):
    member, group_class, audit, subject = TutorialMember, TutorialGroup, staticmethod(audit), "tutorial"

    async def until_refused(self, code):
        """Do nothing: the tutorial sends no refusals."""
        await self.quiet(4)
