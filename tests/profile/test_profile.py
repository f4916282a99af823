"""The profile page: name, color, theme, notifications and email."""

import re

import pytest
from django.test import Client

from chat.forms.profiles import COLOR_NAMES
from chat.models import Person
from chat.models.people import COLORS
from tests.accounts.session import signed_in_name
from tests.cases import each
from tests.cast import PASSWORD, say
from tests.site import ROOT

PROFILE = "/accounts/profile/"
FIELDS = {"name": "alice", "color": "", "theme": "system", "notify": "all"}


def test_profile_page_shows_the_current_settings(signed_in, alice):
    browser = signed_in(alice)
    browser.post(PROFILE, FIELDS | {"color": "0", "theme": "dark", "notify": "mentions"})
    form = browser.get(PROFILE).context["profile_form"]
    assert [form[name].value() for name in FIELDS] == ["alice", 0, "dark", "mentions"]


@each("path", ["/", "/rooms/hall/", "/accounts/profile/"])
def test_every_page_links_to_the_profile(signed_in, bob, hall, path):
    assert 'href="/accounts/profile/"' in signed_in(bob).get(path).text


def test_a_stranger_is_sent_to_the_sign_in_page_first(client, db):
    assert client.get(PROFILE)["Location"] == "/?next=/accounts/profile/"


def test_a_new_name_is_shown_above_earlier_messages(signed_in, alice, hall):
    say(alice, hall)
    browser = signed_in(alice)
    assert browser.post(PROFILE, FIELDS | {"name": " Alice  Liddell "})["Location"] == PROFILE
    assert signed_in_name(browser) == "Alice Liddell"
    assert browser.get("/rooms/hall/").context["history"][0].message.author.name == "Alice Liddell"
    assert Client().login(username="alice liddell", password=PASSWORD)


def test_person_can_change_the_case_of_their_name(signed_in, alice):
    browser = signed_in(alice)
    browser.post(PROFILE, FIELDS | {"name": "ALICE"})
    assert signed_in_name(browser) == "ALICE"


@each(
    ("name", "sentence"),
    [
        ("bob", "That name is taken"),
        ("bоb", "That name is taken"),
        ("", "Enter a name."),
        ("x" * 41, "at most 40"),
        ("ad\u200bmin", "invisible"),
        ("a\0b", "Null characters"),
    ],
)
def test_form_explains_an_invalid_name_and_changes_nothing(signed_in, alice, bob, name, sentence):
    browser = signed_in(alice)
    response = browser.post(PROFILE, FIELDS | {"name": name, "color": "3"})
    assert response.status_code == 400
    assert sentence in response.context["profile_form"].errors["name"][0]
    assert response.context["user"].name == "alice"
    alice.refresh_from_db()
    assert (alice.name, alice.color) == ("alice", None)


@each("fields", [{"color": "10"}, {"color": "-1"}, {"color": "x"}, {"theme": ""}, {"notify": "\0"}])
def test_an_invalid_choice_is_refused(signed_in, alice, fields):
    response = signed_in(alice).post(PROFILE, FIELDS | fields)
    assert response.status_code == 400
    assert response.context["profile_form"].errors.keys() == fields.keys()


def test_a_name_is_free_again_when_its_owner_takes_another(signed_in, client, gil):
    signed_in(gil).post(PROFILE, FIELDS | {"name": "gilbert"})
    assert client.post("/join/", {"name": "gil"}).status_code == 302


def test_changing_a_profile_too_often_is_rate_limited(signed_in, alice, settings):
    settings.CHAT_POSTS_BURST, settings.CHAT_POSTS_PER_SECOND = 1, 0.1
    browser = signed_in(alice)
    assert browser.post(PROFILE, FIELDS).status_code == 302
    response = browser.post(PROFILE, FIELDS)
    assert (response.status_code, "Retry-After" in response) == (429, True)


# ---- Colour


def test_a_chosen_colour_is_everywhere_where_the_person_is(signed_in, alice, bob, hall):
    say(alice, hall)
    signed_in(alice).post(PROFILE, FIELDS | {"color": "7"})
    browser = signed_in(bob)
    assert f'data-person="{alice.pk}" data-color="7"' in browser.get("/rooms/hall/").text
    [message] = browser.get("/api/rooms/hall/messages/").json()["messages"]
    assert message["author"] == {"id": alice.pk, "name": "alice", "guest": False, "color": 7}


def test_a_person_without_a_chosen_colour_has_none_on_the_wire(signed_in, alice, hall):
    say(alice, hall)
    browser = signed_in(alice)
    assert "color" not in browser.get("/api/rooms/hall/messages/").json()["messages"][0]["author"]
    assert f'data-person="{alice.pk}" data-color=""' in browser.get("/rooms/hall/").text


def test_every_colour_that_can_be_chosen_is_drawn():
    drawn = re.findall(r'\[data-color="(\d)"\]', (ROOT / "chat/static/chat/css/controls.css").read_text())
    assert sorted(map(int, drawn)) == [*range(COLORS)] == [*range(len(COLOR_NAMES))]


# ---- Theme


