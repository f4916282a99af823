"""Reporting messages, the queue, and the decisions of moderators, over the API."""

import pytest

from chat.actions.reports import Outcome, Resolution, report, resolve
from chat.errors import ActionError
from chat.models import AuditEntry, Membership, Message, Report
from chat.protocol import Code
from tests.api.client import assert_refused, post
from tests.cases import each
from tests.cast import say

HALL = "/api/rooms/hall"


def reports_seen(client):
    return client.get(f"{HALL}/reports/").json()["reports"]


def test_a_report_reaches_the_moderators_of_the_room_with_the_text_at_that_time(program, mona, alice, bob, hall):
    message = say(bob, hall, "rude")
    assert post(program(alice), f"{HALL}/messages/1/report/", {"reason": "Rude"}).status_code == 201
    Message.objects.filter(pk=message.pk).update(body="kind")
    [found] = reports_seen(program(mona))
    assert (found["quote"], found["message"]["body"], found["reason"]) == ("rude", "kind", "Rude")
    assert (found["reporter"]["name"], found["message"]["author"]["name"]) == ("alice", "bob")


def test_reporting_again_changes_nothing(program, alice, bob, hall):
    say(bob, hall)
    client = program(alice)
    answers = [post(client, f"{HALL}/messages/1/report/", {"reason": "Rude"}) for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (201, {"first": True}),
        (200, {"first": False}),
    ]
    assert Report.objects.count() == 1


@each(
    ("seq", "reason", "status", "code"),
    [(1, "  ", 400, "empty"), (1, "", 400, "bad_frame"), (2, "Mine", 403, "forbidden"), (9, "None", 404, "not_found")],
)
def test_unreportable_messages_are_refused(program, alice, bob, hall, seq, reason, status, code):
    say(bob, hall)
    say(alice, hall)
    assert_refused(post(program(alice), f"{HALL}/messages/{seq}/report/", {"reason": reason}), status, code)


def test_reports_have_a_rate(program, alice, bob, hall, settings):
    settings.CHAT_REPORTS_PER_MINUTE = 1
    say(bob, hall)
    say(bob, hall)
    client = program(alice)
    assert post(client, f"{HALL}/messages/1/report/", {"reason": "Rude"}).status_code == 201
    answer = post(client, f"{HALL}/messages/2/report/", {"reason": "Rude"})
    assert_refused(answer, 429, "rate_limited")


@each(
    ("outcome", "deleted", "muted", "banned"),
    [("dismissed", 0, 0, 0), ("deleted", 1, 0, 0), ("muted", 1, 1, 0), ("banned", 1, 0, 1)],
)
def test_a_decision_holds_for_all_reports_of_a_message(
    program, mona, alice, gil, bob, hall, outcome, deleted, muted, banned
):
    say(bob, hall)
    for person in (alice, gil):
        report(person, hall, 1, "Rude")
    client = program(mona)
    first = reports_seen(client)[0]["id"]
    decision = {"outcome": outcome, "seconds": 3600, "reason": "Seen"}
    assert post(client, f"{HALL}/reports/{first}/resolve/", decision).json() == {"reports": 2}
    assert reports_seen(client) == []
    assert Message.objects.exclude(deleted_at=None).count() == deleted
    membership = Membership.objects.get(person=bob, room=hall)
    assert (membership.is_muted, membership.banned_at is not None) == (bool(muted), bool(banned))
    assert AuditEntry.objects.latest("pk").action == "resolve"
    assert_refused(post(client, f"{HALL}/reports/{first}/resolve/", decision), 409, "conflict")


def test_a_decision_that_is_refused_leaves_the_report_open(mona, alice, bob, hall):
    say(alice, hall)
    report(bob, hall, 1, "Rude")
    with pytest.raises(ActionError) as refused:
        resolve(mona, hall, Report.objects.get().pk, Resolution(Outcome.BANNED))
    assert refused.value.code == Code.FORBIDDEN
    assert Report.objects.open().count() == 1
    assert not Message.objects.get(room=hall).is_deleted


def test_the_queue_is_not_for_members_and_holds_no_other_room(program, mona, alice, bob, carol, hall, ops):
    say(alice, ops)
    report(bob, ops, 1, "Rude")
    assert_refused(program(bob).get(f"{HALL}/reports/"), 403, "forbidden")
    assert_refused(program(carol).get("/api/rooms/ops/reports/"), 404, "not_found")
    assert reports_seen(program(mona)) == []
    found = Report.objects.get().pk
    assert_refused(post(program(mona), f"{HALL}/reports/{found}/resolve/", {"outcome": "dismissed"}), 404, "not_found")
