"""Reading over the API: the visible rooms and their messages."""

from tests.api.client import HALL, OPS, assert_refused, draft, post
from tests.cases import each
from tests.cast import say

# ---- Rooms


def test_rooms_are_listed_with_unread_counts(program, alice, bob, hall, ops):
    say(alice, ops)
    rooms = program(bob).get("/api/rooms/").json()["rooms"]
    assert [room["slug"] for room in rooms] == ["ops", "hall", "lobby"]
    assert rooms[0] == {
        "slug": "ops",
        "name": "Ops",
        "topic": "",
        "visibility": "private",
        "archived": False,
        "seq": 1,
        "unread": 1,
        "joined": True,
        "starred": False,
        "level": "all",
    }


def test_outsider_is_listed_no_private_room(program, carol, hall, ops):
    rooms = program(carol).get("/api/rooms/").json()["rooms"]
    assert {room["slug"] for room in rooms} == {"hall", "lobby"}


@each("slug", ["ops", "opx", "ops%00", "%ED%A0%80", "x" * 3000, "💥"])
def test_private_room_looks_missing_to_an_outsider(program, bob, carol, ops, slug):
    assert program(bob).get(OPS).status_code == 200
    path = f"/api/rooms/{slug}/messages/"
    assert_refused(program(carol).get(path), 404, "not_found")
    assert_refused(post(program(carol), path, draft()), 404, "not_found")


# ---- Reading


@each(
    ("query", "seqs", "more"),
    [
        ("", range(11, 61), True),
        ("limit=3", range(58, 61), True),
        ("limit=200", range(1, 61), False),
        ("before=4", range(1, 4), False),
        ("before=11&limit=5", range(6, 11), True),
        ("before=1", range(0), False),
        ("after=0&limit=2", range(1, 3), True),
        ("after=58", range(59, 61), False),
        ("after=60", range(0), False),
        ("around=30&limit=4", range(28, 32), True),
        ("before=9007199254740992&limit=1", range(60, 61), True),
        ("colour=green&limit=1", range(60, 61), True),
    ],
)
def test_pages_of_messages(program, alice, bob, hall, query, seqs, more):
    for _ in range(60):
        say(alice, hall)
    page = program(bob).get(f"{HALL}?{query}").json()
    assert [message["seq"] for message in page["messages"]] == list(seqs)
    assert page["more"] is more
    assert page["newest"] == 60
    assert page["cursor"].endswith(f".{hall.pk}.60")


@each("name", ["before", "after", "around", "limit"])
@each("value", ["", "x", "-1", "1.5", "NaN", "null", "0x10", "٣", "%00", "9" * 30, "9" * 5000])
def test_an_invalid_position_is_refused(program, bob, hall, name, value):
    assert_refused(program(bob).get(f"{HALL}?{name}={value}"), 400, "bad_frame")


@each("query", ["limit=0", "limit=201", "before=3&after=1", "before=1&around=1"])
def test_invalid_page_parameters_are_refused(program, bob, hall, query):
    assert_refused(program(bob).get(f"{HALL}?{query}"), 400, "bad_frame")


def test_queries_for_messages_do_not_grow_with_their_number(program, alice, bob, hall, django_assert_num_queries):
    client = program(bob)
    client.get(HALL)  # that the token is used was noted
    for number in (1, 60):
        for _ in range(number):
            say(alice, hall)
        with django_assert_num_queries(6):
            assert len(client.get(f"{HALL}?limit=200").json()["messages"]) >= number
