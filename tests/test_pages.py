"""The home page, the room page, and creating a room."""

import gzip
import re

import pytest
from django.conf import settings as site
from django.contrib.staticfiles import finders
from django.urls import reverse

from chat.actions.rooms import create_room
from chat.models import Membership, Room
from chat.rate_limits import limits
from tests.cases import each
from tests.cast import say


def page_of(room: Room) -> str:
    return reverse("room", args=[room.slug])


def test_no_list_is_announced_as_a_status():
    """A role takes away that it is a list, so its items have no list for a screen reader."""
    templates = list((site.BASE_DIR / "templates").rglob("*.html"))
    assert templates
    found = [it.name for it in templates if re.search(r'<[uo]l\b[^>]*role="(status|alert)"', it.read_text())]
    assert found == []


# ---- Home


def test_stranger_is_asked_for_a_name(client, hall):
    response = client.get("/?next=/rooms/hall/")
    assert response.status_code == 200
    assert response.context["next"] == "/rooms/hall/"
    assert response.context["guests_allowed"]
    assert 'name="name"' in response.text
    assert "rooms" not in response.context


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example", "/x" * 2000, "\0"]
)
def test_redirect_after_sign_in_stays_on_this_site(client, db, address):
    assert client.get("/", {"next": address}).context["next"] == ""


def test_rooms_are_ordered_by_their_last_message_with_unread_counts(signed_in, alice, bob, hall, ops):
    for _ in range(3):
        say(bob, ops)
    say(alice, hall)
    rooms = [room for room in signed_in(alice).get("/").context["page"].rooms if room.slug != "lobby"]
    assert [(room.name, room.unread) for room in rooms] == [("Hall", 0), ("Ops", 3)]


def test_outsider_sees_only_public_rooms(signed_in, carol, hall, ops):
    assert {room.slug for room in signed_in(carol).get("/browse/").context["page"].rooms} == {"hall", "lobby"}


# ---- A room


def test_room_page_holds_the_newest_messages_and_the_cursor(signed_in, alice, bob, hall):
    for number in range(60):
        say(alice, hall, f"number {number}")
    context = signed_in(bob).get(page_of(hall)).context
    assert [line.message.body for line in context["history"]] == [f"number {number}" for number in range(10, 60)]
    assert context["more"] is True
    assert context["cursor"].endswith(f".{hall.pk}.60")


@pytest.mark.parametrize(
    ("read", "first", "last"),
    [
        pytest.param(0, 71, 120, id="new here"),
        pytest.param(120, 71, 120, id="nothing unread"),
        pytest.param(70, 71, 120, id="a page unread"),
        pytest.param(69, 45, 94, id="more than a page unread"),
        pytest.param(1, 1, 26, id="nearly all unread"),
    ],
)
def test_room_page_opens_where_the_person_left_off(signed_in, alice, bob, hall, read, first, last):
    for _ in range(120):
        say(alice, hall)
    Membership.objects.filter(person=bob, room=hall).update(read_seq=read)
    context = signed_in(bob).get(page_of(hall)).context
    seqs = [line.message.seq for line in context["history"]]
    assert (seqs[0], seqs[-1]) == (first, last)
    assert (context["more"], context["goes_on"]) == (first > 1, last < 120)
    assert (context["page_data"]["newest"], context["cursor"].rsplit(".", 1)[1]) == (120, "120")


def test_room_page_shows_the_messages_without_any_script(signed_in, alice, hall):
    say(alice, hall, "look, *no* script <script>alert(1)</script>")
    text = signed_in(alice).get(page_of(hall)).text
    assert "look, <em>no</em> script &lt;script&gt;" in text


def test_page_data_has_the_person_and_the_room(signed_in, alice, bob, hall):
    say(alice, hall)
    say(bob, hall)
    say(alice, hall)
    data = signed_in(bob).get(page_of(hall)).context["page_data"]
    assert data["you"] == {"id": bob.pk, "name": "bob", "guest": False}
    assert (data["slug"], data["name"], data["more"], data["read"]) == ("hall", "Hall", False, 2)
    assert data["newest"] == 3
    assert data["cursor"].endswith(".3")
    assert data["limits"]["body"] == site.CHAT_MAX_BODY


def test_the_room_page_is_compressed_for_clients_that_accept_it(signed_in, alice, hall):
    for number in range(20):
        say(alice, hall, f"number {number}")
    browser = signed_in(alice)
    compressed = browser.get(page_of(hall), headers={"Accept-Encoding": "gzip"})
    assert compressed["Content-Encoding"] == "gzip"
    assert "number 19" in gzip.decompress(compressed.content).decode()
    assert len(compressed.content) < len(browser.get(page_of(hall)).content) / 5


def test_stranger_is_sent_to_give_a_name_and_back(client, hall):
    response = client.get(page_of(hall))
    assert (response.status_code, response["Location"]) == (302, "/?next=/rooms/hall/")


