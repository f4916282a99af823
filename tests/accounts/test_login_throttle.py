"""The login throttle for wrong passwords and tokens. Its answers do not reveal which names exist."""

import itertools
import re
from unittest import mock

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from chat.actions import profiles
from chat.actions.accounts import issue_token
from chat.actions.rooms import create_room
from chat.auth import login_throttle, mail_queue
from chat.rate_limits import limits
from tests.accounts.session import signed_in_name
from tests.cases import each
from tests.cast import PASSWORD

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"
TRIES = 5
NEW = {"new_password1": "n3w-trombone", "new_password2": "n3w-trombone"}


class At:
    """A browser at an address."""

    def __init__(self, address, client=None):
        self.client, self.address = client or Client(), address

    def sign_in(self, name, password, page="/accounts/login/"):
        fields = {"username": name, "password": password}
        return self.client.post(page, fields, REMOTE_ADDR=self.address)

    def guess(self, name, times=TRIES):
        return [self.sign_in(name, f"wrong {number}") for number in range(times)]


def addresses():
    return (f"10.{number // 250}.{number % 250}.9" for number in itertools.count())


# ---- By name and address


@each("name", ["alice", "nobody"])
def test_guessing_is_throttled_with_a_retry_delay_for_known_and_unknown_names(alice, name):
    browser = At(HERE)
    assert {answer.status_code for answer in browser.guess(name)} == {200}
    answer = browser.sign_in(name, PASSWORD)
    assert (answer.status_code, int(answer["Retry-After"]) in range(1, 61)) == (429, True)
    assert "Too many failed attempts. Try again in" in answer.content.decode()
    assert signed_in_name(browser.client) == "AnonymousUser"


