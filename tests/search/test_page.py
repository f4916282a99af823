"""The search page, as HTML without scripts."""

import re
from html import unescape

from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from chat.models import Room
from tests.cases import each
from tests.cast import say

ADDRESS = "/search/"


def text_of(response):
    """Return the text of the main part of the page."""
    main = re.search(r"<main.*</main>", response.text, re.DOTALL).group()
    return " ".join(unescape(re.sub(r"<[^>]+>", "", main)).split())


def test_stranger_is_sent_to_give_a_name_and_back(client, hall):
    response = client.get(ADDRESS, {"q": "map"})
    assert (response.status_code, response["Location"]) == (302, "/?next=/search/%3Fq%3Dmap")


def test_empty_search_page_offers_the_visible_rooms(signed_in, alice, carol, hall, ops):
    assert {room.slug for room in signed_in(alice).get(ADDRESS).context["rooms"]} == {"hall", "lobby", "ops"}
    page = signed_in(carol).get(ADDRESS)
    assert {room.slug for room in page.context["rooms"]} == {"hall", "lobby"}
    assert "No results" not in page.text
    assert "Ops" not in page.text


def test_message_is_shown_with_its_words_its_author_its_room_and_a_link(signed_in, alice, bob, hall):
    say(alice, hall, "first")
    say(alice, hall, "Where is the **map**?")
    page = signed_in(bob).get(ADDRESS, {"q": "map"})
    assert "Where is the <mark>map</mark>?" in page.text
    assert 'href="/rooms/hall/#2"' in page.text
    assert re.search(r"alice in Hall .*Where is the map\?", text_of(page))


def test_text_of_people_stays_text(signed_in, alice, bob, hall):
    attack = "<script>alert(1)</script> <mark>map</mark>"
    Room.objects.filter(pk=hall.pk).update(name="<i>hall</i>")
    say(alice, hall, attack)
    page = signed_in(bob).get(ADDRESS, {"q": f"alert {attack}"})
    assert "&lt;<mark>script&gt;alert(1)&lt;/script</mark>&gt;" in page.text
    assert not re.search(r"<script>alert|<i>hall", page.text)


def test_address_keeps_what_was_typed_and_chosen(signed_in, alice, hall):
    page = signed_in(alice).get(ADDRESS, {"q": 'a "b" & c', "room": "hall"})
    assert 'value="a &quot;b&quot; &amp; c"' in page.text
    assert '<option value="hall" selected>' in page.text


def test_older_results_have_links_in_both_directions(signed_in, alice, bob, hall):
    for number in range(25):
        say(alice, hall, f"map {number}")
    browser = signed_in(bob)
    first = browser.get(ADDRESS, {"q": "map & map", "room": "hall"})
    older = browser.get(ADDRESS + unescape(re.search(r'rel="next" href="/search/([^"]+)"', first.text).group(1)))
    shown = [hit.message.body for page in (first, older) for hit in page.context["found"].hits]
    assert shown == [f"map {number}" for number in reversed(range(25))]
    assert 'rel="next"' not in older.text
    assert 'href="/search/?q=map%20%26%20map&amp;room=hall">Newest results' in older.text


def test_an_empty_result_suggests_what_to_do(signed_in, bob, hall):
    page = signed_in(bob).get(ADDRESS, {"q": "map", "room": "hall"})
    assert page.status_code == 200
    assert "No results Search all rooms" in text_of(page)


@each(
    ("query", "status", "sentence"),
    [
        ({"q": "?!"}, 400, "Enter at least one word to search for."),
        ({"q": "map from:nobody"}, 400, "No one called “nobody”."),
        ({"q": "map", "room": "nowhere"}, 400, "There is no room “nowhere”."),
        ({"q": "x" * 201}, 400, "at most 200 characters"),
    ],
)
def test_an_unsearchable_query_is_explained(signed_in, bob, hall, query, status, sentence):
    page = signed_in(bob).get(ADDRESS, query)
    assert page.status_code == status
    assert sentence in text_of(page)


def test_too_many_searches_are_refused_with_a_retry_delay(signed_in, bob, hall, settings):
    settings.CHAT_SEARCHES_PER_MINUTE = 1
    browser = signed_in(bob)
    assert browser.get(ADDRESS, {"q": "map"}).status_code == 200
    refused = browser.get(ADDRESS, {"q": "map"})
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    assert "Too many searches" in text_of(refused)
    assert browser.get(ADDRESS).status_code == 200


@each("before", ["", "x", "-1", "0", "1.5", "9" * 18, "9" * 5000, "\0", "٣"])
def test_an_invalid_page_position_breaks_nothing(signed_in, alice, hall, before):
    say(alice, hall, "map")
    assert signed_in(alice).get(ADDRESS, {"q": "map", "before": before}).status_code == 200


@each("field", ["q", "room", "before"])
@each("poison", ["\0", "\ufffd", "\u202e", "'", '"', "%", "\\", "x" * 5000, "💥"])
def test_invalid_query_strings_of_the_search_page_are_answered(signed_in, alice, hall, field, poison):
    say(alice, hall, "map")
    answer = signed_in(alice).get(ADDRESS, {"q": "map", field: poison})
    assert answer.status_code in (200, 400)
    assert 'role="search"' in answer.text


@each("method", ["post", "put", "delete"])
def test_page_is_only_looked_at(signed_in, alice, method):
    assert getattr(signed_in(alice), method)(ADDRESS).status_code == 405


@examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.dictionaries(st.sampled_from(["q", "room", "before"]), st.text(st.characters(exclude_categories=["Cs"])))
)
def test_any_query_string_gets_a_search_page(signed_in, bob, hall, settings, query):
    settings.CHAT_SEARCHES_PER_MINUTE = 0
    assert signed_in(bob).get(ADDRESS, query).status_code in (200, 400)
