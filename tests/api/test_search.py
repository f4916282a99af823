"""The search of the API."""

from tests.api.client import assert_refused
from tests.cases import each
from tests.cast import say

SEARCH = "/api/search/"


def test_hits_have_the_room_the_message_and_an_excerpt(program, alice, bob, hall):
    say(alice, hall, "Where is the *map*?")
    answer = program(bob).get(SEARCH, {"q": "map"}).json()
    [hit] = answer["hits"]
    assert answer["more"] is False
    assert hit["room"] == {"slug": "hall", "name": "Hall"}
    assert (hit["message"]["seq"], hit["message"]["body"]) == (1, "Where is the *map*?")
    assert hit["message"]["author"] == {"id": alice.pk, "name": "alice", "guest": False}
    assert hit["excerpt"] == [
        {"text": "Where is the ", "found": False},
        {"text": "map", "found": True},
        {"text": "?", "found": False},
    ]


def test_outsider_cannot_search_a_private_room(program, alice, bob, carol, ops):
    say(alice, ops, "map")
    assert len(program(bob).get(SEARCH, {"q": "map"}).json()["hits"]) == 1
    assert program(carol).get(SEARCH, {"q": "map"}).json() == {"hits": [], "more": False}


def test_pages_go_back_by_the_id_of_the_last_message(program, alice, bob, hall):
    for number in range(5):
        say(alice, hall, f"map {number}")
    client, shown, query = program(bob), [], {"q": "map", "room": "hall", "limit": 2}
    while True:
        page = client.get(SEARCH, query).json()
        shown += [hit["message"]["body"] for hit in page["hits"]]
        if not page["more"]:
            break
        query["before"] = page["hits"][-1]["message"]["id"]
    assert shown == [f"map {number}" for number in reversed(range(5))]


@each(
    ("query", "status", "code"),
    [
        ({}, 400, "empty"),
        ({"q": "?"}, 400, "empty"),
        ({"q": "map from:nobody"}, 404, "not_found"),
        ({"q": "map", "room": "nowhere"}, 404, "not_found"),
        ({"q": "x" * 201}, 413, "too_long"),
        ({"q": "map", "limit": "0"}, 400, "bad_frame"),
        ({"q": "map", "limit": "101"}, 400, "bad_frame"),
        ({"q": "map", "before": "x"}, 400, "bad_frame"),
        ({"q": "map", "before": "0"}, 400, "bad_frame"),
        ({"q": "map", "before": "9" * 5000}, 400, "bad_frame"),
    ],
)
def test_an_unsearchable_query_is_refused(program, bob, hall, query, status, code):
    assert_refused(program(bob).get(SEARCH, query), status, code)


def test_too_many_searches_are_refused_with_a_time_to_wait(program, bob, settings):
    settings.CHAT_SEARCHES_PER_MINUTE = 1
    client = program(bob)
    assert client.get(SEARCH, {"q": "map"}).status_code == 200
    refused = client.get(SEARCH, {"q": "map"})
    assert_refused(refused, 429, "rate_limited")
    assert 0 < int(refused["Retry-After"]) <= 60


def test_stranger_is_refused(client, db):
    assert_refused(client.get(SEARCH, {"q": "map"}), 401, "signed_out")
