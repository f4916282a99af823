"""Moderation in the admin: it asks for confirmation, uses the actions, and writes the audit log."""

import csv
import io
import json

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chat.actions.accounts import issue_token, join_as_guest
from chat.actions.reports import report
from chat.exports import messages as message_export
from chat.models import AuditEntry, Membership, Message, Person, Presence, Report, Room, Token, Worker
from tests.cases import each
from tests.cast import PASSWORD, say

MESSAGES = "/admin/chat/message/"


@pytest.fixture
def staff_browser(chief, signed_in):
    return signed_in(chief)


def act(client, name, action, rows, query="", **fields):
    """Choose an action for some rows and confirm it. Return the page that follows."""
    chosen = {"action": action, "_selected_action": [row.pk for row in rows], **fields}
    question = client.post(f"/admin/chat/{name}/{query}", chosen)
    assert question.status_code == 200, question
    assert b'name="confirmed"' in question.content
    return client.post(f"/admin/chat/{name}/{query}", {**chosen, "confirmed": "yes"}, follow=True).content.decode()


def entries():
    return list(AuditEntry.objects.order_by("pk").values_list("actor", "action", "count", "reason"))


# ---- Messages


def test_messages_are_deleted_restored_and_erased_with_a_reason(staff_browser, bob, hall):
    rows = [say(bob, hall, str(n)) for n in range(3)]
    assert "2 messages deleted." in act(staff_browser, "message", "delete", rows[:2], reason="Spam")
    assert "1 message restored." in act(staff_browser, "message", "restore", rows[:1])
    assert "3 messages erased." in act(staff_browser, "message", "erase", rows, reason="By law")
    assert {row.is_erased for row in Message.objects.filter(room=hall)} == {True}
    assert entries() == [
        ("chief", "delete", 2, "Spam"),
        ("chief", "restore", 1, ""),
        ("chief", "erase", 3, "By law"),
    ]


def test_bulk_action_waits_for_its_confirmation(staff_browser, bob, hall):
    row = say(bob, hall, "<b>still</b> here")
    question = staff_browser.post(MESSAGES, {"action": "delete", "_selected_action": row.pk}).content.decode()
    assert "Delete messages" in question
    assert "#1 in <bdi>Hall</bdi> by <bdi>bob</bdi>: <bdi>&lt;b&gt;still&lt;/b&gt; here</bdi>" in question
    assert not Message.objects.get(pk=row.pk).is_deleted
    assert not AuditEntry.objects.exists()


def test_bulk_action_applies_to_all_matching_messages(staff_browser, alice, bob, hall, ops):
    rows = [say(bob, hall, str(n)) for n in range(5)]
    say(bob, ops)
    say(alice, hall)
    page = act(staff_browser, "message", "delete", rows[:1], query="?room=hall&person=bob", select_across="1")
    assert "5 messages deleted." in page
    assert Message.objects.exclude(deleted_at=None).count() == 5


