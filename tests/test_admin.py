"""The admin: its lists, its paging, and its refusals."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chat import broadcast
from chat.actions.accounts import issue_token
from chat.actions.imports.messages import Entry, import_history
from chat.admin.keyset import KeysetAdmin
from chat.models import Membership, Message, Person, Room, Token
from tests.cases import each
from tests.cast import PASSWORD, say

MESSAGES = "/admin/chat/message/"
LISTS = ["person", "room", "membership", "message", "token"]
PAGE = 7


@pytest.fixture
def chief(db: None) -> Person:
    return Person.objects.create_superuser("chief", PASSWORD)


@pytest.fixture
def staff_browser(chief: Person, signed_in: Callable[[Person], Client]) -> Client:
    return signed_in(chief)


@pytest.fixture
def history(alice: Person, bob: Person, hall: Room, ops: Room, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Create sixty messages over two rooms and sixty days, in short pages. Return their ids, newest first."""
    monkeypatch.setattr(KeysetAdmin, "list_per_page", PAGE)
    start = datetime(2024, 3, 1, 12, tzinfo=UTC)
    for number in range(60):
        author, room = (alice, bob)[number % 2], (hall, ops)[number % 3 == 0]
        gone = start if number % 10 == 0 else None
        body = f"number {number} {'apple' if number % 4 else 'pear'}"
        import_history(room, [Entry(author, body, start + timedelta(days=number), deleted_at=gone)])
    return list(Message.objects.filter(room__in=[hall, ops]).order_by("-pk").values_list("pk", flat=True))


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The types of the events that were published."""
    types: list[str] = []
    monkeypatch.setattr(broadcast, "publish", lambda event: types.append(event["type"]))
    return types


def shown(page: str) -> list[int]:
    return [int(pk) for pk in dict.fromkeys(re.findall(r'href="/admin/chat/message/(\d+)/change/', page))]


def turn(client: Client, query: str, rel: str) -> tuple[list[list[int]], str]:
    """Follow the page links of this relation from `query` on. Return the ids on each page, and the last address."""
    pages = []
    while True:
        page = client.get(MESSAGES + query).content.decode()
        pages.append(shown(page))
        link = re.search(rf'href="([^"]*)" rel="{rel}"', page)
        if link is None:
            return pages, query
        query = link[1].replace("&amp;", "&")


# ---- Reading


@each("name", LISTS)
def test_list_loads(staff_browser: Client, alice: Person, hall: Room, name: str) -> None:
    say(alice, hall)
    issue_token(alice)
    page = staff_browser.get(f"/admin/chat/{name}/")
    assert page.status_code == 200
    assert b"alice" in page.content or b"Hall" in page.content


@each("name", LISTS)
def test_list_is_for_staff_only(alice: Person, signed_in: Callable[[Person], Client], name: str) -> None:
    answer = signed_in(alice).get(f"/admin/chat/{name}/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


def test_admin_shows_the_whole_message_and_its_original(staff_browser: Client, alice: Person, hall: Room) -> None:
    first = say(alice, hall, "the question")
    long = say(alice, hall, "word " * 100 + "end", reply_to=first.seq)
    detail = staff_browser.get(reverse("admin:chat_message_change", args=[long.pk])).content.decode()
    assert "word end" in detail
    assert "the question" in detail
    assert "word end" not in staff_browser.get(MESSAGES).content.decode()


def test_deleted_message_is_marked(staff_browser: Client, history: list[int]) -> None:
    page = staff_browser.get(MESSAGES, {"deleted": "yes"}).content.decode()
    assert len(shown(page)) == 6
    assert page.count('<td class="field-state">deleted</td>') == 6


@each(
    ("query", "wanted"),
    [
        ("", {}),
        ("?room=hall", {"room__slug": "hall"}),
        ("?person=ALICE", {"author__name": "alice"}),
        ("?deleted=no", {"deleted_at": None}),
        # Only the text of public rooms is searched: see tests/admin/test_private_text.py.
        ("?q=apple", {"body__contains": "apple", "room__slug": "hall"}),
        ("?q=bob", {"author__name": "bob"}),
        ("?q=apple+alice&room=hall", {"body__contains": "apple", "author__name": "alice", "room__slug": "hall"}),
        ("?q=%22number+1+apple%22", {"body": "number 1 apple"}),
        ("?created_at__year=2024&created_at__month=4", {"created_at__year": 2024, "created_at__month": 4}),
        (
            "?created_at__year=2024&created_at__month=3&created_at__day=9",
            {"created_at__date": date(2024, 3, 9)},
        ),
    ],
)
def test_pages_visit_every_row_once_in_both_directions(
    staff_browser: Client, history: list[int], query: str, wanted: dict[str, Any]
) -> None:
    expected = list(Message.objects.filter(**wanted).order_by("-pk").values_list("pk", flat=True))
    older, last = turn(staff_browser, query, "next")
    newer, _ = turn(staff_browser, last, "prev")
    assert list(chain(*older)) == expected
    assert list(chain(*reversed(newer))) == expected
    assert all(len(page) == PAGE for page in older[:-1])


@each("query", ["?person=nobody", "?room=nowhere", "?q=absent", "?before=1", "?created_at__year=1999"])
def test_admin_list_without_results_says_so(staff_browser: Client, history: list[int], query: str) -> None:
    page = staff_browser.get(MESSAGES + query)
    assert page.status_code == 200
    assert b"No results" in page.content


def test_filter_form_keeps_other_filters_but_not_the_page(staff_browser: Client, history: list[int]) -> None:
    page = staff_browser.get(MESSAGES, {"q": "apple", "room": "hall", "before": history[10]}).content.decode()
    assert '<input type="hidden" name="room" value="hall">' in page
    assert '<input type="hidden" name="q" value="apple">' in page
    assert 'name="before"' not in page


def test_calendar_narrows_the_list_to_a_day(staff_browser: Client, history: list[int]) -> None:
    year = staff_browser.get(MESSAGES, {"created_at__year": 2024}).content.decode()
    assert "March 2024" in year
    assert "February 2024" not in year
    assert "All dates" in year
    month = staff_browser.get(MESSAGES, {"created_at__year": 2024, "created_at__month": 3}).content.decode()
    assert "created_at__day=31&amp;created_at__month=3&amp;created_at__year=2024" in month
    assert 'href="?created_at__year=2024" class="date-back"' in month


@each("name", LISTS)
def test_queries_do_not_grow_with_the_rows(staff_browser: Client, alice: Person, hall: Room, name: str) -> None:
    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert staff_browser.get(f"/admin/chat/{name}/").status_code == 200
        return [query["sql"] for query in captured]

    say(alice, hall)
    issue_token(alice)
    few = queries()
    for number in range(20):
        person = Person.objects.create_user(f"person {number}")
        say(person, hall)
        issue_token(person)
    assert len(queries()) == len(few)


@each("query", ["", "?q=apple", "?room=hall&person=alice", "?created_at__year=2024"])
def test_history_is_never_counted_or_skipped_through(staff_browser: Client, history: list[int], query: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        staff_browser.get(MESSAGES + query)
    about_messages = [query["sql"] for query in captured if "chat_message" in query["sql"]]
    assert about_messages
    assert not [sql for sql in about_messages if "COUNT(" in sql or "OFFSET" in sql or "DISTINCT" in sql]
    assert all("LIMIT" in sql or '"id" IN (' in sql for sql in about_messages)


# ---- Hostile input


def test_text_of_people_is_shown_as_text(staff_browser: Client, alice: Person, hall: Room) -> None:
    attack = "<script>alert(1)</script>"
    person = Person.objects.create_user("<b>eve</b>")
    Room.objects.filter(pk=hall.pk).update(name="<i>hall</i>", topic=attack)
    message = say(person, hall, attack)
    pages = [MESSAGES, f"{MESSAGES}{message.pk}/change/", "/admin/chat/room/", f"/admin/chat/room/{hall.pk}/change/"]
    pages += ["/admin/chat/person/", "/admin/chat/membership/", f"{MESSAGES}?q={attack}&person={attack}&room={attack}"]
    for address in pages:
        page = staff_browser.get(address).content.decode()
        assert "&lt;" in page, address
        assert not re.search(r"<b>eve|<i>hall|<script>alert", page), address


@each("poison", ["\0", "\ud800", "‮", "%", "_", "\\", "'", '"', "'\"", "9" * 5000, "x " * 500, "💥"])
@each("field", ["q", "room", "person", "before", "after", "created_at__year", "deleted"])
def test_invalid_query_strings_of_the_admin_cause_no_server_error(
    staff_browser: Client, alice: Person, hall: Room, field: str, poison: str
) -> None:
    say(alice, hall)
    answer = staff_browser.get(MESSAGES, {field: poison.encode(errors="replace").decode()})
    assert answer.status_code in (200, 302, 400)


@each("year", ["0", "9999", "99999999999999999999", "-1", "1e3"])
def test_year_that_no_calendar_has_is_no_server_error(staff_browser: Client, history: list[int], year: str) -> None:
    assert staff_browser.get(MESSAGES, {"created_at__year": year, "created_at__month": "13"}).status_code in (200, 302)
    assert staff_browser.get(MESSAGES, {"created_at__year": year}).status_code in (200, 302)
    assert staff_browser.get(MESSAGES, {"created_at__month": year}).status_code in (200, 302)


# ---- Unavailable actions


@each("page", ["add/", "{pk}/change/", "{pk}/delete/"])
def test_history_is_read_only(staff_browser: Client, alice: Person, hall: Room, page: str) -> None:
    message = say(alice, hall, "as it was")
    answer = staff_browser.post(MESSAGES + page.format(pk=message.pk), {"body": "forged", "post": "yes"})
    assert answer.status_code == 403
    assert Message.objects.get(pk=message.pk).body == "as it was"


@each("name", LISTS)
def test_admin_deletes_no_rows(staff_browser: Client, chief: Person, alice: Person, hall: Room, name: str) -> None:
    issue_token(alice)
    say(alice, hall)
    models = {"person": Person, "room": Room, "membership": Membership, "message": Message, "token": Token}
    row = models[name].objects.latest("pk")
    assert staff_browser.post(f"/admin/chat/{name}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    staff_browser.post(f"/admin/chat/{name}/", {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    assert models[name].objects.filter(pk=row.pk).exists()


# ---- Available actions


def change(client: Client, row: Any, **fields: Any) -> Any:
    name = row._meta.model_name
    return client.post(f"/admin/chat/{name}/{row.pk}/change/", fields)


def test_person_is_renamed_and_deactivated(staff_browser: Client, carol: Person, published: list[str]) -> None:
    group = Group.objects.create(name="desk")
    change(staff_browser, carol, name="Caroline", email="c@example.org", groups=[group.pk])
    carol.refresh_from_db()
    assert (carol.name, carol.handle, carol.email, carol.is_active) == ("Caroline", "caroline", "c@example.org", False)
    assert list(carol.groups.all()) == [group]
    assert "worker.access" in published


@each("name", ["alice", "ALICE", "аlice", "a\u200blice", ""])
def test_person_cannot_be_given_a_name_that_is_taken_or_unreadable(
    staff_browser: Client, alice: Person, carol: Person, name: str
) -> None:
    assert b"errornote" in change(staff_browser, carol, name=name, is_active="on").content
    carol.refresh_from_db()
    assert carol.name == "carol"


def test_new_person_can_sign_in(staff_browser: Client) -> None:
    fields = {"name": "Dora", "email": "", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    answer = staff_browser.post("/admin/chat/person/add/", fields)
    assert answer["Location"] == reverse("admin:chat_person_change", args=[Person.objects.get(name="Dora").pk])
    assert Client().login(username="dora", password=PASSWORD)


def test_password_of_a_guest_makes_a_member(staff_browser: Client, gil: Person, published: list[str]) -> None:
    page = staff_browser.get(reverse("admin:chat_person_change", args=[gil.pk]))
    assert "../password/" in page.content.decode()
    new = "another good phrase"
    fields = {"password1": new, "password2": new, "set-password": "Set"}
    assert staff_browser.post(f"/admin/chat/person/{gil.pk}/password/", fields).status_code == 302
    gil.refresh_from_db()
    assert gil.check_password(new)
    assert not gil.is_guest
    assert "worker.access" in published


def test_password_can_be_taken_away(staff_browser: Client, carol: Person) -> None:
    fields = {"usable_password": "false", "password1": "", "password2": "", "unset-password": "Disable"}
    assert staff_browser.post(f"/admin/chat/person/{carol.pk}/password/", fields).status_code == 302
    carol.refresh_from_db()
    assert not carol.has_usable_password()


@pytest.fixture
def clerk(db: None) -> Person:
    """Staff who may change people and rooms, and is no superuser."""
    clerk = Person.objects.create_user("clerk", PASSWORD, is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["change_person", "view_token"]))
    return clerk


def test_staff_cannot_make_staff(clerk: Person, carol: Person, signed_in: Callable[[Person], Client]) -> None:
    change(signed_in(clerk), carol, name="carol2", is_active="on", is_staff="on", is_superuser="on")
    carol.refresh_from_db()
    assert carol.name == "carol2"
    assert not carol.is_staff
    assert not carol.is_superuser


def test_staff_cannot_take_over_a_superuser(
    clerk: Person, chief: Person, signed_in: Callable[[Person], Client]
) -> None:
    client = signed_in(clerk)
    assert change(client, chief, name="chief2", is_active="on").status_code == 403
    new = {"password1": "another good phrase", "password2": "another good phrase", "set-password": "Set"}
    assert client.post(f"/admin/chat/person/{chief.pk}/password/", new).status_code == 403
    chief.refresh_from_db()
    assert chief.check_password(PASSWORD)


def test_room_is_changed_and_keeps_its_address(staff_browser: Client, hall: Room, published: list[str]) -> None:
    change(staff_browser, hall, name=" Great  Hall ", topic="New", visibility="private")
    hall.refresh_from_db()
    assert (hall.slug, hall.name, hall.topic, hall.visibility) == ("hall", "Great Hall", "New", "private")
    assert "worker.access" in published


def test_room_is_opened_with_a_head_and_an_owner(staff_browser: Client, chief: Person) -> None:
    staff_browser.post("/admin/chat/room/add/", {"name": "Attic", "topic": "", "visibility": "public"})
    room = Room.objects.with_head().get(slug="attic")
    assert room.head.seq == 0
    assert room.memberships.get().person == chief


def test_room_of_a_taken_address_is_refused_with_a_sentence(staff_browser: Client, hall: Room) -> None:
    page = staff_browser.post(
        "/admin/chat/room/add/", {"name": "hall", "topic": "", "visibility": "public"}, follow=True
    )
    assert "A room at /rooms/hall/ already exists." in page.content.decode()


def test_room_cannot_become_a_direct_conversation(staff_browser: Client, hall: Room) -> None:
    assert b"errornote" in change(staff_browser, hall, name="Hall", topic="", visibility="direct").content
    hall.refresh_from_db()
    assert hall.visibility == "public"


def test_a_person_is_added_to_a_private_room_once(
    staff_browser: Client, alice: Person, carol: Person, ops: Room
) -> None:
    say(alice, ops)
    for _ in range(2):
        staff_browser.post(
            "/admin/chat/membership/add/", {"person": carol.pk, "room": ops.pk, "role": "member", "read_seq": 9}
        )
    membership = Membership.objects.get(person=carol, room=ops)
    assert (membership.role, membership.read_seq) == ("member", 1)
    assert ops in Room.objects.visible_to(carol)


def test_role_is_changed_and_nothing_else(staff_browser: Client, bob: Person, hall: Room, published: list[str]) -> None:
    membership = Membership.objects.get(person=bob, room=hall)
    change(staff_browser, membership, role="moderator", read_seq=99)
    membership.refresh_from_db()
    assert (membership.role, membership.read_seq) == ("moderator", 0)
    assert published == ["worker.moved", "worker.read", "worker.access"]


def test_token_is_revoked(staff_browser: Client, alice: Person, published: list[str]) -> None:
    issue_token(alice, "laptop")
    token = Token.objects.get()
    staff_browser.post("/admin/chat/token/", {"action": "revoke", "_selected_action": token.pk})
    assert not Token.objects.valid().exists()
    assert "worker.access" in published


def test_a_viewer_cannot_revoke_a_token(clerk: Person, alice: Person, signed_in: Callable[[Person], Client]) -> None:
    issue_token(alice)
    signed_in(clerk).post("/admin/chat/token/", {"action": "revoke", "_selected_action": Token.objects.get().pk})
    assert Token.objects.valid().exists()


@each("place", ["1/1", "2/2", "9/x", f"{9 * 10**20}/1", "1/6f9619ff-8b86-4d01-b42d-00cf4fc964ff"])
def test_admin_has_no_view_on_site_links(staff_browser: Client, place: str) -> None:
    assert staff_browser.get(f"/admin/r/{place}/").status_code == 404
