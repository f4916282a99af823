"""The settings of a room by its owner, on its page and over the API."""

import re

import pytest

from chat import protocol
from chat.actions import room_settings
from chat.actions.accounts import sign_up
from chat.actions.room_settings import ROOM_FIELDS
from chat.actions.rooms import archive, create_room
from chat.admin.rooms import RoomAdmin, RoomForm
from chat.api.rooms import RoomChanges
from chat.errors import ActionError
from chat.forms.rooms import RoomSettingsForm
from chat.models import AuditEntry, Person, Room
from chat.protocol import Code
from tests.cases import each
from tests.cast import PASSWORD, ask, say

PAGE = "/rooms/hall/settings/"
HALL = {"name": "Hall", "topic": "For everybody", "visibility": "public", "keep_days": ""}


def state(room):
    """Return whether the room is open, and how long it keeps messages."""
    now = Room.objects.get(pk=room.pk)
    return not now.is_archived, now.keep_days


def audit_entries():
    return list(AuditEntry.objects.order_by("pk").values_list("actor", "action", "detail", "reason"))


def test_a_room_that_became_public_meanwhile_gets_no_name_like_another(alice, hall, ops):
    change = room_settings.change_room
    change(Room.objects.get(pk=ops.pk), {"visibility": "public"}, by=alice)
    for name in ("Hall", "Moderator"):
        with pytest.raises(ActionError) as refusal:
            change(ops, {"name": name}, by=alice)  # the room as it was when the request began
        assert refusal.value.code is Code.CONFLICT


def test_owner_archives_a_room_and_sets_its_retention(signed_in, alice, hall):
    browser = signed_in(alice)
    answer = browser.post(PAGE, HALL | {"archived": "on", "keep_days": "30", "reason": "Done"}, follow=True)
    assert "Messages are kept for 30 days. Older ones are deleted" in answer.content.decode()
    assert state(hall) == (False, 30)
    assert audit_entries() == [
        ("alice", "change_room", "keep messages: 30 days", "Done"),
        ("alice", "archive", "", "Done"),
    ]
    browser.post(PAGE, HALL)
    assert state(hall) == (True, None)


def test_owner_chooses_who_may_mention_the_room(signed_in, alice, hall):
    browser = signed_in(alice)
    for choice, expected in (("everyone", "everyone"), ("", "everyone"), ("moderators", "moderators")):
        assert browser.post(PAGE, HALL | {"room_mentions": choice}).status_code == 302
        assert Room.objects.get(pk=hall.pk).room_mentions == expected
    assert browser.post(PAGE, HALL | {"room_mentions": "nobody"}).status_code == 400
    assert audit_entries() == 2 * [("alice", "change_room", "room_mentions", "")]


def sent_by_page(html):
    """Return the hidden values that a settings page sends along."""
    return dict(re.findall(r'<input type="hidden" name="((?:initial-)?\w+)"(?: value="([^"]*)")?', html))


def test_owners_who_save_at_the_same_time_keep_each_others_changes(signed_in, alice, hall):
    browser = signed_in(alice)
    shown = sent_by_page(browser.get(PAGE).text)
    browser.post(PAGE, HALL | shown | {"archived": "on", "name": "Great hall", "keep_days": "30"})
    browser.post(PAGE, HALL | shown | {"topic": "New"})
    now = Room.objects.get(pk=hall.pk)
    assert (now.is_archived, now.name, now.keep_days, now.topic) == (True, "Great hall", 30, "New")
    browser.post(PAGE, HALL | shown | {"archived": "on", "topic": "Newer"})
    question = browser.post(PAGE, HALL | shown | {"visibility": "private"}).text
    assert browser.post(PAGE, sent_by_page(question)).status_code == 302
    now = Room.objects.get(pk=hall.pk)
    assert (now.is_archived, now.name, now.topic, now.visibility) == (True, "Great hall", "Newer", "private")


def test_unchanged_settings_write_nothing(signed_in, alice, hall):
    assert signed_in(alice).post(PAGE, HALL).status_code == 302
    assert audit_entries() == []


def test_room_settings_are_saved_together_or_not_at_all(signed_in, alice, hall, monkeypatch):
    def was_faster(actor, room, *, reason):
        archive(actor, Room.objects.get(pk=room.pk))
        archive(actor, room, reason=reason)

    monkeypatch.setattr("chat.actions.room_settings.rooms.archive", was_faster)
    answer = signed_in(alice).post(PAGE, HALL | {"archived": "on", "keep_days": "30"})
    assert (answer.status_code, state(hall), audit_entries()) == (400, (True, None), [])
    assert "Hall is already archived." in answer.content.decode()