@each("page", ["/admin/login/?next=/admin/", "/api/token/"])
def test_all_sign_in_routes_share_one_limit(alice, page):
    At(HERE).guess("ALICE")
    if page.startswith("/admin"):
        assert b"Too many failed attempts" in At(HERE).sign_in("alice", PASSWORD, page).content
        return
    fields = {"username": "alice", "password": PASSWORD}
    answer = Client().post(page, fields, content_type="application/json", REMOTE_ADDR=HERE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limited")
    assert "Retry-After" in answer


def test_throttled_person_can_sign_in_from_another_address(alice):
    At(HERE).guess("alice", 20)
    browser = At(ELSEWHERE)
    assert browser.sign_in("alice", PASSWORD).status_code == 302


def test_throttled_name_does_not_block_other_names_at_the_address(alice, bob):
    At(HERE).guess("alice", 20)
    assert At(HERE).sign_in("bob", PASSWORD).status_code == 302


def test_all_of_an_ipv6_network_is_one_address(alice):
    At("2001:db8::1").guess("alice")
    assert At("2001:db8::2").sign_in("alice", PASSWORD).status_code == 429
    assert At("2001:db8:0:1::1").sign_in("alice", PASSWORD).status_code == 302


def test_a_correct_password_uses_up_no_attempts(alice):
    browser = At(HERE)
    for _ in range(3):
        assert {answer.status_code for answer in At(HERE).guess("alice", TRIES - 1)} == {200}
        assert browser.sign_in("alice", PASSWORD).status_code == 302
        limits.reset()


def test_correct_password_gives_back_only_its_own_attempt(alice):
    for _ in range(TRIES + 3):
        assert At(HERE).sign_in("alice", PASSWORD).status_code == 302
    assert [it.status_code for it in At(HERE).guess("alice", TRIES + 1)] == [200] * TRIES + [429]


def test_passwords_tried_from_one_address_are_limited_for_any_names(alice, settings):
    settings.CHAT_SIGN_INS_PER_MINUTE = 2
    assert [At(HERE).sign_in(f"name {n}", "x").status_code for n in range(7)] == [200] * 6 + [429]
    assert At(ELSEWHERE).sign_in("alice", PASSWORD).status_code == 302


def test_zero_is_no_limit(alice, settings):
    settings.CHAT_SIGN_INS_PER_MINUTE = settings.CHAT_WRONG_PASSWORDS = 0
    assert {it.status_code for it in At(HERE).guess("alice", 70)} == {200}


# ---- By name alone


@pytest.fixture
def besieged(alice):
    """Guess alice's password from many addresses."""
    known = At(ELSEWHERE)
    known.sign_in("alice", PASSWORD)
    known.client.post("/accounts/logout/")
    for address in itertools.islice(addresses(), 10):
        At(address).guess("alice")
    return known


def test_many_addresses_are_slowed_by_the_name(besieged):
    answer = At(HERE).sign_in("alice", PASSWORD)
    assert answer.status_code == 429
    assert "Use a browser you’ve signed in with before" in answer.content.decode()


def test_a_stranger_cannot_lock_people_out_of_a_known_browser(besieged):
    assert besieged.sign_in("alice", PASSWORD).status_code == 302


def test_password_reset_by_email_ends_a_lockout(besieged, alice, mailoutbox):
    browser = At(HERE)
    browser.client.post("/accounts/password_reset/", {"email": "alice@example.org"})
    mail_queue.wait()
    link = next(word for word in mailoutbox[0].body.split() if "/accounts/reset/" in word)
    page = browser.client.get(link, follow=True)
    new = "tr0mbone-quartet"
    browser.client.post(page.request["PATH_INFO"], {"new_password1": new, "new_password2": new})
    assert browser.sign_in("alice", new).status_code == 302


def test_the_known_browser_cookie_is_valid_for_one_name_and_cannot_be_forged(besieged, bob):
    besieged.client.cookies["known"] = "abc:def"
    assert besieged.sign_in("alice", PASSWORD).status_code == 429
    stranger = At(HERE)
    assert stranger.sign_in("bob", PASSWORD).status_code == 302
    stranger.client.post("/accounts/logout/")
    assert stranger.sign_in("alice", PASSWORD).status_code == 429


def test_known_browser_gets_no_extra_attempts(alice):
    browser = At(HERE)
    browser.sign_in("alice", PASSWORD)
    assert browser.client.cookies["known"]["httponly"]
    browser.client.cookies.pop("sessionid")
    assert [it.status_code for it in browser.guess("alice", TRIES + 1)] == [200] * TRIES + [429]


def known_browsers(name, number):
    """Return this many browsers in which a person of this name has signed in and out."""
    browsers = [At(ELSEWHERE) for _ in range(number)]
    for browser in browsers:
        assert browser.sign_in(name, PASSWORD).status_code == 302
        browser.client.cookies.pop("sessionid")
    return browsers


def test_all_known_browsers_of_a_person_share_their_guesses(alice, settings):
    settings.CHAT_SIGN_INS_PER_MINUTE = 0
    browsers = known_browsers("alice", 10)
    answers = [answer.status_code for browser in browsers for answer in browser.guess("alice")]
    assert answers.count(200) == 3 * TRIES
    assert At(HERE).sign_in("alice", PASSWORD).status_code == 302


def test_guesses_in_one_known_browser_do_not_lock_out_another(alice):
    guessing, other = known_browsers("alice", 2)
    guessing.guess("alice", 3 * TRIES)
    assert other.sign_in("alice", PASSWORD).status_code == 302


def test_known_browser_of_a_former_owner_of_a_name_gets_no_extra_attempts(alice, bob, settings):
    [former] = known_browsers("alice", 1)
    profiles.change(alice, name="Alina", color=None, theme="system", notify="all")
    profiles.change(bob, name="alice", color=None, theme="system", notify="all")
    for address in itertools.islice(addresses(), 10):
        At(address).guess("alice")
    assert former.sign_in("alice", "wrong").status_code == 429
    assert former.sign_in("Alina", "wrong").status_code == 200, "it is still known for the person themselves"


# ---- Other pages that ask for a password


@each(
    ("page", "field", "others"),
    [
        ("/accounts/email/", "password", {"email": "evil@example.org"}),
        ("/accounts/delete/", "password", {}),
        ("/accounts/password_change/", "old_password", {**NEW}),
        ("/admin/password_change/", "old_password", {**NEW}),
    ],
)  # fmt: skip
def test_an_open_session_cannot_be_used_to_guess_the_password(signed_in, alice, page, field, others):
    browser = signed_in(alice)
    if page.startswith("/admin"):
        page = browser.get(page)["Location"]
    for number in range(TRIES):
        assert b"Too many" not in browser.post(page, {field: f"wrong {number}", **others}).content
    answer = browser.post(page, {field: PASSWORD, **others})
    assert b"Too many failed attempts. Try again in" in answer.content
    alice.refresh_from_db()
    assert (alice.email, alice.check_password(PASSWORD), alice.is_active) == ("alice@example.org", True, True)
    assert At(HERE).sign_in("alice", PASSWORD).status_code == 302  # this is no way to lock her out


# ---- Tokens


def ask(secret, address=HERE):
    return Client().get("/api/rooms/", headers={"Authorization": f"Bearer {secret}"}, REMOTE_ADDR=address)


def test_wrong_tokens_are_limited_and_valid_ones_still_work(alice, bob, settings):
    settings.CHAT_WRONG_TOKENS_PER_MINUTE = 3
    seen, unseen = issue_token(alice), issue_token(bob)
    assert ask(seen).status_code == 200
    assert [ask(f"wrong {number}").status_code for number in range(4)] == [401, 401, 401, 429]
    assert "Retry-After" in ask("wrong")
    assert ask(seen).status_code == 200
    assert (ask(unseen).status_code, ask(unseen, ELSEWHERE).status_code) == (429, 200)


def test_the_cache_of_tokens_is_bounded(monkeypatch):
    monkeypatch.setattr(login_throttle, "MAX_TOKENS_REMEMBERED", 2)
    known = login_throttle.KnownTokens()
    for digest in "abc":
        known.add(digest)
    assert [digest in known for digest in "abc"] == [False, True, True]


# ---- Answers do not reveal which names and tokens exist


@each("name", ["alice", "gil", "nobody", "gone"])
def test_every_name_costs_one_hash_and_gets_one_answer(alice, gil, carol, name):
    carol.rename("gone")
    carol.is_active = False
    carol.save()
    with mock.patch.object(MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode) as hashed:
        answer = At(HERE).sign_in(name, "wrong")
    assert hashed.call_count == 1
    assert "Incorrect name or password." in answer.content.decode()


def test_whether_a_mail_is_sent_is_not_waited_for(client, alice, mailoutbox):
    """Another thread sends the mail, so the response does not wait for it."""
    with mock.patch("chat.auth.mail_queue.later") as later:
        known = client.post("/accounts/password_reset/", {"email": "alice@example.org"})
        unknown = client.post("/accounts/password_reset/", {"email": "nobody@example.org"})
    assert later.call_count == 1
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert not mailoutbox


def test_password_reset_mails_are_rate_limited_by_address(alice, mailoutbox):
    for address in itertools.islice(addresses(), 20):
        Client().post("/accounts/password_reset/", {"email": "ALICE@example.org"}, REMOTE_ADDR=address)
    mail_queue.wait()
    assert len(mailoutbox) == 5


def test_reset_emails_of_one_address_are_limited(db):
    answers = [Client().post("/accounts/password_reset/", {"email": f"{n}@example.org"}) for n in range(6)]
    assert [it.status_code for it in answers] == [302] * 5 + [429]
    assert "Retry-After" in answers[-1]


def test_a_mail_that_fails_is_logged_and_the_next_one_sent(caplog):
    sent = []
    mail_queue.later(mock.Mock(side_effect=OSError("no such server")))
    mail_queue.later(lambda: sent.append(1))
    mail_queue.wait()
    assert sent == [1]
    assert "no such server" in caplog.text


def test_the_name_of_a_private_room_can_be_used_by_everyone(signed_in, alice, carol):
    hidden = create_room(alice, "Secret plans", visibility="private")
    browser = signed_in(carol)
    assert browser.get("/rooms/secret-plans/").status_code == 404
    answer = browser.post("/rooms/", {"name": "Secret plans", "visibility": "public"})
    assert answer["Location"] == "/rooms/secret-plans/"
    assert hidden.slug.startswith("secret-plans-")
    assert browser.post("/rooms/", {"name": "Secret plans", "visibility": "private"}).status_code == 302


@each("path", ["/rooms/{}/qr.svg", "/api/rooms/{}/messages/", "/api/rooms/{}/notifications/"])
def test_a_private_room_answers_as_none_would(signed_in, carol, ops, path):
    private, missing = (signed_in(carol).get(path.format(slug)) for slug in ("ops", "nowhere"))
    assert private.status_code == missing.status_code == 404
    shown = [re.sub(rb'value="\w{64}"|ops|nowhere', b"", answer.content) for answer in (private, missing)]
    assert shown[0] == shown[1]
