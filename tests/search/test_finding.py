"""Search results for each person. `test_postgresql.py` runs the same cases on the other database."""

from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from unicodedata import combining

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from chat import protocol
from chat.actions.accounts import sign_up
from chat.actions.rooms import create_room
from chat.models import Attachment, File, Has, Membership, Message, NotificationChannel
from chat.search import Unsearchable, find, index
from chat.search.query import Query
from chat.text.words import index_text
from tests.cases import each
from tests.cast import PASSWORD, ask, say


def bodies(person, typed, **options):
    return [hit.message.body for hit in find(person, typed, **options).hits]


@each(
    ("body", "typed"),
    [
        ("Where is the map?", "map"),
        ("Where is the map?", "MAP where"),
        ("Where is the map?", '"the map"'),
        ("a mapping", "map"),
        ("a mapping", "a map"),
        ("Meet me at the café", "cafe"),
        ("Meet me at the cafe", "Café"),
        ("Tromsø, Ålesund", "alesund"),
        ("see https://docs.example.org/guide_book/v2.1?x=y#part", "guide"),
        ("see https://docs.example.org/guide_book", '"docs.example.org"'),
        ("snake_case and kebab-case", "kebab snake"),
        ("write to ada@example.org", '"ada@example"'),
        ("version 3.11.7 is out", '"3.11"'),
        ("it is 42", "42"),
        ("`code` <b>bold</b> &amp; more", "bold amp"),
        ("don't", "don't"),
        ("Привет всем", "привет"),
        ("شكرا جزيلا", "شكرا"),
        ("नमस्ते दुनिया", "दुनिया"),
        ("猫が好き", "猫"),
        ("我们的港口在城市的东边", "港口"),
        ("我们的港口在城市的东边", "东边 城市"),
        ("我们的港口在城市的东边", '"港口在"'),
        ("東京でｶﾞﾗｽを見た", "ガラス"),
        ("ไปที่ท่าเรือกันไหม", "ท่าเรือ"),
        ("ຂ້ອຍຢາກໄປຕະຫຼາດ", "ຕະຫຼາດ"),
        ("ខ្ញុំចង់ទៅផ្សារ", "ផ្សារ"),
        ("ကျွန်တော်ဈေးသွားမယ်", "ဈေး"),
        ("서울대학교에서", "대학교"),
        ("𠮷野家で", "野家"),
        ("Ёлка стоит", "елка"),
        ("елка стоит", "ЁЛКА"),
        ("ο Οδυσσεύς γύρισε", "ΟΔΥΣΣΕΥΣ"),
        ("שָׁלוֹם לכם", "שלום"),
        ("שלום לכם", "שָׁלוֹם"),
        ("Hauptstraße 5", "hauptstrasse"),
        ("HAUPTSTRASSE 5", "hauptstraße"),
        ("Ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("full width", "ｗｉｄｔｈ"),
        ("Tromsø und Łódź", "tromso lodz"),
        ("in İstanbul", "istanbul"),
        ("a 🥕 please", "🥕"),
        ("soup🥕🥦", "🥦"),
        ("we did it 🎉", ":tada:"),
        ("I ❤️ it", "❤"),
        ("👍🏽 done", "👍"),
        ("it costs 5 €", "€"),
        ("C++ or C", "C++"),
        ("C# and F#", "f# c#"),
        ("use C++17 here", "c++"),
        ("in notepad++ now", "notepad"),
        ("in notepad++ now", "notepad++ now"),
        ("a map", "map -treasure"),
        ("treasure hunt, map later", 'map -"treasure map"'),
        ("mapping", "mapping -map"),
        ("港口在东边", "港口 -西边"),
        ("𞤀𞤣𞤤𞤢𞤥 text", "𞤀𞤣𞤤𞤢𞤥"),
        ("x" * 3000, "x" * 150),
        ("é" * 3000, "é" * 150),
        ("안녕하세요 여러분", "안녕"),
        ("party 🎉 tonight", "tonight 🎉"),
        ("party🎉tonight", "tonight"),
        ("the and of", "the and of"),
    ],
)
def test_message_is_found_by_its_words(alice, bob, hall, body, typed):
    say(alice, hall, "something else entirely")
    say(alice, hall, body)
    assert bodies(bob, typed) == [body]


@each(
    "typed",
    [
        "maps", '"map the"', '"ma"', "to", "from:bob map", "in:ops map", "room1", "by1", '"map is"', "e the map",
        "C++ map", "🗺", "map -where", 'map -"the map"', "map -from:alice", "map -in:hall",
    ],
)  # fmt: skip
def test_message_without_the_words_is_not_found(alice, bob, hall, ops, typed):
    say(alice, hall, "Where is the map? tomorrow")
    assert bodies(bob, typed) == []


def test_the_newest_is_first(alice, bob, hall, ops):
    for number, room in enumerate([hall, ops, hall]):
        say(alice, room, f"map {number}")
    assert bodies(bob, "map") == ["map 2", "map 1", "map 0"]


@pytest.mark.parametrize("few", [0, 5000])
def test_search_pages_contain_every_hit_once_for_any_word(alice, bob, hall, ops, monkeypatch, few):
    monkeypatch.setattr(index, "FEW", few)
    for number in range(7):
        say(alice, (hall, ops)[number % 2], f"map {number}")
    pages, before = [], None
    while not pages or pages[-1].more:
        pages.append(find(bob, "map", limit=3, before=before))
        before = pages[-1].hits[-1].message.pk
    assert [len(page.hits) for page in pages] == [3, 3, 1]
    found = [hit.message.body for page in pages for hit in page.hits]
    assert found == [f"map {number}" for number in reversed(range(7))]


# ---- Access


def test_outsider_finds_nothing_of_a_private_room(alice, bob, carol, hall, ops):
    say(alice, ops, "a secret map")
    say(alice, hall, "a public map")
    assert bodies(bob, "map") == ["a public map", "a secret map"]
    assert bodies(carol, "map") == ["a public map"]


def test_private_room_looks_missing_to_an_outsider(carol, ops):
    for options in ({"typed": "map in:ops"}, {"typed": "map", "room": "ops"}):
        with pytest.raises(Unsearchable, match="There is no room “ops”"):
            find(carol, **options)


def test_banned_member_finds_nothing(alice, bob, hall):
    say(alice, hall, "map")
    assert bodies(bob, "map") == ["map"]
    Membership.objects.filter(person=bob, room=hall).update(banned_at=hall.created_at)
    assert bodies(bob, "map") == []


@pytest.mark.parametrize("few", [0, 5000])
def test_rooms_that_are_not_looked_up_in_the_index_are_no_less_closed(alice, bob, hall, ops, monkeypatch, few):
    monkeypatch.setattr(index, "FEW", few)
    monkeypatch.setattr(index, "MAX_INDEXED_ROOMS", 1)
    say(alice, ops, "map")
    say(alice, create_room(alice, "Attic", visibility="private"), "map in the attic")
    assert bodies(bob, "map") == ["map"]


# ---- Filters


def test_search_in_one_room(alice, bob, hall, ops):
    say(alice, hall, "hall map")
    say(alice, ops, "ops map")
    for options in ({"typed": "map", "room": "ops"}, {"typed": "map in:OPS"}, {"typed": "map in:#Ops", "room": "hall"}):
        assert bodies(bob, **options) == ["ops map"]


def test_search_by_person(alice, bob, hall):
    lovelace = sign_up("Ada Lovelace", PASSWORD)
    for person in (alice, bob, lovelace):
        say(person, hall, f"map of {person.name}")
    assert bodies(bob, "map from:ALICE") == ["map of alice"]
    assert bodies(bob, "map from:me") == ["map of bob"]
    assert bodies(bob, 'map from:"ada lovelace"') == ["map of Ada Lovelace"]
    assert bodies(bob, "from:alice") == ["map of alice"]


@each("typed", ["from:zoe", "from:ZOË", "from:@zoe\u0308"])
def test_people_are_found_without_their_accents(alice, bob, hall, typed):
    say(sign_up("Zoë", PASSWORD), hall, "map")
    say(alice, hall, "map")
    assert len(find(bob, f"map {typed}").hits) == 1
    assert [hit.message.author.name for hit in find(bob, f"map -{typed}").hits] == ["alice"]


def test_exact_name_has_precedence_over_names_with_other_accents(alice, bob, hall):
    for name in ("Zoë", "Zoé"):
        say(sign_up(name, PASSWORD), hall, f"map of {name}")
    assert bodies(bob, "from:zoe") == ["map of Zoé", "map of Zoë"]
    assert bodies(bob, "from:zoë") == ["map of Zoë"]
    say(sign_up("Zoe", PASSWORD), hall, "map of Zoe")
    assert bodies(bob, "from:zoe") == ["map of Zoe"]


@each("typed", ['in:"елочные игрушки"', 'in:"ЁЛОЧНЫЕ ИГРУШКИ"'])
def test_rooms_are_found_without_case_and_accents(alice, bob, typed):
    say(alice, create_room(alice, "Ёлочные игрушки"), "map")
    assert bodies(bob, f"map {typed}") == ["map"]
    assert bodies(bob, f"map -{typed}") == []


@each("typed", ["C++", "c#", "C"])
def test_a_word_with_signs_is_another_word(alice, bob, hall, typed):
    for body in ("C++", "C#", "C"):
        say(alice, hall, body)
    assert bodies(bob, typed) == [typed.upper()]


@each(
    ("typed", "code"),
    [
        ("", "empty"),
        ("?!", "empty"),
        ("-map", "empty"),
        ("-has:file", "empty"),
        ("has:nothing", "not_found"),
        ("after:2026-13", "not_found"),
        ("on:2026-02-30", "not_found"),
        ("before:٢٠٢٦", "not_found"),
        ("before:9001", "not_found"),
        ("map -from:nobody", "not_found"),
        ("map from:nobody", "not_found"),
        ("map in:nowhere", "not_found"),
        ("x" * 201, "too_long"),
        (" ".join(f"w{number}" for number in range(13)), "too_long"),
        (" -".join(f"w{number}" for number in range(13)), "too_long"),
    ],
)
def test_invalid_search_is_refused_with_a_sentence(bob, hall, typed, code):
    with pytest.raises(Unsearchable) as refusal:
        find(bob, typed)
    assert refusal.value.code == code
    assert str(refusal.value).endswith(".")


# ---- Edited and deleted messages


def test_edited_message_is_found_by_its_new_words_only(alice, bob, hall):
    message = say(alice, hall, "the map is here")
    ask(alice, hall, protocol.Edit(seq=message.seq, body="the compass is here"))
    assert bodies(bob, "map") == []
    assert bodies(bob, "compass here") == ["the compass is here"]


@each(("first", "second"), [("港口 Map", "港口 map!"), ("Naïve", "naïve"), ("port", "港口"), ("C++", "port")])
def test_edited_message_has_the_words_of_its_new_text(alice, bob, hall, first, second):
    message = say(alice, hall, first)
    for body in (second, first, second):
        ask(alice, hall, protocol.Edit(seq=message.seq, body=body))
        ask(bob, hall, protocol.React(seq=message.seq, emoji="👍", on=True))
        stored = Message.objects.get(pk=message.pk).search_text
        assert (stored and stored.rstrip()) == index_text(body)
        assert bodies(bob, body) == [body]


def test_deleted_message_is_not_found_until_it_is_restored(alice, bob, hall):
    message = say(alice, hall, "map")
    ask(alice, hall, protocol.Delete(seq=message.seq))
    assert bodies(bob, "map") == []
    Message.objects.filter(pk=message.pk).update(deleted_at=None)
    assert bodies(bob, "map") == ["map"]


def test_reaction_changes_nothing(alice, bob, hall):
    message = say(alice, hall, "map")
    ask(bob, hall, protocol.React(seq=message.seq, emoji="👍", on=True))
    assert bodies(bob, "map") == ["map"]


def test_message_that_is_gone_from_the_table_is_gone_from_the_index(alice, bob, hall):
    say(alice, hall, "map")
    Message.objects.all().delete()
    assert bodies(bob, "map") == []


# ---- Files and previews


def attach(message, name, alt=""):
    """Attach a file as the action does, with its words."""
    file = File.objects.create(name=name, alt=alt, size=1)
    Attachment.objects.create(message=message, file=file)
    text = index_text(message.body, name, alt)
    Message.objects.filter(pk=message.pk).update(has=Has.FILE, search_text=text)


@each("typed", ["quarterly", "report", "pdf", "quarterly-report_v2.pdf", "QUARTER", "pie look", '"pie chart"'])
def test_message_is_found_by_the_name_of_its_file(alice, bob, hall, typed):
    attach(say(alice, hall, "Look"), "quarterly-report_v2.pdf", "A pie chart")
    say(alice, hall, "report" if typed == "pie look" else "something else")
    [hit] = find(bob, typed).hits
    assert "".join(part.text for part in hit.excerpt) in ("quarterly-report_v2.pdf", "A pie chart", "Look")
    assert hit.message.body == "Look"


KINDS = {"link": Has.LINK, "images": Has.IMAGE, "picture": Has.IMAGE, "file": Has.IMAGE | Has.FILE, "code": Has.CODE}
TIMES = {
    "2024-02-29": datetime(2024, 2, 29, 12, tzinfo=UTC),
    "2025-12-31": datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    "2026-01-01": datetime(2026, 1, 1, tzinfo=UTC),
    "2026-11-30": datetime(2026, 11, 30, tzinfo=UTC),  # within a month, whose word in the index is no help
}
DATES = st.sampled_from([*TIMES, "2024", "2025", "2025-12", "2026-1", "2026"])


def is_meant(message, operator, value):
    """Return whether a message is one for an operator, without the index."""
    if operator == "in":
        return message.room.slug == value
    if operator == "from":
        return message.author is not None and message.author.name == value
    if operator == "has":
        return bool((message.has or 0) & KINDS[value])
    if operator == "":
        return value in message.body
    day, year_month_day = str(message.created_at.date()), value.split("-")
    typed = "-".join(f"{int(part):02}" for part in year_month_day)
    start = day[: len(typed)]
    return {"before": start < typed, "after": start > typed}.get(operator, start == typed)


CONDITIONS = st.one_of(
    st.tuples(st.just("has"), st.sampled_from(list(KINDS))),
    st.tuples(st.sampled_from(["before", "after", "on", "during"]), DATES),
    st.tuples(st.just(""), st.sampled_from(["map", "compass"])),
)
PLACES = st.lists(st.sampled_from([("in", "hall"), ("from", "alice"), ("from", "bob")]), max_size=1)


@pytest.mark.parametrize("rooms", [0, 50])
def test_search_finds_what_a_scan_of_all_messages_finds(alice, bob, hall, ops, settings, monkeypatch, rooms):
    settings.CHAT_SEARCHES_PER_MINUTE = 0
    monkeypatch.setattr(index, "MAX_INDEXED_ROOMS", rooms)
    for number, at in enumerate(list(TIMES.values()) * 6):
        author = (alice, bob)[number % 2]
        message = say(author, (hall, ops)[number % 3 == 0], ("a map", "a compass", "a map, a compass")[number % 3])
        has = number * 5 % 16 or None
        Message.objects.filter(pk=message.pk).update(created_at=at, has=has)
    everything = list(Message.objects.select_related("room", "author").order_by("-pk"))

    @examples(max_examples=40, deadline=None)
    @given(st.lists(st.tuples(CONDITIONS, st.booleans()), min_size=1, max_size=4), PLACES)
    def check(conditions, places):
        chosen = [*conditions, *((place, False) for place in places)]
        typed = " ".join(f"{'-' * no}{operator}{':' * bool(operator)}{value}" for (operator, value), no in chosen)
        try:
            found = [hit.message.pk for hit in find(bob, typed, limit=100).hits]
        except Unsearchable:
            assert all(no and operator in ("", "has") for (operator, _), no in chosen)
            return
        expected = [it for it in everything if all(is_meant(it, *condition) is not no for condition, no in chosen)]
        assert found == [it.pk for it in expected], typed

    check()


def test_dates_are_those_of_the_time_zone_that_a_person_has_chosen(alice, bob, hall):
    message = say(alice, hall, "map")
    Message.objects.filter(pk=message.pk).update(created_at=TIMES["2025-12-31"])
    assert [len(bodies(bob, f"map on:{day}")) for day in ("2025-12-31", "2026-01-01")] == [1, 0]
    at_midnight = say(alice, hall, "compass")
    Message.objects.filter(pk=at_midnight.pk).update(created_at=TIMES["2026-11-30"])
    found = [len(bodies(bob, f"compass {it}")) for it in ("on:2026-11-29", "on:2026-11-30", "before:2026-11-30")]
    assert found == [0, 1, 0]
    NotificationChannel.objects.create(person=bob, kind="push", level="all", zone="Asia/Tokyo")
    assert [len(bodies(bob, f"map on:{day}")) for day in ("2025-12-31", "2026-01-01")] == [0, 1]
    say(alice, hall, "map today")
    assert [len(bodies(bob, f"map {operator}:today")) for operator in ("on", "before", "after")] == [1, 1, 0]
    assert bodies(bob, "map on:yesterday") == []


def test_any_part_of_a_text_without_spaces_is_found_as_by_a_scan(alice, hall):
    texts = [
        "我们的港口在城市的东边",
        "港口城市的地图",
        "東京の港を見た",
        "ガラスの地図が好き",
        "ไปที่ท่าเรือกันไหม",
        "แผนที่เมืองท่า",
    ]
    messages = [say(alice, hall, text) for text in texts]
    draw = Random(22)
    for _ in range(200):
        text = draw.choice(texts)
        start = draw.choice([at for at, character in enumerate(text) if not combining(character)])
        part = text[start : start + draw.randint(1, 6)]
        lookup = index.Lookup(Query.parse(part).terms, [hall.pk])
        expected = {message.pk for message in messages if part in message.body}
        assert set(index.newest(lookup, 100)) >= expected > set(), part


# ---- Limits


def test_too_many_searches_are_refused_for_a_while(alice, bob, hall, settings):
    settings.CHAT_SEARCHES_PER_MINUTE = 2
    for _ in range(2):
        find(bob, "map")
    with pytest.raises(Unsearchable) as refusal:
        find(bob, "map")
    assert refusal.value.code == "rate_limited"
    assert 0 < refusal.value.retry_after <= 30
    find(alice, "map")


def test_search_that_takes_too_long_is_given_up(alice, bob, hall, monkeypatch):
    say(alice, hall, "map")
    if connection.vendor == "sqlite":
        monkeypatch.setattr(index, "PATIENCE_SECONDS", -1)
        monkeypatch.setattr(index, "INSTRUCTIONS_PER_LOOK", 1)
    else:
        monkeypatch.setattr(index, "PATIENCE_SECONDS", 0.05)
        slow = index.POSTGRESQL_FEW.replace("FROM chat_message", "FROM pg_sleep(60), chat_message")
        monkeypatch.setattr(index, "POSTGRESQL_FEW", slow)
    with pytest.raises(Unsearchable, match="took too long"):
        find(bob, "map")
    monkeypatch.undo()
    assert bodies(bob, "map") == ["map"]


def test_queries_do_not_grow_with_the_number_of_hits(alice, bob, hall):
    counts = []
    for number in (1, 15):
        for _ in range(number):
            say(alice, hall, "map")
        with CaptureQueriesContext(connection) as queries:
            assert len(bodies(bob, "map")) >= number
        counts.append(len(queries))
    assert counts[0] == counts[1]


# ---- Unusual input

ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
LETTERS = st.text(st.characters(categories=["L", "N", "M"]), min_size=1, max_size=30)
WITH_FIXTURES = examples(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@WITH_FIXTURES
@given(typed=ANYTHING | LETTERS.map('"{0}" {0}'.format) | ANYTHING.map("from:{} in:x map".format))
def test_any_typed_text_can_be_searched(bob, hall, settings, typed):
    settings.CHAT_SEARCHES_PER_MINUTE = 0
    with suppress(Unsearchable):
        find(bob, typed)