def test_owner_renames_a_room_and_changes_its_topic(signed_in, alice, bob, hall):
    browser = signed_in(alice)
    page = browser.get(PAGE).text
    assert 'value="Hall"' in page
    assert 'value="For everybody"' in page
    browser.post(PAGE, HALL | {"name": " Great  hall ", "topic": "For\nall", "reason": "Larger"})
    now = Room.objects.get(pk=hall.pk)
    assert (now.name, now.topic, now.slug) == ("Great hall", "For all", "hall")
    assert audit_entries() == [("alice", "change_room", "name, topic", "Larger")]
    assert "Great hall" in signed_in(bob).get("/rooms/hall/").text


@each(
    ("name", "sentence"),
    [
        ("", "Enter a name."),
        ("x" * 41, "at most 40 characters"),
        ("\u200b", "invisible or control"),
        ("!!!", "at least one letter or digit"),
        ("Lоbby", "looks like it, already exists"),
        ("System", "reserved for the site"),
    ],
)
def test_a_room_is_not_renamed_to_what_no_new_room_may_be_called(signed_in, alice, hall, name, sentence):
    answer = signed_in(alice).post(PAGE, HALL | {"name": name})
    assert answer.status_code == 400
    assert sentence in answer.context["form"].errors["name"][0]
    assert "<h1><bdi>Hall</bdi> settings</h1>" in answer.text
    assert Room.objects.get(pk=hall.pk).name == "Hall"
    assert audit_entries() == []


def test_a_name_from_before_a_rule_stays_valid(signed_in, alice, hall):
    Room.objects.filter(pk=hall.pk).update(name="Hall \u200b")
    assert signed_in(alice).post(PAGE, HALL | {"name": "Hall \u200b", "topic": "New"}).status_code == 302


@each(
    ("before", "after", "sentence"),
    [
        ("private", "public", "all messages from the time when it was private"),
        ("public", "private", "Only its 1 member can see it. They stay."),
    ],
)
def test_visibility_changes_only_after_the_owner_was_told_what_that_means(signed_in, alice, before, after, sentence):
    room = create_room(alice, "Attic", visibility=before)
    browser, page = signed_in(alice), f"/rooms/{room.slug}/settings/"
    fields = {"name": "Garret", "visibility": after, "keep_days": "30", "reason": "Because"}
    question = browser.post(page, fields)
    assert (question.status_code, Room.objects.get(pk=room.pk).visibility) == (200, before)
    assert sentence in question.text
    wrong = browser.post(page, fields | {"confirmed": before})
    assert (wrong.status_code, Room.objects.get(pk=room.pk).visibility) == (200, before)
    for name, value in (fields | {"confirmed": after}).items():
        assert f'name="{name}" value="{value}"' in question.text
    assert browser.post(page, fields | {"confirmed": after, "shows_messages": "on"}).status_code == 302
    now = Room.objects.get(pk=room.pk)
    assert (now.visibility, now.name, now.keep_days) == (after, "Garret", 30)


def test_a_private_room_becomes_public_only_with_a_second_consent_that_says_how_much_that_shows(signed_in, alice, ops):
    say(alice, ops)
    ask(alice, ops, protocol.Delete(seq=say(alice, ops).seq))
    browser, fields = signed_in(alice), {"name": "Ops", "visibility": "public", "confirmed": "public"}
    question = browser.post("/rooms/ops/settings/", fields)
    assert (question.status_code, Room.objects.get(pk=ops.pk).visibility) == (200, "private")
    assert "Show 1 message to everyone" in question.text
    assert browser.post("/rooms/ops/settings/", fields | {"shows_messages": "on"}).status_code == 302
    assert Room.objects.get(pk=ops.pk).visibility == "public"


def test_settings_of_a_private_room_are_on_its_page_and_not_on_that_of_a_public_one(signed_in, alice, hall, ops):
    browser = signed_in(alice)
    assert "How people join" not in browser.get(PAGE).text
    assert "How people join" in browser.get("/rooms/ops/settings/").text
    chosen = {"joining": "ask", "history": "joined", "members_invite": "False", "posting": "moderators"}
    assert browser.post("/rooms/ops/settings/", {"name": "Ops", **chosen}).status_code == 302
    now = Room.objects.get(pk=ops.pk)
    assert (now.joining, now.history, now.members_invite, now.posting) == ("ask", "joined", False, "moderators")
    assert browser.post("/rooms/ops/settings/", {"name": "Ops"}).status_code == 302
    assert Room.objects.filter(pk=ops.pk, joining="ask", history="joined", posting="moderators").exists()


def test_the_first_field_with_an_error_gets_the_focus(signed_in, alice, hall):
    page = signed_in(alice).post(PAGE, HALL | {"keep_days": "-1"}).text
    assert re.search(r'<input[^>]+name="keep_days"[^>]+ autofocus', page)


