"""Search results for each person. `test_postgresql.py` runs the same cases on the other database."""

from contextlib import suppress

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from chat import protocol
from chat.actions import search_index
from chat.actions.accounts import sign_up
from chat.actions.rooms import create_room
from chat.models import Attachment, File, Has, Membership, Message, Preview
from chat.search import Unsearchable, find, index
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
        ("in:hall", "empty"),
        ("-map", "empty"),
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


def test_names_of_files_and_titles_of_previews_are_indexed_again(alice, bob, hall):
    message = say(alice, hall, "Look")
    attach(message, "地图.png")
    for title, hidden_at in (("A compass", None), ("A clock", hall.created_at)):
        Preview.objects.create(message=message, url=title, title=title, hidden_at=hidden_at)
    Message.objects.filter(pk=message.pk).update(search_text=None, has=Has.FILE | Has.PREVIEW)
    assert search_index.complete() == 1
    assert [len(bodies(bob, typed)) for typed in ("地图", "compass", "clock")] == [1, 1, 0]
    assert search_index.complete() == 0


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
