"""A message that someone misses, on its way to the mail server: follower, decision, queue and task."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chat.actions.followers import cursors
from chat.actions.followers import notices as follower
from chat.actions.jobs import attempts, leases, queue
from chat.models import Job, Membership
from tests.cast import say
from tests.jobs.conftest import new_worker
from tests.notices.run import decide, follow


@pytest.fixture
def now(db):
    cursors.start(follower.NAME)
    return timezone.now()


@pytest.fixture
def run_jobs(db):
    """Run the emails that are due, as the process does that sends them."""
    worker = new_worker()

    def run():
        for job in queue.claim(worker, [queue.ClaimLimit(("mail",), 4, leases.OUTBOUND)]):
            attempts.run(job)

    return run


def test_a_message_reaches_the_mail_server_after_the_delay_once(alice, bob, hall, now, mail_server, run_jobs):
    taken = mail_server.behaviour.taken
    say(alice, hall, "@bob the map is here")
    follow(now)
    for minutes in (14, 16, 60):
        decide(now + timedelta(minutes=minutes))
        run_jobs()
        assert len(taken) == (minutes > 14)
    assert b"the map is here" in taken[0].content
    assert list(Job.objects.values_list("status", flat=True)) == ["SUCCESSFUL"]


def test_what_is_read_before_or_after_the_decision_is_not_sent(alice, bob, hall, now, mail_server, run_jobs):
    for is_decided in (False, True):
        message = say(alice, hall, "@bob look")
        follow(now)
        if is_decided:
            decide(now + timedelta(minutes=20))
        Membership.objects.filter(person=bob).update(read_seq=message.seq)
        decide(now + timedelta(minutes=20))
        run_jobs()
    assert mail_server.behaviour.taken == []
    assert Job.objects.filter(status="SUCCESSFUL").count() == 1
