"""Files in the admin: staff find them, remove what messages show, and see no name of a room that is not public."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from chat import serializers
from chat.actions.files import processing, withdrawal
from chat.auth import staff_text
from chat.errors import ActionError
from chat.files import storage
from chat.models import AuditEntry, File, Message, Person, RoomHead
from tests.cases import each
from tests.cast import PASSWORD, say, uploaded

LIST = "/admin/chat/file/"
CONFIRMED = {"action": "remove", "confirmed": "on", "reason": "stolen"}


@pytest.fixture
def chief(db):
    return Person.objects.create_superuser("chief", PASSWORD)


@pytest.fixture
def browser(chief, signed_in):
    return signed_in(chief)


def posted(author, room, name, **fields):
    """Return the key of a file that `author` has posted."""
    return say(author, room, "look", files=[uploaded(author, name, **fields)]), File.objects.latest("pk")


def found(browser, **query):
    return sorted(it.name for it in browser.get(LIST, query).context["cl"].result_list)


def test_staff_remove_a_file_and_its_message_says_so(browser, alice, hall, stored_files, run_jobs):
    message, file = posted(alice, hall, "map.png", alt="A map")
    path = stored_files.save(storage.object_name(file.key, "file"), ContentFile(b"12345"))
    File.objects.update(path=path)
    before = RoomHead.objects.get(room=hall).rev
    page = browser.post(LIST, {**CONFIRMED, "_selected_action": file.pk}, follow=True)
    assert "1 file removed." in page.content.decode()
    run_jobs("default")
    assert not stored_files.exists(path)
    [shown] = serializers.messages([Message.objects.with_author().get(pk=message.pk)])
    [data] = shown.files
    assert (shown.body, data.name, data.alt, data.state, data.refusal) == (
        *("look", "map.png", "", "refused", withdrawal.REMOVED),
    )
    assert shown.rev == RoomHead.objects.get(room=hall).rev == before + 1
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.person, entry.room, entry.seq, entry.reason, entry.detail) == (
        *("edit", "alice", "hall", message.seq, "stolen", "file removed: map.png"),
    )
    browser.post(LIST, {**CONFIRMED, "_selected_action": file.pk})
    assert AuditEntry.objects.count() == 1


def test_processing_does_not_bring_a_removed_file_back(chief, alice, hall, stored_files):
    _, file = posted(alice, hall, "map.png", state="waiting")
    assert withdrawal.withdraw(chief, File.objects.all()) == 1
    assert not processing.finish(file, {"state": File.FileState.READY, "path": "there", "thumb_path": ""})
    assert File.objects.get().state == File.FileState.REFUSED


def test_staff_remove_no_file_without_the_right_or_of_their_equals(chief, alice, bob, hall, stored_files):
    posted(alice, hall, "map.png")
    posted(Person.objects.create_superuser("equal", PASSWORD), hall, "plan.png")
    uploaded(alice, "unused.png")
    for actor, files in ((bob, File.objects.all()), (chief, File.objects.all())):
        with pytest.raises(ActionError):
            withdrawal.withdraw(actor, files)
    assert not File.objects.filter(state=File.FileState.REFUSED).exists()
    assert withdrawal.withdraw(chief, File.objects.filter(owner=alice)) == 1
    assert File.objects.get(state=File.FileState.REFUSED).name == "map.png"


@each("reads_private", [False, True])
def test_names_of_a_room_that_is_not_public_are_not_shown(browser, alice, hall, ops, settings, reads_private):
    settings.CHAT_ADMIN_READS_PRIVATE = reads_private
    posted(alice, hall, "map one.png", alt="A map")
    _, hidden = posted(alice, ops, "map two.png", alt="A map")
    uploaded(alice, "map three.png")
    everything = ["map one.png", "map three.png", "map two.png"]
    assert found(browser, q="map") == (everything if reads_private else ["map one.png"])
    assert found(browser, q="alice") == found(browser, owner="alice", kind__exact="image") == everything
    detail = browser.get(reverse("admin:chat_file_change", args=[hidden.pk])).content.decode()
    confirm = browser.post(LIST, {"action": "remove", "_selected_action": hidden.pk}).content.decode()
    for page in (browser.get(LIST).content.decode(), detail, confirm):
        assert ("map two" in page, staff_text.HIDDEN_FILE in page) == (reads_private, not reads_private)
        assert f"/files/{hidden.key}" not in page
