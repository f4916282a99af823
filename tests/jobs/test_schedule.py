"""Scheduled tasks run once per interval, whatever the number of processes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chat.actions.jobs import schedule
from chat.actions.tasks import maintenance
from chat.models import Job, Message, Person, ScheduledTask, Session
from tests.cast import say

pytestmark = pytest.mark.django_db
NAMES = {
    "prune",
    "clearsessions",
    "remove_unused_files",
    "remove_stray_objects",
    "remove_old_deliveries",
    "remove_old_jobs",
}


def test_a_task_runs_first_after_one_interval():
    """After an upgrade, its operator has a day to choose for how long messages are kept."""
    assert schedule.is_due()
    schedule.enqueue_due()
    assert {*ScheduledTask.objects.values_list("name", flat=True)} == NAMES
    assert not schedule.is_due()
    assert not Job.objects.exists()


def test_a_due_task_is_enqueued_once(django_assert_num_queries):
    schedule.enqueue_due()
    ScheduledTask.objects.filter(name="prune").update(next_at=timezone.now())
    assert schedule.is_due()
    for _ in range(2):
        schedule.enqueue_due()
    assert [job.task for job in Job.objects.all()] == ["chat.actions.tasks.maintenance.prune"]
    assert ScheduledTask.objects.get(name="prune").next_at > timezone.now() + timedelta(hours=23)
    with django_assert_num_queries(1):
        assert not schedule.is_due()


def test_a_task_that_a_later_release_removed_stays_in_the_table():
    schedule.enqueue_due()
    ScheduledTask.objects.create(name="gone", next_at=timezone.now())
    assert not schedule.is_due()


def test_prune_deletes_what_is_not_kept(hall, alice, gil, settings):
    settings.CHAT_KEEP_DAYS, settings.CHAT_GUEST_DAYS = 10, 0
    long_ago = timezone.now() - timedelta(days=11)
    say(alice, hall, "old")
    Message.objects.update(created_at=long_ago)
    say(alice, hall, "new")
    Person.objects.filter(pk=gil.pk).update(date_joined=long_ago)
    maintenance.prune.call()
    assert [it.body for it in Message.objects.filter(room=hall)] == ["new"]
    assert Person.objects.filter(pk=gil.pk).exists(), "guests are kept by default"
    settings.CHAT_GUEST_DAYS = 10
    maintenance.prune.call()
    assert not Person.objects.filter(pk=gil.pk).exists()


def test_expired_sessions_are_deleted(alice, signed_in):
    signed_in(alice), signed_in(alice)
    first = Session.objects.order_by("pk").first()
    Session.objects.filter(pk=first.pk).update(expire_date=timezone.now() - timedelta(days=1))
    maintenance.clear_sessions.call()
    assert Session.objects.count() == 1


def test_old_jobs_are_removed():
    maintenance.clear_sessions.enqueue()
    Job.objects.update(status=Job.State.SUCCESSFUL, finished_at=timezone.now() - timedelta(hours=2))
    maintenance.remove_old_jobs.call()
    assert not Job.objects.exists()