def test_member_sees_private_room(signed_in, bob, ops):
    assert signed_in(bob).get(page_of(ops)).status_code == 200


def test_private_room_looks_to_an_outsider_as_if_it_did_not_exist(signed_in, carol, ops):
    browser = signed_in(carol)
    private, unknown = browser.get("/rooms/ops/"), browser.get("/rooms/opx/")
    assert private.status_code == unknown.status_code == 404
    assert private.templates[0].name == "chat/room_missing.html"
    assert _without_tokens(private).replace("ops", "opx") == _without_tokens(unknown)


def test_room_that_one_may_not_see_offers_no_way_to_write_to_it(signed_in, carol, ops):
    page = signed_in(carol).get("/rooms/ops/").text
    assert "This room doesn’t exist, or you don’t have access." in page
    assert {form.split('"')[0] for form in page.split(' action="')[1:]} <= {
        "/",
        "/rooms/",
        "/accounts/theme/",
        "/accounts/logout/",
        "/search/",
    }
    assert "textarea" not in page


def test_icon_is_found_at_the_address_that_browsers_guess(client):
    response = client.get("/favicon.ico")
    assert (response.status_code, response["Cache-Control"]) == (302, "public, max-age=86400")
    assert finders.find(response["Location"].removeprefix("/static/"))


def test_banned_member_finds_no_room(signed_in, bob, hall):
    assert signed_in(bob).get(page_of(hall)).status_code == 200
    Membership.objects.filter(person=bob, room=hall).update(banned_at=hall.created_at)
    assert signed_in(bob).get(page_of(hall)).status_code == 404


def test_missing_room_page_leads_to_other_rooms_and_has_no_create_form(signed_in, bob):
    page = signed_in(bob).get("/rooms/café-société/")
    assert "This room doesn’t exist, or you don’t have access." in page.text
    assert 'class="button" href="/browse/"' in page.text
    assert 'name="visibility"' not in page.text.split('id="main"')[1].split("</main>")[0]


@each("path", ["/rooms/a%00b/", "/rooms/%ED%A0%80/", "/rooms/" + "x" * 5000 + "/", "/rooms/%FF/"])
def test_no_address_of_a_room_breaks_the_page(signed_in, bob, path):
    assert signed_in(bob).get(path).status_code == 404


# ---- Opening a room


def test_the_creator_of_a_room_owns_it(signed_in, bob):
    response = signed_in(bob).post(
        "/rooms/", {"name": "Book club", "topic": "This month: Emma", "visibility": "private"}
    )
    assert response.status_code == 302
    assert re.fullmatch(r"/rooms/book-club-[0-9a-f]{8}/", response["Location"])
    room = Room.objects.get(name="Book club")
    assert (room.topic, room.visibility, room.created_by) == ("This month: Emma", "private", bob)


def test_stranger_cannot_open_a_room(client, db):
    response = client.post("/rooms/", {"name": "Book club", "visibility": "public"})
    assert (response.status_code, response["Location"]) == (302, "/?next=/rooms/")
    assert not Room.objects.filter(name="Book club").exists()


def test_the_form_of_a_new_room_is_a_page_without_scripts(signed_in, bob):
    main = signed_in(bob).get("/rooms/").text.split('id="main"')[1].split("</main>")[0]
    assert 'method="post"' in main
    for name in ("name", "topic", "visibility"):
        assert f'name="{name}"' in main
    assert "everyone on this site can find it, read it and post" in main


def test_the_dialog_of_a_new_room_gets_its_address_or_the_errors_of_each_field(signed_in, bob, hall, settings):
    settings.CHAT_ROOMS_PER_HOUR = 1
    browser, json = signed_in(bob), {"Accept": "application/json"}
    wrong = browser.post("/rooms/", {"name": "", "topic": "x" * 201, "visibility": "public"}, headers=json)
    assert (wrong.status_code, set(wrong.json()["errors"])) == (400, {"name", "topic"})
    taken = browser.post("/rooms/", {"name": "Hall", "visibility": "public"}, headers=json)
    assert (taken.status_code, list(taken.json()["errors"])) == (400, ["name"])
    limits.reset()
    made = browser.post("/rooms/", {"name": "Book club", "visibility": "public"}, headers=json)
    assert (made.status_code, made.json()) == (200, {"address": "/rooms/book-club/"})
    late = browser.post("/rooms/", {"name": "Another", "visibility": "public"}, headers=json)
    assert (late.status_code, list(late.json()["errors"])) == (429, ["__all__"])
    assert "Retry-After" in late


def open_rooms(browser, number):
    """Create this many rooms and return the responses."""
    return [browser.post("/rooms/", {"name": f"Number {n}", "visibility": "private"}) for n in range(number)]


