"""A site with previews, and a network of pages for it."""

import pytest
from django.utils import timezone

from chat.actions.followers import cursors
from chat.actions.followers import previews as follower
from chat.models import Job
from chat.previews import fetching
from tests.files.conftest import run_jobs
from tests.push.conftest import certificates, network

__all__ = ["certificates", "network", "run_jobs"]


@pytest.fixture(autouse=True)
def previews_are_on(settings, monkeypatch, tmp_path):
    settings.CHAT_LINK_PREVIEWS = "public"
    settings.STORAGES = {
        **settings.STORAGES,
        "files": {**settings.STORAGES["files"], "OPTIONS": {"location": tmp_path}},
    }
    monkeypatch.setattr(fetching, "turns", fetching.HostTurns())
    monkeypatch.setattr(fetching, "sleep", lambda seconds: None)


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
def make(follow, run_jobs):
    """Read the logs, and run all tasks, with those that they enqueue. Those that wait for their turn run at once."""

    def run():
        follow()
        waiting = Job.objects.filter(status=Job.State.READY, attempts=0, queue__in=("http", "media"))
        while waiting.update(due_at=timezone.now(), run_after=None):
            run_jobs("http", "media")

    return run