def staff(*permissions):
    clerk = Person.objects.create_user("clerk", PASSWORD, is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return clerk


def test_staff_with_view_permission_change_nothing(signed_in, bob, hall):
    row = say(bob, hall)
    client = signed_in(staff("view_message", "view_person", "view_room"))
    for action in ("delete", "erase"):
        client.post(MESSAGES, {"action": action, "_selected_action": row.pk, "confirmed": "yes"})
    client.post("/admin/chat/person/", {"action": "deactivate", "_selected_action": bob.pk, "confirmed": "yes"})
    client.post("/admin/chat/room/", {"action": "archive", "_selected_action": hall.pk, "confirmed": "yes"})
    assert client.post("/admin/chat/person/purge-guests/", {"days": 1, "confirmed": "yes"}).status_code == 403
    assert not Message.objects.get(pk=row.pk).is_deleted
    assert Person.objects.get(pk=bob.pk).is_active
    assert not AuditEntry.objects.exists()


def test_moderators_cannot_erase(signed_in, bob, hall):
    row = say(bob, hall)
    client = signed_in(staff("view_message", "change_message"))
    client.post(MESSAGES, {"action": "erase", "_selected_action": row.pk, "confirmed": "yes"})
    assert Message.objects.get(pk=row.pk).body == "hello"
    client.post(MESSAGES, {"action": "delete", "_selected_action": row.pk, "confirmed": "yes"})
    assert Message.objects.get(pk=row.pk).is_deleted


# ---- Files


@sync_to_async
def arrange(hall, bob):
    say(bob, hall, '=HYPERLINK("http://evil.example")')
    say(bob, hall, 'a "quoted", line\nand another')
    say(bob, hall, "- a list")


async def file_of(client, form, query=""):
    answer = await client.post(f"{MESSAGES}export/{form}/{query}")
    assert answer.status_code == 200
    assert f"messages.{form}" in answer["Content-Disposition"]
    return b"".join([part async for part in answer.streaming_content]).decode()


@pytest.mark.django_db(transaction=True)
async def test_messages_are_taken_along_as_csv_and_as_json_lines(alice, bob, hall, monkeypatch):
    monkeypatch.setattr(message_export, "PAGE", 2)
    await arrange(hall, bob)
    await sync_to_async(say)(alice, hall, "hers")
    client = AsyncClient()
    await client.aforce_login(await sync_to_async(Person.objects.create_superuser)("chief", PASSWORD))
    text = await file_of(client, "csv", "?person=bob")
    assert text.startswith("\ufeffid,"), "spreadsheets take a file without a byte order mark for another encoding"
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert [row["body"] for row in rows] == [
        '\'=HYPERLINK("http://evil.example")',
        'a "quoted", line\nand another',
        "'- a list",
    ]
    lines = [json.loads(line) for line in (await file_of(client, "jsonl", "?room=hall")).splitlines()]
    assert [(line["seq"], line["author"], line["room"]) for line in lines] == [
        (1, "bob", "hall"),
        (2, "bob", "hall"),
        (3, "bob", "hall"),
        (4, "alice", "hall"),
    ]
    assert lines[0]["body"] == '=HYPERLINK("http://evil.example")'
    found = await sync_to_async(lambda: list(AuditEntry.objects.order_by("pk").values_list("action", "detail")))()
    assert found == [("export", "csv: person=bob"), ("export", "jsonl: room=hall")]


@each("start", ["=", "+", "-", "@", "\t=", "\r=", "＝"])
def test_export_escapes_cells_that_look_like_formulas(start):
    assert message_export._without_formula(f"{start}1+1") == f"'{start}1+1"


def test_files_need_the_permission_to_see_the_history_and_a_form(signed_in, staff_browser, bob):
    assert signed_in(staff("view_room")).post(f"{MESSAGES}export/csv/").status_code == 404
    assert staff_browser.get(f"{MESSAGES}export/csv/").status_code == 404
    assert staff_browser.post(f"{MESSAGES}export/exe/").status_code == 404
    assert signed_in(bob).post(f"{MESSAGES}export/csv/").status_code == 302
    assert "Export as JSON Lines" in staff_browser.get(MESSAGES).content.decode()


# ---- People


def test_people_are_signed_out_deactivated_and_activated(staff_browser, bob):
    issue_token(bob)
    assert "1 person signed out." in act(staff_browser, "person", "sign_out_everywhere", [bob])
    assert not Token.objects.valid().exists()
    assert "1 person deactivated." in act(staff_browser, "person", "deactivate", [bob], reason="Spam")
    assert not Person.objects.get(pk=bob.pk).is_active
    act(staff_browser, "person", "activate", [bob])
    assert Person.objects.get(pk=bob.pk).is_active
    assert [entry[1] for entry in entries()] == ["sign_out", "deactivate", "activate"]


def test_people_are_muted_and_banned_in_a_room_by_its_address(staff_browser, bob, carol, hall):
    assert "1 person muted in <bdi>Hall</bdi>." in act(
        staff_browser, "person", "mute", [bob], room="hall", hours="24", reason="Loud"
    )
    assert Membership.objects.get(person=bob, room=hall).is_muted
    assert "1 person banned from <bdi>Hall</bdi>." in act(staff_browser, "person", "ban", [carol], room="hall")
    assert Membership.objects.get(person=carol, room=hall).banned_at
    question = staff_browser.post(
        "/admin/chat/person/", {"action": "mute", "_selected_action": bob.pk}
    ).content.decode()
    assert '<option value="1" selected>1 hour' in question, "a wrong click must not mute permanently"
    page = staff_browser.post(
        "/admin/chat/person/", {"action": "ban", "_selected_action": bob.pk, "room": "nowhere", "confirmed": "yes"}
    )
    assert "No room has that address." in page.content.decode()


def test_a_refusal_is_shown_in_the_admin(staff_browser, chief):
    assert "You can’t do this to yourself." in act(staff_browser, "person", "deactivate", [chief])
    assert Person.objects.get(pk=chief.pk).is_active


def test_memberships_are_sanctioned_and_released(staff_browser, bob, hall, ops):
    memberships = list(Membership.objects.filter(person=bob, room__in=[hall, ops]))
    assert "2 people banned." in act(staff_browser, "membership", "ban", memberships, reason="Spam")
    page = staff_browser.get("/admin/chat/membership/?held=banned").content.decode()
    assert page.count('class="field-person') == 0 or "bob" in page
    assert "2 people unbanned." in act(staff_browser, "membership", "unban", memberships)
    assert "2 people muted." in act(staff_browser, "membership", "mute", memberships, hours="")
    assert {
        membership.muted_until.year for membership in Membership.objects.filter(pk__in=[it.pk for it in memberships])
    } == {9999}
    act(staff_browser, "membership", "unmute", memberships)
    assert "1 person removed." in act(
        staff_browser, "membership", "remove", Membership.objects.filter(person=bob, room=ops)
    )
    assert not Room.objects.visible_to(bob).filter(pk=ops.pk).exists()


def test_guests_are_counted_before_they_are_purged(staff_browser):
    guest = join_as_guest("gone")
    Person.objects.filter(pk=guest.pk).update(date_joined=timezone.now() - timezone.timedelta(days=99))
    address = reverse("admin:chat_person_purge_guests")
    page = staff_browser.post(address, {"days": 30, "counted": "yes"}).content.decode()
    assert "<strong>1</strong> inactive guest found." in page
    assert Person.objects.filter(pk=guest.pk).exists()
    assert (
        "1 guest deleted."
        in staff_browser.post(address, {"days": 30, "confirmed": "yes"}, follow=True).content.decode()
    )
    assert not Person.objects.filter(pk=guest.pk).exists()


# ---- Rooms, reports, the audit log, online people


def test_rooms_are_archived_unarchived_and_get_a_retention_time(staff_browser, hall):
    assert "1 room archived." in act(staff_browser, "room", "archive", [hall], reason="Done")
    assert Room.objects.get(pk=hall.pk).is_archived
    assert "1 room unarchived." in act(staff_browser, "room", "unarchive", [hall])
    fields = {"name": "Hall", "topic": "For everybody", "visibility": "public", "keep_days": "30"}
    fields |= {"room_mentions": "everyone"}
    staff_browser.post(f"/admin/chat/room/{hall.pk}/change/", fields)
    assert Room.objects.get(pk=hall.pk).keep_days == 30
    assert Room.objects.get(pk=hall.pk).room_mentions == Room.RoomMentions.EVERYONE
    assert [entry[1] for entry in entries()] == ["archive", "unarchive", "change_room", "change_room"]


@pytest.mark.parametrize(
    ("action", "deleted", "muted", "banned"),
    [("dismiss", 0, 0, 0), ("delete", 1, 0, 0), ("mute", 1, 1, 0), ("ban", 1, 0, 1)],
)
def test_reports_are_resolved_in_the_admin(staff_browser, alice, gil, bob, hall, action, deleted, muted, banned):
    say(bob, hall, "rude")
    for person in (alice, gil):
        report(person, hall, 1, "It is rude")
    page = staff_browser.get("/admin/chat/report/?state=open").content.decode()
    assert page.count("It is rude") == 2
    page = act(staff_browser, "report", action, Report.objects.all(), hours="1", reason="Seen")
    assert "2 reports resolved." in page
    assert Message.objects.filter(room=hall).exclude(deleted_at=None).count() == deleted
    membership = Membership.objects.get(person=bob, room=hall)
    assert (membership.is_muted, membership.banned_at is not None) == (bool(muted), bool(banned))
    assert "It is rude" not in staff_browser.get("/admin/chat/report/?state=open").content.decode()


def test_the_audit_log_is_read_and_nothing_else(staff_browser, bob, hall):
    act(staff_browser, "message", "delete", [say(bob, hall)], reason="Rude")
    entry = AuditEntry.objects.get()
    page = staff_browser.get("/admin/chat/auditentry/?actor=CHIEF&person=bob&room=hall").content.decode()
    assert "Rude" in page
    assert "Rude" not in staff_browser.get("/admin/chat/auditentry/?actor=alice").content.decode()
    detail = f"/admin/chat/auditentry/{entry.pk}"
    assert "Rude" in staff_browser.get(f"{detail}/change/").content.decode()
    assert staff_browser.post(f"{detail}/change/", {"reason": "Kind"}).status_code == 403
    assert staff_browser.post(f"{detail}/delete/", {"post": "yes"}).status_code == 403
    assert staff_browser.get("/admin/chat/auditentry/add/").status_code == 403
    assert AuditEntry.objects.get().reason == "Rude"


def test_other_changes_in_the_admin_are_audited(staff_browser, bob, hall):
    staff_browser.post(f"/admin/chat/person/{bob.pk}/change/", {"name": "bobby", "is_active": "on"})
    new = {"password1": "another good phrase", "password2": "another good phrase", "set-password": "Set"}
    staff_browser.post(f"/admin/chat/person/{bob.pk}/password/", new)
    membership = Membership.objects.get(person=bob, room=hall)
    staff_browser.post(f"/admin/chat/membership/{membership.pk}/change/", {"role": "moderator"})
    found = list(AuditEntry.objects.order_by("pk").values_list("actor", "action", "person", "detail"))
    assert found == [
        ("chief", "change_person", "bobby", "name"),
        ("chief", "password", "bobby", "set"),
        ("chief", "role", "bobby", "to moderator"),
    ]


def test_people_online_are_shown(staff_browser, bob, hall):
    Presence.objects.create(worker=Worker.objects.create(), room=hall, person=bob)
    page = staff_browser.get("/admin/chat/presence/?room=hall").content.decode()
    assert "bob" in page
    assert staff_browser.get("/admin/chat/presence/add/").status_code == 403


@pytest.mark.parametrize("name", ["message", "report", "auditentry", "presence", "membership"])
def test_queries_of_admin_lists_do_not_grow_with_the_rows(staff_browser, alice, gil, bob, hall, name):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert staff_browser.get(f"/admin/chat/{name}/").status_code == 200
        return len(queries)

    def fill(number):
        for n in range(number):
            message = say(bob, hall, f"{name} {n}")
            report(alice, hall, message.seq, "Rude")
            Presence.objects.create(worker=Worker.objects.create(), room=hall, person=bob)
            Membership.objects.create(room=hall, person=join_as_guest(f"guest {Person.objects.count()}"))
            AuditEntry(actor="chief", action="ban").save()

    fill(1)
    staff_browser.get(f"/admin/chat/{name}/")
    before = cost()
    fill(4)
    assert cost() == before
