"""The download of personal data, and the deletion of the account."""

import json
import uuid

import pytest
from django.contrib.admin.models import LogEntry
from django.test import AsyncClient, Client

from chat import protocol
from chat.actions import profiles
from chat.actions.account_deletion import delete_account
from chat.actions.accounts import issue_token, sign_up
from chat.actions.batch import Request
from chat.actions.messages import execute
from chat.actions.reports import Outcome, Resolution, report, resolve
from chat.exports import personal_data
from chat.models import Membership, Message, Person, Report, Session, Token
from tests.accounts.session import signed_in_name
from tests.cases import each
from tests.cast import PASSWORD, say

DATA = "/accounts/data/"
DELETE = "/accounts/delete/"


def react(person, room, seq, emoji):
    execute(Request(person.pk, room.pk, protocol.React(seq=seq, emoji=emoji, on=True)))


# ---- The file


def document_of(person):
    return json.loads(b"".join(personal_data.everything_about(person)))


@pytest.mark.django_db(transaction=True)
async def test_personal_data_is_sent_as_an_attachment():
    from asgiref.sync import sync_to_async

    from chat.actions.accounts import sign_up

    client = AsyncClient()
    await client.aforce_login(await sync_to_async(sign_up)("dora", PASSWORD))
    response = await client.post(DATA)
    content = b"".join([part async for part in response.streaming_content])
    assert response["Content-Disposition"] == 'attachment; filename="my-chat-data.json"'
    assert response["Content-Type"] == "application/json"
    assert json.loads(content)["profile"]["name"] == "dora"


def test_export_has_the_persons_data_and_nothing_of_others(signed_in, alice, bob, hall, ops):
    say(bob, hall, "a secret of bob")
    say(alice, ops, 'mine, with "quotes" and\nlines')
    react(alice, hall, 1, "👍")
    signed_in(alice)
    issue_token(alice, "script")
    report(alice, hall, 1, "Not for everybody")
    report(bob, ops, 1, "By bob")
    document = document_of(alice)
    assert document["profile"]["email"] == "alice@example.org"
    assert {place["room"]: place["role"] for place in document["memberships"]} == {
        "hall": "owner",
        "ops": "owner",
        "lobby": "member",
    }
    [message] = document["messages"]
    assert (message["room"], message["seq"], message["body"]) == ("ops", 1, 'mine, with "quotes" and\nlines')
    assert document["reactions"] == [{"room": "hall", "seq": 1, "emoji": "👍"}]
    assert [(it["room"], it["reason"]) for it in document["reports"]] == [("hall", "Not for everybody")]
    assert [token["label"] for token in document["tokens"]] == ["script"]
    assert len(document["sessions"]) == 1
    assert "secret of bob" not in json.dumps(document)
    assert "By bob" not in json.dumps(document)


def test_the_file_holds_no_credentials(signed_in, alice):
    browser = signed_in(alice)
    secret = issue_token(alice, "script")
    text = b"".join(personal_data.everything_about(alice)).decode()
    for key in (secret, Token.digest_of(secret), browser.cookies["sessionid"].value, alice.password):
        assert key not in text


