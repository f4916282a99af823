"""The removal of files: what is removed with what, and that nothing stays behind in the storage."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from chat.actions import account_deletion, removal, retention, staff_accounts
from chat.actions.removal import DELETE, ERASE, RESTORE, BulkRequest
from chat.actions.tasks import maintenance
from chat.files import storage
from chat.models import Attachment, File, Message, Person, Preview, Reaction
from tests.cases import each
from tests.cast import say
from tests.files.client import upload

BODY = b"x" * 20_000


@pytest.fixture
def new_file(stored_files):
    """Return a complete file with an object in the storage."""

    def create(owner, **fields):
        file = File.objects.create(owner=owner, name="map.png", size=len(BODY), state=File.FileState.READY, **fields)
        file.path = storage.save(storage.object_name(file.key, "file"), BODY)
        file.save()
        return file

    return create


@pytest.fixture
def attached(new_file, hall):
    """Return a file that someone has posted."""

    def post(author):
        file = new_file(author)
        Attachment.objects.create(file=file, message=say(author, hall))
        return file

    return post


@pytest.fixture
def is_stored(run_jobs):
    """Return whether a file has its row and its object, after the jobs have run. It has both or neither."""

    def look(file):
        run_jobs()
        has_row = File.objects.filter(pk=file.pk).exists()
        assert storage.files().exists(file.path) is has_row
        return has_row

    return look


def test_uploads_that_no_one_uses_in_time_are_removed(bob, program, new_file, is_stored, run_jobs, stored_files):
    upload(program(bob), BODY)
    unfinished, used, fresh = File.objects.get(), new_file(bob), new_file(bob)
    File.objects.filter(pk=fresh.pk).update(expires_at=timezone.now() + timedelta(hours=1))
    File.objects.filter(pk=unfinished.pk).update(expires_at=timezone.now())
    maintenance.remove_unused_files.call()
    assert [is_stored(used), is_stored(fresh)] == [True, True]
    assert not File.objects.filter(pk=unfinished.pk).exists()
    assert stored_files.listdir(unfinished.key[:2])[0] == []


def test_objects_without_a_row_are_removed_after_an_hour(bob, new_file, stored_files, monkeypatch):
    kept, lost = new_file(bob), storage.object_name("l" * 22, "piece-0")
    stored_files.save(lost, ContentFile(b"x"))
    stored_files.save("readme.txt", ContentFile(b"x"))
    maintenance.remove_stray_objects.call()
    assert stored_files.exists(lost)
    monkeypatch.setattr(storage, "RECENT", timedelta(seconds=-1))
    maintenance.remove_stray_objects.call()
    assert [stored_files.exists(it) for it in (lost, kept.path, "readme.txt")] == [False, True, True]


def test_a_storage_that_is_away_gets_the_job_again(bob, new_file, run_jobs, stored_files, monkeypatch):
    file = new_file(bob)
    removal_job = stored_files.delete

    def fail(name):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(stored_files, "delete", fail)
    account_deletion.delete_account(bob)
    [job] = run_jobs()
    job.refresh_from_db()
    assert (job.status, job.error_class) == ("READY", "builtins.OSError")
    assert not File.objects.exists()
    monkeypatch.setattr(stored_files, "delete", removal_job)
    type(job).objects.update(due_at=timezone.now())
    run_jobs()
    assert not stored_files.exists(file.path)


def test_a_deleted_message_keeps_its_file_and_an_erased_one_does_not(bob, attached, is_stored):
    file = attached(bob)
    message = file.attachment.message
    for operation, stays in ((DELETE, True), (RESTORE, True), (DELETE, True), (ERASE, False)):
        removal.execute(operation, BulkRequest(None), [message.pk])
        assert is_stored(file) is stays
    assert Message.objects.get(pk=message.pk).is_erased


def test_what_the_release_before_files_left_when_it_erased_a_message_is_removed(bob, attached, is_stored):
    erased, deleted = attached(bob), attached(bob)
    message = erased.attachment.message
    Message.objects.filter(attachments__file=deleted).update(body="", deleted_at=timezone.now())
    Message.objects.filter(pk=message.pk).update(body="", fingerprint="", deleted_at=timezone.now(), has=2)
    maintenance.remove_unused_files.call()
    assert [is_stored(erased), is_stored(deleted)] == [False, True]
    assert Message.objects.get(pk=message.pk).is_erased


def test_an_erased_message_loses_the_picture_of_its_link(bob, hall, new_file, is_stored):
    message, image = say(bob, hall, "https://example.org"), new_file(None)
    Preview.objects.create(message=message, url="https://example.org", image=image)
    removal.execute(ERASE, BulkRequest(None), [message.pk])
    assert (is_stored(image), Preview.objects.count()) == (False, 0)


def test_pruning_a_room_removes_the_files_of_its_messages(bob, hall, attached, is_stored):
    old, new = attached(bob), attached(bob)
    Message.objects.filter(attachments__file=old).update(created_at=timezone.now() - timedelta(days=2))
    for expired in retention.expired_messages(days=1):
        retention.prune(expired)
    assert [is_stored(old), is_stored(new)] == [False, True]


@each(("mode", "stays"), [("keep", True), ("erase", False)])
def test_deleting_an_account_removes_its_files_as_it_does_its_messages(
    bob, attached, new_file, is_stored, settings, mode, stays
):
    settings.CHAT_DELETED_ACCOUNTS = mode
    posted, avatar, unused = attached(bob), new_file(bob), new_file(bob, expires_at=timezone.now())
    Person.objects.filter(pk=bob.pk).update(avatar=avatar)
    account_deletion.delete_account(bob)
    assert [is_stored(it) for it in (posted, avatar, unused)] == [stays, False, False]
    assert Person.objects.get(pk=bob.pk).avatar_id is None


@each("leaves_a_reaction", [True, False])
def test_a_purged_guest_leaves_no_files(bob, hall, gil, new_file, is_stored, leaves_a_reaction):
    unused = new_file(gil, expires_at=timezone.now())
    if leaves_a_reaction:
        Reaction.objects.create(message=say(bob, hall), person=gil, emoji="👍")
    assert staff_accounts.purge_guests(None, timezone.now() + timedelta(days=1)) == 1
    assert not is_stored(unused)
