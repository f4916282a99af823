"""Access to the API by tokens and sessions."""

from django.test import Client

from chat.models import Message, Person, Token
from tests.api.client import HALL, assert_refused, draft, post
from tests.cases import each
from tests.cast import PASSWORD

# ---- Tokens


def test_guest_joins_and_posts_with_nothing_but_a_name(hall):
    arrival = post(Client(), "/api/join/", {"name": "Zoë"}).json()
    assert arrival["you"] == {"id": Person.objects.get(name="Zoë").pk, "name": "Zoë", "guest": True}
    posted = post(Client(), HALL, draft(), Authorization=f"Bearer {arrival['token']}")
    assert posted.status_code == 201


def test_guests_join_only_where_they_are_allowed(db, settings):
    settings.CHAT_GUESTS = False
    assert_refused(post(Client(), "/api/join/", {"name": "Zoë"}), 403, "forbidden")


def test_page_and_api_share_the_limit_of_new_guests_per_address(db, settings):
    settings.CHAT_GUESTS_PER_MINUTE = 1
    assert Client().post("/join/", {"name": "Zoë"}).status_code == 302
    response = post(Client(), "/api/join/", {"name": "Yves"})
    assert_refused(response, 429, "rate_limited")
    assert 1 <= int(response["Retry-After"]) <= 60


def test_taken_name_is_a_conflict(alice):
    assert_refused(post(Client(), "/api/join/", {"name": "Alice"}), 409, "conflict")


def test_password_gives_a_token(alice):
    response = post(Client(), "/api/token/", {"username": "ALICE", "password": PASSWORD}, User_Agent="curl/8")
    assert response.json()["you"] == {"id": alice.pk, "name": "alice", "guest": False}
    token = Token.objects.valid().get(digest=Token.digest_of(response.json()["token"]))
    assert (token.person, token.label) == (alice, "curl/8")
    assert response["Cache-Control"] == "no-store"


@each(("name", "password"), [("alice", "wrong"), ("nobody", PASSWORD), ("gil", ""), ("", "")])
def test_wrong_password_gives_none(alice, gil, name, password):
    assert_refused(post(Client(), "/api/token/", {"username": name, "password": password}), 401, "signed_out")
    assert not Token.objects.exists()


# ---- Authentication


def test_session_of_a_browser_may_read(signed_in, bob, hall):
    assert signed_in(bob).get(HALL).status_code == 200


def test_session_of_a_browser_may_write_with_a_csrf_token(bob, hall):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(bob)
    browser.get("/rooms/hall/")
    token = browser.cookies["csrftoken"].value
    assert post(browser, HALL, draft(), X_CSRFToken=token).status_code == 201
    assert_refused(post(browser, HALL, draft()), 403, "forbidden")
    assert_refused(post(browser, HALL, draft(), X_CSRFToken="x" * 32), 403, "forbidden")
    assert Message.objects.filter(room=hall).count() == 1


def test_program_needs_no_csrf_token(program, bob, hall):
    assert post(program(bob), HALL, draft()).status_code == 201


@each(("method", "path"), [("get", "/api/rooms/"), ("get", HALL), ("post", HALL)])
def test_stranger_is_asked_to_sign_in(hall, method, path):
    response = getattr(Client(enforce_csrf_checks=True), method)(path)
    assert_refused(response, 401, "signed_out")
    assert response["WWW-Authenticate"] == "Bearer"


@each("header", ["Bearer", "Bearer ", "bearer wrong", "Bearer \u00ff", "BEARER a b c"])
def test_cookie_does_not_make_up_for_a_wrong_token(signed_in, bob, hall, header):
    browser = signed_in(bob)
    assert browser.get(HALL).status_code == 200
    assert_refused(browser.get(HALL, headers={"Authorization": header}), 401, "signed_out")


def test_password_for_a_proxy_in_front_does_not_hide_the_session(signed_in, bob, hall):
    assert signed_in(bob).get(HALL, headers={"Authorization": "Basic eDp5"}).status_code == 200


def test_a_revoked_token_authenticates_no_one(program, bob, hall):
    client = program(bob)
    assert client.get(HALL).status_code == 200
    Token.objects.update(revoked_at=hall.created_at)
    assert_refused(client.get(HALL), 401, "signed_out")


def test_deactivated_person_is_signed_out(program, signed_in, bob, hall):
    clients = [program(bob), signed_in(bob)]
    Person.objects.filter(pk=bob.pk).update(is_active=False)
    for client in clients:
        assert_refused(client.get(HALL), 401, "signed_out")
