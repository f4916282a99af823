"""Staff see failed jobs, and let them run again or discard them."""

import pytest
from django.contrib.auth.models import Permission

from chat.actions.jobs import administration, attempts, queue
from chat.actions.jobs.queue import ClaimLimit
from chat.errors import ActionError
from chat.models import AuditEntry, Job, Person
from tests.cases import each
from tests.cast import PASSWORD
from tests.jobs import samples
from tests.moderation.test_admin import act

PAGE = "/admin/chat/job/"


@pytest.fixture
def failed(worker):
    samples.give_up.enqueue()
    samples.add.enqueue(7, other="<b>")
    (job, *_) = queue.claim(worker, [ClaimLimit(("default",), 1)])
    attempts.run(job)
    return job


@pytest.fixture
def staff_browser(db, signed_in):
    return signed_in(Person.objects.create_superuser("chief", PASSWORD))


def test_only_failed_jobs_are_listed_with_their_reason(staff_browser, failed):
    page = staff_browser.get(PAGE).content.decode()
    assert "Failed tasks" in page
    assert "give_up" in page
    assert "GiveUp" in page
    assert "samples.add" not in page
    assert "The address is gone." in staff_browser.get(f"{PAGE}{failed.pk}/change/").content.decode()


def test_arguments_are_shown_as_text(staff_browser, failed):
    Job.objects.filter(task__endswith="add").update(status=Job.State.FAILED)
    page = staff_browser.get(PAGE).content.decode()
    assert "7, other=&quot;&lt;b&gt;&quot;" in page


def test_a_failed_job_runs_again_with_all_its_attempts(staff_browser, failed, worker):
    assert "1 task will run again." in act(staff_browser, "job", "try_again", [failed], reason="It is back")
    job = Job.objects.get(pk=failed.pk)
    assert (job.status, job.attempts, job.finished_at) == (Job.State.READY, 0, None)
    assert len(queue.claim(worker, [ClaimLimit(("default",), 5)])) == 2
    (entry,) = AuditEntry.objects.all()
    assert (entry.actor, entry.action, entry.reason) == ("chief", "retry_job", "It is back")
    assert entry.detail == f"tests.jobs.samples.give_up {failed.pk}"


def test_a_failed_job_is_discarded_but_no_other_one(staff_browser, failed):
    assert "1 task discarded." in act(staff_browser, "job", "discard", [failed])
    assert [job.task for job in Job.objects.all()] == ["tests.jobs.samples.add"]
    chief = Person.objects.get(name="chief")
    assert administration.discard(chief, Job.objects.all()) == 0
    assert AuditEntry.objects.count() == 1


@each("decide", [administration.try_again, administration.discard])
def test_other_people_decide_nothing(failed, alice, decide):
    with pytest.raises(ActionError):
        decide(alice, Job.objects.all())
    assert Job.objects.filter(status=Job.State.FAILED).count() == 1


def test_staff_who_may_only_view_get_no_actions(failed, signed_in):
    clerk = Person.objects.create_user("clerk", PASSWORD, is_staff=True)
    browser = signed_in(clerk)
    assert browser.get(PAGE).status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="view_job"))
    page = browser.get(PAGE).content.decode()
    assert "give_up" in page
    assert "Discard" not in page