def test_the_file_is_read_page_by_page(alice, hall, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(personal_data, "PAGE", 2)
    for number in range(5):
        say(alice, hall, f"number {number}")
    pages_with_files_and_previews = 3 * 2
    with django_assert_num_queries(2 + 4 + pages_with_files_and_previews + 15 * 1):
        document = document_of(alice)
    assert [message["body"] for message in document["messages"]] == [f"number {number}" for number in range(5)]


# ---- The end


def test_deletion_with_the_password_removes_the_person_and_keeps_their_messages(signed_in, alice, bob, hall):
    say(alice, hall, "remember me")
    react(alice, hall, 1, "👍")
    browser = signed_in(alice)
    assert browser.post(DELETE, {"password": PASSWORD})["Location"] == "/"
    assert signed_in_name(browser) == "AnonymousUser"
    [line] = signed_in(bob).get("/rooms/hall/").context["history"]
    message = line.message
    assert (message.body, message.author.name) == ("remember me", f"Deleted person {alice.pk}")
    assert message.reactions[0].people == [alice.pk]


def test_no_personal_data_and_no_credentials_are_left(client, signed_in, alice, bob, hall):
    say(bob, hall, "hello @alice")
    browsers = [signed_in(alice), signed_in(alice)]
    secret = issue_token(alice)
    browsers[0].post(DELETE, {"password": PASSWORD})
    gone = Person.objects.get(pk=alice.pk)
    assert (gone.email, gone.is_active, gone.has_usable_password(), gone.last_login) == ("", False, False, None)
    assert [signed_in_name(browser) for browser in browsers] == ["AnonymousUser"] * 2
    assert client.get("/api/rooms/", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert not Client().login(username="alice", password=PASSWORD)
    for rows in (Token.objects, Session.objects, Membership.objects):
        assert not rows.filter(person=alice).exists()
    assert not gone.mentions.exists()


def test_deleted_staff_account_has_no_permissions(signed_in, alice):
    Person.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    signed_in(alice).post(DELETE, {"password": PASSWORD})
    gone = Person.objects.get(pk=alice.pk)
    assert (gone.is_staff, gone.is_superuser) == (False, False)


def test_the_name_is_free_again(client, signed_in, alice):
    signed_in(alice).post(DELETE, {"password": PASSWORD})
    assert client.post("/join/", {"name": "alice"}).status_code == 302
    assert signed_in_name(client) == "alice"


def test_an_account_named_like_a_deleted_one_blocks_nothing(client, signed_in, gil):
    assert client.post("/join/", {"name": f"deleted person {gil.pk}"}).status_code == 400
    Person.objects.create_user(f"deleted person {gil.pk}")  # before names were reserved
    signed_in(gil).post(DELETE, {"name": "gil"})
    gone = Person.objects.get(pk=gil.pk)
    assert gone.name.startswith(f"Deleted person {gil.pk}-")


def test_guest_gives_the_name_instead_of_a_password(signed_in, gil):
    browser = signed_in(gil)
    assert [*browser.get(DELETE).context["form"].fields] == ["name"]
    assert browser.post(DELETE, {"name": " GIL "})["Location"] == "/"
    gil.refresh_from_db()
    assert (gil.is_active, gil.is_guest) == (False, False)


@each("fields", [{}, {"password": "wrong"}, {"password": ""}, {"name": "alice"}])
def test_account_stays_without_the_password(signed_in, alice, fields):
    browser = signed_in(alice)
    response = browser.post(DELETE, fields)
    assert (response.status_code, [*response.context["form"].errors]) == (400, ["password"])
    assert signed_in_name(browser) == "alice"


def test_account_of_a_guest_stays_without_the_name(signed_in, gil):
    browser = signed_in(gil)
    assert browser.post(DELETE, {"name": "bob", "password": PASSWORD}).status_code == 400
    assert signed_in_name(browser) == "gil"


def test_a_message_sent_again_after_the_end_is_refused(alice, hall):
    from chat.actions.account_deletion import delete_account
    from chat.errors import ActionError

    command = protocol.Post(client_id=uuid.uuid4(), body="hello")
    execute(Request(alice.pk, hall.pk, command))
    delete_account(alice)
    with pytest.raises(ActionError) as refusal:
        execute(Request(alice.pk, hall.pk, command))
    assert refusal.value.code == "signed_out"
    assert Message.objects.filter(room=hall).count() == 1


def test_reports_do_not_name_a_deleted_moderator(alice, bob, carol, hall):
    for number in range(2):
        say(carol, hall, f"rude {number}")
        report(bob, hall, number + 1, "Rude")
        resolve(alice, hall, Report.objects.latest("pk").pk, Resolution(Outcome.DISMISSED))
        profiles.change(alice, name="Alicia", color=None, theme="system", notify="all")
        alice.refresh_from_db()
    assert set(Report.objects.values_list("resolved_by", flat=True)) == {"alice", "Alicia"}
    delete_account(alice)
    assert set(Report.objects.values_list("resolved_by", flat=True)) == {f"Deleted person {alice.pk}"}


def test_reports_that_a_namesake_resolved_before_stay_theirs(alice, bob, carol, hall):
    say(carol, hall, "rude")
    report(bob, hall, 1, "Rude")
    resolve(alice, hall, Report.objects.get().pk, Resolution(Outcome.DISMISSED))
    profiles.change(alice, name="Alicia", color=None, theme="system", notify="all")
    delete_account(sign_up("alice", PASSWORD))
    assert Report.objects.get().resolved_by == "alice"


def test_the_log_of_the_admin_does_not_name_a_deleted_person(bob, hall, signed_in):
    chief = Person.objects.create_superuser("chief", PASSWORD)
    staff_browser, membership = signed_in(chief), Membership.objects.get(person=bob, room=hall)
    staff_browser.post(f"/admin/chat/person/{bob.pk}/change/", {"name": "robert", "email": "", "is_active": "on"})
    staff_browser.post(f"/admin/chat/membership/{membership.pk}/change/", {"role": "moderator"})
    assert LogEntry.objects.filter(object_repr__contains="robert").count() == 2
    delete_account(Person.objects.get(pk=bob.pk))
    assert not LogEntry.objects.filter(object_repr__contains="robert").exists()
