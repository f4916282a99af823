"""Bots: who has them, what their tokens may do, and how they end."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chat.actions import bots, staff_accounts
from chat.actions.account_deletion import delete_account
from chat.actions.administration import change_person
from chat.models import AuditEntry, IncomingWebhook, Membership, Person
from tests.api.client import OPS, assert_refused, post
from tests.cases import each
from tests.cast import PASSWORD

BOTS = "/api/bots/"


@pytest.fixture
def robot(alice):
    return bots.create(alice, "Robot")


def bearer(secret):
    return Client(headers={"Authorization": f"Bearer {secret}"})


def token_of(client, bot, **fields):
    answer = post(client, f"{BOTS}{bot.pk}/tokens/", fields)
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_member_creates_a_bot_that_posts_where_it_was_added(program, alice, ops):
    mine = program(alice)
    made = post(mine, BOTS, {"name": "Robot"}).json()["bot"]
    assert (made["name"], made["bot"], made["guest"]) == ("Robot", True, False)
    assert mine.get(BOTS).json() == {"bots": [made]}
    robot = Person.objects.get(pk=made["id"])
    assert not Membership.objects.filter(person=robot).exists()
    given = token_of(mine, robot, label="deploys")
    assert (given["token"]["scopes"], given["token"]["label"]) == (["read", "post"], "deploys")
    program = bearer(given["secret"])
    assert_refused(post(program, OPS, {"body": "hello"}), 404, "not_found")
    assert post(mine, "/api/rooms/ops/people/", {"name": "Robot"}).status_code == 201
    message = post(program, OPS, {"body": "hello"}).json()["message"]
    assert message["author"] == made
    assert program.get(OPS).json()["messages"][-1]["author"]["bot"] is True
    [entry] = mine.get(f"{BOTS}{robot.pk}/tokens/").json()["tokens"]
    assert entry == given["token"] | {"last_used_at": entry["last_used_at"]}
    assert mine.delete(f"{BOTS}{robot.pk}/tokens/{entry['id']}/").status_code == 204
    assert_refused_token(program)
    said = AuditEntry.objects.filter(person_id=robot.pk).order_by("pk").values_list("action", "detail")
    assert list(said) == [("add_bot", ""), ("add_token", "read post"), ("add_member", "member"), ("revoke", "")]


def assert_refused_token(client):
    assert client.get("/api/rooms/").status_code == 401


def test_a_bot_never_signs_in(alice, robot):
    assert not robot.has_usable_password()
    Person.objects.filter(pk=robot.pk).update(password=alice.password)
    client = Client()
    client.post("/accounts/login/", {"username": "Robot", "password": PASSWORD})
    assert "sessionid" not in client.cookies
    assert_refused(post(client, "/api/token/", {"username": "Robot", "password": PASSWORD}), 401, "signed_out")


@each(("setting", "who"), [("members", ["alice", "chief"]), ("staff", ["chief"]), ("off", [])])
def test_the_setting_says_who_creates_bots(settings, program, alice, gil, setting, who):
    settings.CHAT_BOTS = setting
    people = [alice, gil, Person.objects.create_superuser("chief", PASSWORD)]
    created = [it.name for it in people if post(program(it), BOTS, {"name": f"Bot of {it.name}"}).status_code == 201]
    assert created == who


def test_a_member_has_at_most_ten_bots_and_a_bot_none(settings, program, alice, robot):
    mine = program(alice)
    for number in range(2, 11):
        assert post(mine, BOTS, {"name": f"Robot {number}"}).status_code == 201
    assert_refused(post(mine, BOTS, {"name": "Robot 11"}), 409, "conflict")
    assert mine.delete(f"{BOTS}{robot.pk}/").status_code == 204
    assert post(mine, BOTS, {"name": "Robot 11"}).status_code == 201
    other = Person.objects.get(name="Robot 2")
    free = bearer(token_of(mine, other, scopes=None)["secret"])
    assert_refused(post(free, BOTS, {"name": "Robot 12"}), 403, "forbidden")


def test_bots_created_in_a_day_are_limited(monkeypatch, program, alice):
    monkeypatch.setattr("chat.rate_limits.limits.BOTS_PER_DAY", 1)
    mine = program(alice)
    assert post(mine, BOTS, {"name": "One"}).status_code == 201
    assert_refused_with_wait(post(mine, BOTS, {"name": "Two"}))


def assert_refused_with_wait(answer):
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limited")
    assert int(answer["Retry-After"]) >= 1


@each(
    "fields",
    [
        {"scopes": []},
        {"scopes": ["admin"]},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "2020-01-01T00:00:00"},
        {"expires_at": "9999-12-31T23:59:59-12:00"},
        {"expires_at": "0001-01-01T00:00:00+12:00"},
    ],
)
def test_a_token_with_wrong_limits_is_refused(program, alice, robot, fields):
    assert_refused(post(program(alice), f"{BOTS}{robot.pk}/tokens/", fields), 400, "bad_frame")


def test_a_token_for_a_room_that_its_owner_does_not_see_is_refused(program, carol, alice, ops):
    mine = bots.create(carol, "Spy")
    answer = post(program(carol), f"{BOTS}{mine.pk}/tokens/", {"room": "ops"})
    assert_refused(answer, 404, "not_found")


def test_bots_of_others_do_not_exist_except_for_staff(program, alice, bob, robot):
    given = token_of(program(alice), robot)
    theirs, tokens = program(bob), f"{BOTS}{robot.pk}/tokens/"
    assert_refused(theirs.get(tokens), 404, "not_found")
    assert_refused(post(theirs, tokens, {}), 404, "not_found")
    assert_refused(theirs.delete(f"{tokens}{given['token']['id']}/"), 404, "not_found")
    assert_refused(theirs.delete(f"{BOTS}{robot.pk}/"), 404, "not_found")
    assert_refused(theirs.delete(f"{BOTS}{alice.pk}/"), 404, "not_found")
    staff = program(Person.objects.create_superuser("chief", PASSWORD))
    assert staff.get(tokens).json()["tokens"][0]["id"] == given["token"]["id"]
    assert_refused(post(staff, tokens, {}), 404, "not_found")  # anyone with a token acts as the bot
    assert_refused(staff.delete(f"{BOTS}{alice.pk}/"), 404, "not_found")
    assert staff.delete(f"{BOTS}{robot.pk}/").status_code == 204
    assert_refused_token(bearer(given["secret"]))


def by_staff(chief, alice):
    staff_accounts.deactivate(chief, [alice])


def in_the_admin(chief, alice):
    change_person(alice, {"is_active": False}, by=chief)


def by_themselves(chief, alice):
    delete_account(alice)


@each("end", [by_staff, in_the_admin, by_themselves])
def test_bots_end_with_the_account_of_their_owner(program, alice, ops, robot, end):
    secret = token_of(program(alice), robot)["secret"]
    IncomingWebhook.objects.create(room=ops, bot=robot, created_by=alice, digest="x")
    end(Person.objects.create_superuser("chief", PASSWORD), alice)
    robot.refresh_from_db()
    assert not robot.is_active
    assert_refused_token(bearer(secret))
    assert not IncomingWebhook.objects.valid().exists()
    is_gone = end is by_themselves
    assert (robot.bot_owner is None, IncomingWebhook.objects.get().created_by is None) == (is_gone, is_gone)


def test_a_bot_is_activated_again_only_while_its_owner_is_active(alice, robot):
    chief = Person.objects.create_superuser("chief", PASSWORD)
    staff_accounts.deactivate(chief, [alice])
    robot.refresh_from_db()
    with pytest.raises(Exception, match="owner’s account isn’t active"):
        staff_accounts.activate(chief, [robot])
    staff_accounts.activate(chief, [Person.objects.get(pk=alice.pk)])
    staff_accounts.activate(chief, [Person.objects.get(pk=robot.pk)])
    robot.refresh_from_db()
    assert robot.is_active


def test_a_token_that_has_expired_does_not_count(monkeypatch, alice, robot):
    monkeypatch.setattr("chat.actions.accounts.MAX_TOKENS", 1)
    made, _ = bots.issue_token(alice, robot, scopes=None, expires_at=timezone.now() + timedelta(hours=1))
    with pytest.raises(Exception, match="Revoke one"):
        bots.issue_token(alice, robot, scopes=None)
    made.expires_at = timezone.now() - timedelta(seconds=1)
    made.save()
    assert bots.issue_token(alice, robot, scopes=None)
