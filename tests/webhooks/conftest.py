"""A bot in a room, and a network of receivers."""

import pytest
from django.utils import timezone

from chat.actions import bots, members
from chat.actions.followers import cursors
from chat.actions.followers import webhooks as follower
from chat.models import Job
from tests.files.conftest import run_jobs
from tests.push.conftest import certificates, network

__all__ = ["certificates", "network", "run_jobs"]


@pytest.fixture
def bot(alice, hall):
    """A bot of alice, in the hall that she owns."""
    bot = bots.create(alice, "Deployer")
    members.add(alice, hall, person_id=bot.pk)
    return bot


@pytest.fixture
def follow(db):
    """Read the logs of all rooms to their heads, as the follower does."""
    cursors.start(follower.NAME)

    def read():
        for room_id in cursors.behind(follower.NAME):
            while step := cursors.next_step(follower.NAME, room_id):
                follower.write(step, follower.plan(step))

    return read


@pytest.fixture
def deliver(follow, run_jobs):
    """Read the logs, and make one attempt at each delivery, also at those whose next attempt is later."""

    def run():
        follow()
        Job.objects.filter(status=Job.State.READY, queue="webhooks").update(due_at=timezone.now())
        return run_jobs("webhooks")

    return run