def test_each_setting_is_on_the_page_in_the_admin_and_in_the_api():
    settings = {*ROOM_FIELDS, "keep_days"}
    assert settings <= RoomSettingsForm.base_fields.keys()
    assert settings <= {field for _, fields in RoomSettingsForm.GROUPS for field in fields}
    assert settings <= set(RoomForm.Meta.fields) & set(RoomAdmin.fields)
    assert settings <= set(RoomChanges.__struct_fields__)


def test_new_private_rooms_let_members_invite(alice):
    assert [create_room(alice, it, visibility=it).members_invite for it in ("public", "private")] == [False, True]


def test_a_direct_conversation_has_no_settings(signed_in, alice, hall):
    Room.objects.filter(pk=hall.pk).update(visibility=Room.Visibility.DIRECT, direct_key="1,2")
    browser = signed_in(alice)
    assert browser.get(PAGE).status_code == 404
    assert browser.post(PAGE, HALL | {"confirmed": "public"}).status_code == 404
    assert Room.objects.get(pk=hall.pk).visibility == Room.Visibility.DIRECT


def test_changes_of_a_room_are_limited_like_posts(signed_in, alice, hall, settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST = 1, 2
    browser = signed_in(alice)
    answers = [browser.post(PAGE, HALL | {"topic": f"Number {number}"}) for number in range(4)]
    assert [answer.status_code for answer in answers][-1] == 429
    assert "Retry-After" in answers[-1]


@each("days", ["-1", "36501", "soon"])
def test_invalid_retention_is_refused(signed_in, alice, hall, days):
    assert signed_in(alice).post(PAGE, HALL | {"keep_days": days}).status_code == 400
    assert state(hall) == (True, None)


def test_only_owners_reach_the_room_settings(signed_in, alice, mona, hall):
    assert PAGE in signed_in(alice).get("/rooms/hall/").content.decode()
    assert PAGE not in signed_in(mona).get("/rooms/hall/").content.decode()
    assert signed_in(mona).post(PAGE, HALL | {"archived": "on"}).status_code == 404
    assert state(hall) == (True, None)


@pytest.mark.parametrize(("days", "kept"), [(30, 30), (0, None), (None, 365)])
def test_api_sets_the_retention_of_a_room(program, alice, mona, hall, settings, days, kept):
    settings.CHAT_KEEP_DAYS = 365
    address, asked = "/api/rooms/hall/retention/", {"days": days, "reason": "By law"}
    answer = program(alice).put(address, asked, content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {"days": kept})
    assert state(hall) == (True, days)
    refused = program(mona).put(address, {"days": 1}, content_type="application/json")
    assert (refused.status_code, state(hall)) == (403, (True, days))


def test_only_staff_choose_the_rooms_that_new_accounts_join(signed_in, alice, hall):
    browser = signed_in(alice)
    assert "New accounts join this room" not in browser.get(PAGE).text
    browser.post(PAGE, HALL | {"is_default": "on"})
    assert not Room.objects.get(pk=hall.pk).is_default
    Person.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    assert "New accounts join this room" in browser.get(PAGE).text
    browser.post(PAGE, HALL | {"is_default": "on", "reason": "For all"})
    assert Room.objects.get(pk=hall.pk).is_default
    assert sign_up("dora", PASSWORD).memberships.filter(room=hall).exists()
    browser.post(PAGE, HALL)
    assert not Room.objects.get(pk=hall.pk).is_default
    assert audit_entries() == [("alice", "change_room", "is_default", reason) for reason in ("For all", "")]


def test_a_room_that_new_accounts_join_is_public(alice, hall):
    alice.is_superuser = alice.is_staff = True
    room_settings.change_room(hall, {"is_default": True}, by=alice)
    room_settings.change_room(hall, {"visibility": "private"}, by=alice)
    assert not Room.objects.get(pk=hall.pk).is_default
    with pytest.raises(ActionError) as refusal:
        room_settings.change_room(hall, {"is_default": True}, by=alice)
    assert refusal.value.code is Code.CONFLICT


def test_an_owner_who_is_not_staff_cannot_choose_them_by_the_action(alice, hall):
    with pytest.raises(ActionError) as refusal:
        room_settings.change_room(hall, {"is_default": True}, by=alice)
    assert refusal.value.code is Code.FORBIDDEN


def test_staff_choose_them_in_the_admin(signed_in, alice, hall):
    Person.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    browser = signed_in(alice)
    form = {
        "name": "Hall",
        "topic": "",
        "visibility": "public",
        "keep_days": "",
        "room_mentions": "moderators",
        "is_default": "on",
    }
    assert browser.post(f"/admin/chat/room/{hall.pk}/change/", form).status_code == 302
    assert browser.post("/admin/chat/room/add/", form | {"name": "Attic"}).status_code == 302
    assert set(Room.objects.filter(is_default=True).values_list("slug", flat=True)) >= {"hall", "attic"}
    assert [entry[2] for entry in audit_entries()] == ["is_default, topic", "is_default"]