def test_rooms_created_by_a_person_are_limited_and_guests_have_less(signed_in, bob, gil, settings):
    settings.CHAT_ROOMS_PER_HOUR = 5
    by_member, by_guest = open_rooms(signed_in(bob), 6), open_rooms(signed_in(gil), 3)
    assert [answer.status_code for answer in by_member] == [302] * 5 + [429]
    assert [answer.status_code for answer in by_guest] == [302, 302, 429]
    assert "Please wait" in by_guest[-1].content.decode()
    assert 1 <= int(by_guest[-1]["Retry-After"]) <= 1800
    assert Room.objects.filter(created_by=gil).count() == 2


def test_a_room_that_cannot_be_named_so_costs_nothing(signed_in, bob, settings):
    settings.CHAT_ROOMS_PER_HOUR = 1
    browser = signed_in(bob)
    assert browser.post("/rooms/", {"name": "", "visibility": "public"}).status_code == 400
    assert open_rooms(browser, 1)[0].status_code == 302


@each(
    ("fields", "field", "sentence"),
    [
        ({"name": ""}, "name", "Enter a name."),
        ({"name": "x" * 41}, "name", "at most 40 characters"),
        ({"name": "\u202egnp.exe"}, "name", "invisible or control"),
        ({"name": "\u200b\u2060"}, "name", "invisible or control"),
        ({"name": " \u3000\t"}, "name", "Enter a name."),
        ({"name": "\u2067שלום"}, "name", "invisible or control"),
        ({"name": "ｈａｌｌ"}, "name", "/rooms/hall/ already exists"),
        ({"name": "/rooms/"}, "name", "/rooms/rooms/ already exists"),
        ({"name": "a\0b"}, "name", "Null characters"),
        ({"name": "!!!"}, "name", "at least one letter or digit"),
        ({"name": "Hall"}, "name", "/rooms/hall/ already exists"),
        ({"topic": "x" * 201}, "topic", "at most 200"),
        ({"topic": "\0"}, "topic", "Null characters"),
        ({"visibility": "direct"}, "visibility", "not one of the available choices"),
        ({"visibility": ""}, "visibility", "required"),
    ],
)
def test_form_explains_why_a_room_was_not_created(signed_in, alice, hall, fields, field, sentence):
    create_room(alice, "Rooms")
    count = Room.objects.count()
    response = signed_in(alice).post("/rooms/", {"name": "New", "topic": "", "visibility": "public"} | fields)
    assert response.status_code == 400
    assert sentence in response.context["form"].errors[field][0]
    assert Room.objects.count() == count


@each(
    ("name", "address"),
    [
        ("x", "x"),
        ("https://evil.example/?q=1", "httpsevilexampleq1"),
        ("../lamp", "lamp"),
        ("settings", "settings"),
        ("שלום עולם", "שלום-עולם"),
        ("مرحبا", "مرحبا"),
        ("港", "港"),
    ],
)
def test_an_unusual_name_makes_a_room_that_opens(signed_in, bob, name, address):
    browser = signed_in(bob)
    answer = browser.post("/rooms/", {"name": name, "visibility": "public"})
    assert answer["Location"] == reverse("room", args=[address])
    page = browser.get(answer["Location"])
    assert (page.status_code, page.context["room"].name) == (200, name)
    assert browser.get("/").status_code == 200


# ---- Queries


def test_queries_of_home_do_not_grow_with_the_rooms(signed_in, alice, hall, settings, django_assert_num_queries):
    settings.CHAT_ROOMS_PER_HOUR = settings.CHAT_ROOMS_PER_ADDRESS = 0
    browser = signed_in(alice)
    with django_assert_num_queries(4):  # session, person, the rooms at the side, those of the page
        browser.get("/")
    for number in range(30):
        browser.post("/rooms/", {"name": f"Room {number}", "visibility": "public"})
    with django_assert_num_queries(4):
        assert len(browser.get("/").context["page"].rooms) == 32


def test_queries_of_a_room_do_not_grow_with_its_messages(signed_in, alice, bob, gil, hall, django_assert_num_queries):
    browser = signed_in(alice)
    say(alice, hall)
    with django_assert_num_queries(11):
        browser.get(page_of(hall))
    for number in range(60):
        say((alice, bob, gil)[number % 3], hall)
    for number in range(10):
        browser.post("/rooms/", {"name": f"Room {number}", "visibility": "public"})
    with django_assert_num_queries(11):
        browser.get(page_of(hall))


@pytest.mark.parametrize(
    ("address", "queries"),
    [("/search/", 4), ("/accounts/profile/", 8), ("/rooms/", 3), ("/rooms/hall/settings/", 8), ("/nothing/", 3)],
)
def test_rooms_at_the_side_are_one_query(signed_in, alice, hall, ops, django_assert_num_queries, address, queries):
    browser = signed_in(alice)
    with django_assert_num_queries(queries) as asked:
        browser.get(address)
    listing = [it["sql"] for it in asked.captured_queries if "read_seq" in it["sql"] and " LIMIT 101" in it["sql"]]
    assert len(listing) == 1


def _without_tokens(response) -> str:
    """Return the page without its CSRF tokens, which differ each time."""
    return "\n".join(line for line in response.text.splitlines() if "csrfmiddlewaretoken" not in line)
