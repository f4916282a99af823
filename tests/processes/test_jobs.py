"""A server without requests and `manage.py work` run background work, also after one of them was killed."""

import json
import signal

import pytest

from tests.site import PATIENCE_SECONDS, free_port, wait_until

ENQUEUE = """
from tests.jobs import samples
samples.hold.enqueue({folder!r}, "default")
samples.hold_mail.enqueue({folder!r}, "mail")
"""
# The others do so when its lease has run out.
REMOVE_THE_DEAD = """
from chat.actions import presence
from chat.models import Job, Worker
from django.db.models.functions import Now
presence.remove_workers([it.pk for it in Worker.objects.all()])
Job.objects.update(due_at=Now())
"""
STATE = """
import json
from chat.models import Job, Lease, Worker
jobs = Job.objects.order_by("queue").values_list("queue", "status", "attempts", "error_class")
holders = [it.claimed_by for it in Lease.objects.all()]
print(json.dumps([[*jobs], Worker.objects.count(), holders], default=str))
"""


@pytest.fixture
def start(site):
    """Return a function that starts a process of the site. No request is sent to it."""
    processes = []

    def run(*command):
        with site.log.open("ab") as log:
            processes.append(site._run(command, log))
        return processes[-1]

    yield run
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE_SECONDS)


def test_the_jobs_of_a_killed_process_run_again_but_no_email_is_sent_twice(site, start, tmp_path):
    site.shell(ENQUEUE.format(folder=str(tmp_path)))
    *daphne, address = site.servers["daphne"]
    first = start(*daphne, f"{address}{free_port()}")
    called = [tmp_path / name for name in ("default", "mail")]
    wait_until(lambda: all(path.exists() and path.read_text() for path in called), "both jobs", first)
    first.send_signal(signal.SIGKILL)
    first.wait(PATIENCE_SECONDS)
    (tmp_path / "go").touch()
    site.shell(REMOVE_THE_DEAD)
    site.environment["CHAT_JOBS"] = "worker"
    second = start("manage.py", "work")
    wait_until(lambda: called[0].read_text().count("called") == 2, "the second attempt", second)
    second.send_signal(signal.SIGTERM)
    assert second.wait(PATIENCE_SECONDS) == 0
    assert called[1].read_text().count("called") == 1
    jobs, workers, holders = json.loads(site.shell(STATE))
    assert jobs == [
        ["default", "SUCCESSFUL", 2, ""],
        ["mail", "FAILED", 1, "chat.actions.jobs.errors.WorkerLost"],
    ]
    assert (workers, holders) == (0, [None]), "it ended as a web process does"