def test_theme_is_kept_in_the_browser_and_with_the_person(signed_in, alice):
    browser = signed_in(alice)
    response = browser.post("/accounts/theme/", {"theme": "dark"}, headers={"Accept": "*/*"})
    assert (response.status_code, response.cookies["theme"].value) == (204, "dark")
    assert response.cookies["theme"]["samesite"] == "Lax"
    assert Person.objects.get().theme == "dark"


def test_theme_of_the_profile_holds_in_this_browser_at_once(signed_in, alice):
    assert signed_in(alice).post(PROFILE, FIELDS | {"theme": "light"}).cookies["theme"].value == "light"


def test_people_find_their_theme_after_signing_in(signed_in, client, alice):
    signed_in(alice).post("/accounts/theme/", {"theme": "dark"})
    response = client.post("/accounts/login/", {"username": "alice", "password": PASSWORD})
    assert response.cookies["theme"].value == "dark"


def test_form_shows_the_theme_of_this_browser(signed_in, alice):
    browser = signed_in(alice)
    browser.cookies["theme"] = "light"
    assert browser.get(PROFILE).context["profile_form"]["theme"].value() == "light"
    browser.cookies["theme"] = "pink"
    assert browser.get(PROFILE).context["profile_form"]["theme"].value() == "system"


def test_stranger_has_a_theme_too(client, db):
    assert client.post("/accounts/theme/", {"theme": "dark"}).cookies["theme"].value == "dark"


@pytest.mark.parametrize(
    ("going_to", "location"), [("/rooms/hall/", "/rooms/hall/"), ("https://evil.example/", "/"), ("//evil", "/")]
)
def test_theme_form_redirects_only_to_this_site(client, db, going_to, location):
    fields = {"theme": "dark", "next": going_to}
    response = client.post("/accounts/theme/", fields, headers={"Accept": "text/html,*/*;q=0.8"})
    assert (response.status_code, response["Location"]) == (302, location)


@pytest.mark.parametrize("theme", ["", "pink", "\0", "dark; HttpOnly"])
def test_an_invalid_theme_sets_no_cookie(client, db, theme):
    response = client.post("/accounts/theme/", {"theme": theme})
    assert (response.status_code, "theme" in response.cookies) == (400, False)


# ---- E-mail


def test_changing_the_email_needs_the_password(signed_in, alice):
    fields = {"email": "liddell@example.org", "password": PASSWORD}
    assert signed_in(alice).post("/accounts/email/", fields)["Location"] == PROFILE
    alice.refresh_from_db()
    assert alice.email == "liddell@example.org"


@each(
    ("fields", "field"),
    [
        ({"email": "liddell@example.org", "password": "wrong"}, "password"),
        ({"email": "liddell@example.org", "password": ""}, "password"),
        ({"email": "no address", "password": PASSWORD}, "email"),
    ],
)
def test_email_stays_without_password_or_address(signed_in, alice, fields, field):
    response = signed_in(alice).post("/accounts/email/", fields)
    assert (response.status_code, [*response.context["email_form"].errors]) == (400, [field])
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"


def test_guest_is_offered_to_keep_the_name_instead(signed_in, gil):
    browser = signed_in(gil)
    assert 'href="/accounts/claim/"' in browser.get(PROFILE).text
    assert 'name="email"' not in browser.get(PROFILE).text.split('id="account"')[1].split("</section>")[0]
    assert browser.post("/accounts/email/", {"email": "gil@example.org"})["Location"] == "/accounts/claim/"
    gil.refresh_from_db()
    assert gil.email == ""


# ---- The whole form


POSTED = ["profile", "theme", "email", "tokens", "tokens/1/revoke", "sessions/end", "sessions/x/end", "data", "delete"]


@each("path", POSTED)
def test_form_from_another_site_is_refused(alice, path):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert browser.post(f"/accounts/{path}/").status_code == 403


@each("path", [path for path in POSTED if path not in ("profile", "delete")])
def test_addresses_that_change_data_refuse_get(signed_in, alice, path):
    assert signed_in(alice).get(f"/accounts/{path}/").status_code == 405


@pytest.mark.parametrize("path", [path for path in POSTED if path != "theme"])
def test_stranger_can_change_nothing(client, db, path):
    response = client.post(f"/accounts/{path}/")
    assert (response.status_code, response["Location"]) == (302, f"/?next=/accounts/{path}/")


def test_queries_of_the_page_do_not_grow(signed_in, alice, django_assert_num_queries):
    browser = signed_in(alice)
    with django_assert_num_queries(8):
        browser.get(PROFILE)
    for number in range(5):
        signed_in(alice)
        browser.post("/accounts/tokens/", {"label": f"token {number}"})
    with django_assert_num_queries(8):
        browser.get(PROFILE)


def test_a_form_without_a_name_is_shown_again(signed_in, bob):
    response = signed_in(bob).post("/accounts/profile/", {"theme": "dark"})
    assert response.status_code == 400
    assert response.context["profile_form"].errors["name"] == ["Enter a name."]


@each("name", ["alice", "gil"])
def test_no_id_is_used_twice_on_the_page(signed_in, alice, gil, name):
    page = signed_in(Person.objects.get(name=name)).get(PROFILE).text
    ids = re.findall(r' id="([^"]+)"', page)
    assert sorted(set(ids)) == sorted(ids)
