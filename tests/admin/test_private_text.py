"""The text of messages in rooms that are not public: hidden in the admin, unless a report or a setting shows it."""

import pytest
from django.urls import reverse

from chat.actions.reports import Outcome, Resolution, report, resolve
from chat.auth import staff_text
from chat.exports import messages as message_export
from chat.models import Has, Membership, Message, Person, Preview, Report, Room, RoomHead
from tests.cases import each
from tests.cast import PASSWORD, say, uploaded

LIST = "/admin/chat/message/"
REPORTS = "/admin/chat/report/"
SECRET = "the merger"


@pytest.fixture
def browser(db, signed_in):
    return signed_in(Person.objects.create_superuser("chief", PASSWORD))


@pytest.fixture
def direct(alice, bob):
    key = f"{alice.pk},{bob.pk}"
    room = Room.objects.create(slug="d-conversation", visibility=Room.Visibility.DIRECT, direct_key=key)
    RoomHead.objects.create(room=room)
    for person in (alice, bob):
        Membership.objects.create(room=room, person=person)
    return room


@pytest.fixture
def messages(alice, hall, ops, direct):
    """A message with the secret in a room of each kind, and one that replies to it."""
    found = {}
    for room in (hall, ops, direct):
        first = say(alice, room, f"{SECRET} in {room.visibility}")
        found[room.visibility] = first, say(alice, room, "yes", reply_to=first.seq)
    return found


def pages(browser, message, reply):
    """The pages of the admin that show a message or its excerpt."""
    change = reverse("admin:chat_message_change", args=[message.pk])
    confirm = {"action": "delete", "_selected_action": [message.pk]}
    return {
        "list": browser.get(LIST, {"room": message.room.slug}),
        "detail": browser.get(change),
        "reply": browser.get(reverse("admin:chat_message_change", args=[reply.pk])),
        "confirmation": browser.post(LIST, confirm),
        "history": browser.get(reverse("admin:chat_message_history", args=[message.pk])),
    }


@each("visibility", ["private", "direct"])
def test_pages_of_the_admin_show_no_text_of_a_room_that_is_not_public(browser, messages, visibility):
    shown = {name: page.content.decode() for name, page in pages(browser, *messages[visibility]).items()}
    assert [name for name, page in shown.items() if SECRET in page] == []
    assert [name for name, page in shown.items() if staff_text.HIDDEN in page] == [
        *("list", "detail", "reply", "confirmation"),
    ]


def test_pages_of_the_admin_show_the_text_of_a_public_room(browser, messages):
    shown = {name: page.content.decode() for name, page in pages(browser, *messages["public"]).items()}
    assert [name for name, page in shown.items() if SECRET in page] == ["list", "detail", "reply", "confirmation"]
    assert not any(staff_text.HIDDEN in page for page in shown.values())


def test_search_finds_no_text_that_is_not_shown(browser, alice, messages):
    found = browser.get(LIST, {"q": f'"{SECRET}"'}).context["cl"].result_list
    assert [it.room.slug for it in found] == ["hall"]
    by_author = browser.get(LIST, {"q": "alice"}).context["cl"].result_list
    assert len(by_author) == 6
    # A word of the text and the name of its author together are no way to guess the text.
    assert [it.room.slug for it in browser.get(LIST, {"q": "alice merger"}).context["cl"].result_list] == ["hall"]


@each("form", ["csv", "jsonl"])
def test_an_export_has_no_text_that_is_not_shown(messages, settings, form):
    assert (exported(form).count(SECRET), exported(form).count("d-conversation")) == (1, 2)
    settings.CHAT_ADMIN_READS_PRIVATE = True
    assert exported(form).count(SECRET) == 3
    settings.CHAT_ADMIN_READS_PRIVATE = False


@each("form", ["csv", "jsonl"])
def test_an_export_names_files_and_link_previews_where_the_text_is_shown(alice, hall, ops, settings, form):
    for room in (hall, ops):
        files = [uploaded(alice, name) for name in ("=plan.png", f"{SECRET}.pdf")]
        Preview.objects.create(message=say(alice, room, "", files=files), url="https://example.org/", title=SECRET)
    Message.objects.update(has=Has.IMAGE | Has.PREVIEW)
    found = exported(form)
    assert (found.count(f"{SECRET}.pdf"), found.count(SECRET)) == (1, 2)
    table = f"'=plan.png\n{SECRET}.pdf\",{SECRET}"
    assert (table if form == "csv" else f'"files":["=plan.png","{SECRET}.pdf"],"previews":["{SECRET}"]') in found
    settings.CHAT_ADMIN_READS_PRIVATE = True
    assert exported(form).count(f"{SECRET}.pdf") == 2
    settings.CHAT_ADMIN_READS_PRIVATE = False


def exported(form):
    write, _ = message_export.FORMATS[form]
    return b"".join(write(Message.objects.all())).decode()


def test_the_setting_shows_the_text_of_all_rooms(browser, messages, settings):
    settings.CHAT_ADMIN_READS_PRIVATE = True
    for visibility in ("private", "direct"):
        shown = {name: page.content.decode() for name, page in pages(browser, *messages[visibility]).items()}
        assert [name for name, page in shown.items() if SECRET in page] == ["list", "detail", "reply", "confirmation"]
    assert len(browser.get(LIST, {"q": "merger"}).context["cl"].result_list) == 3


def test_an_open_report_shows_its_quote_and_a_resolved_one_no_more(browser, alice, bob, ops, messages):
    report(bob, ops, messages["private"][0].seq, "Not for us")
    row = Report.objects.get()
    addresses = (REPORTS, reverse("admin:chat_report_change", args=[row.pk]))
    assert all(SECRET in browser.get(address).content.decode() for address in addresses)
    resolve(alice, ops, row.pk, Resolution(Outcome.DISMISSED))
    for address in addresses:
        page = browser.get(address).content.decode()
        assert (SECRET in page, staff_text.HIDDEN in page) == (False, True)


def test_staff_delete_and_restore_a_message_that_they_cannot_read(browser, messages):
    message, _ = messages["direct"]
    chosen = {"_selected_action": [message.pk], "confirmed": "yes", "reason": "reported by email"}
    assert browser.post(LIST, {"action": "delete", **chosen}).status_code == 302
    assert Message.objects.get(pk=message.pk).is_deleted
    browser.post(LIST, {"action": "restore", **chosen})
    restored = Message.objects.get(pk=message.pk)
    assert (restored.is_deleted, restored.body) == (False, f"{SECRET} in direct")


def test_staff_cannot_enter_a_direct_conversation(browser, direct):
    chief = Person.objects.get(name="chief")
    browser.post("/admin/chat/membership/add/", {"person": chief.pk, "room": direct.pk, "role": "member"})
    change = reverse("admin:chat_room_change", args=[direct.pk])
    browser.post(change, {"name": "Ours", "topic": "", "visibility": "public"})
    assert not Membership.objects.filter(person=chief, room=direct).exists()
    assert Room.objects.get(pk=direct.pk).is_direct
