"""The settings of a room by its owner, on its page and over the API."""

import pytest

from chat.actions.rooms import archive
from chat.models import AuditEntry, Room

PAGE = "/rooms/hall/settings/"


def state(room):
    """Return whether the room is open, and how long it keeps messages."""
    now = Room.objects.get(pk=room.pk)
    return not now.is_archived, now.keep_days


def audit_entries():
    return list(AuditEntry.objects.order_by("pk").values_list("actor", "action", "detail", "reason"))


def test_owner_archives_a_room_and_sets_its_retention(signed_in, alice, hall):
    browser = signed_in(alice)
    answer = browser.post(PAGE, {"archived": "on", "keep_days": "30", "reason": "Done"}, follow=True)
    assert "Messages are kept for 30 days." in answer.content.decode()
    assert state(hall) == (False, 30)
    assert audit_entries() == [
        ("alice", "change_room", "keep messages: 30 days", "Done"),
        ("alice", "archive", "", "Done"),
    ]
    browser.post(PAGE, {"keep_days": ""})
    assert state(hall) == (True, None)


def test_unchanged_settings_write_nothing(signed_in, alice, hall):
    assert signed_in(alice).post(PAGE, {"keep_days": ""}).status_code == 302
    assert audit_entries() == []


def test_room_settings_are_saved_together_or_not_at_all(signed_in, alice, hall, monkeypatch):
    def was_faster(actor, room, *, reason):
        archive(actor, Room.objects.get(pk=room.pk))
        archive(actor, room, reason=reason)

    monkeypatch.setattr("chat.actions.room_settings.rooms.archive", was_faster)
    answer = signed_in(alice).post(PAGE, {"archived": "on", "keep_days": "30"})
    assert (answer.status_code, state(hall), audit_entries()) == (400, (True, None), [])
    assert "Hall is already archived." in answer.content.decode()


@pytest.mark.parametrize("days", ["-1", "36501", "soon"])
def test_invalid_retention_is_refused(signed_in, alice, hall, days):
    assert signed_in(alice).post(PAGE, {"keep_days": days}).status_code == 400
    assert state(hall) == (True, None)


def test_only_owners_reach_the_room_settings(signed_in, alice, mona, hall):
    assert PAGE in signed_in(alice).get("/rooms/hall/").content.decode()
    assert PAGE not in signed_in(mona).get("/rooms/hall/").content.decode()
    assert signed_in(mona).post(PAGE, {"archived": "on"}).status_code == 404
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
