"""Mentions in a message: names may have spaces, and the longest existing name is mentioned."""

import pytest

from chat import protocol
from chat.actions.accounts import join_as_guest
from chat.actions.batch import Request
from chat.actions.messages import execute
from chat.actions.rendered_body import render_body
from chat.models import Mention
from chat.text import mentions
from chat.text.mentions import MAX_NAMES
from tests.cases import each
from tests.cast import say


@pytest.fixture
def ada(db):
    return join_as_guest("Ada")


@pytest.fixture
def lovelace(db):
    return join_as_guest("Ada Lovelace")


def mention_candidates(message):
    rows = Mention.objects.filter(room=message.room, seq=message.seq)
    return {mention.person for mention in rows.select_related("person")}


def mark(person, name):
    return f'<span class="mention" data-mention="{person.pk}" dir="auto">@{name}</span>'


def test_name_with_a_space_is_mentioned_and_marked(alice, hall, lovelace):
    message = say(alice, hall, "Well, @ada LOVELACE, what now?")
    assert mention_candidates(message) == {lovelace}
    assert message.html == f'<p dir="auto">Well, {mark(lovelace, "ada LOVELACE")}, what now?</p>'


@each(
    ("name", "typed"),
    [("José", "jose"), ("José", "JOSE\u0301"), ("Ёлка", "елка"), ("Zoë Ø", "zoe o"), ("Jose", "josé")],
)
def test_name_is_mentioned_with_and_without_its_accents(alice, hall, name, typed):
    person = join_as_guest(name)
    assert mention_candidates(say(alice, hall, f"thanks @{typed}!")) == {person}


def test_name_with_other_accents_is_mentioned_only_if_no_other_person_is_meant(alice, hall):
    one = join_as_guest("José")
    assert mention_candidates(say(alice, hall, "@jose")) == {one}
    join_as_guest("Josè")
    assert mention_candidates(say(alice, hall, "@jose")) == set()
    exact = join_as_guest("Jose")
    assert mention_candidates(say(alice, hall, "@jose, @josé")) == {exact, one}


def test_longest_existing_name_is_mentioned_in_a_post(alice, hall, ada, lovelace):
    message = say(alice, hall, "@Ada Lovelace and @Ada Byron")
    assert mention_candidates(message) == {ada, lovelace}
    assert message.html == f'<p dir="auto">{mark(lovelace, "Ada Lovelace")} and {mark(ada, "Ada")} Byron</p>'


@each(
    ("name", "body"),
    [
        ("Ada", "你好@Ada"),
        ("Ada", "@Adaさん、こんにちは"),
        ("さくら", "＠さくら"),
        ("さくら", "ねえ＠さくらさんは？"),
        ("山田 太郎", "@山田 太郎さん"),
        ("Ada", "สวัสดี@Ada"),
        ("민수", "@민수님, 안녕하세요"),
        ("สมชาย", "ขอบคุณ@สมชายครับ"),
    ],
)
def test_name_beside_text_without_spaces_is_mentioned(alice, hall, name, body):
    person = join_as_guest(name)
    message = say(alice, hall, body)
    assert mention_candidates(message) == {person}
    assert message.html.count(f'data-mention="{person.pk}"') == 1


def test_the_longest_name_counts_also_without_spaces(alice, hall):
    short, long = join_as_guest("さくら"), join_as_guest("さくらこ")
    assert mention_candidates(say(alice, hall, "＠さくらこさん")) == {long}
    assert mention_candidates(say(alice, hall, "＠さくらさん")) == {short}


def test_code_and_an_escaped_sign_mention_no_one(alice, hall, ada):
    message = say(alice, hall, "`@Ada` \\@Ada\n```\n@Ada\n```")
    assert mention_candidates(message) == set()
    assert "mention" not in message.html


def test_a_person_mentioned_twice_is_notified_once(alice, hall, ada):
    message = say(alice, hall, "@Ada @ada @ADA")
    assert Mention.objects.filter(seq=message.seq).count() == 1
    assert message.html.count("data-mention") == 3


def test_mentioning_yourself_does_not_notify_you(alice, hall):
    message = say(alice, hall, "@alice says so")
    assert mention_candidates(message) == set()
    assert mark(alice, "alice") in message.html


def test_names_of_one_message_do_not_count_for_another_of_the_same_name(alice, hall, ada):
    assert "mention" not in say(alice, hall, "Ada, and ada@example.org").html


def test_edit_updates_mentions(alice, hall, ada, lovelace):
    message = say(alice, hall, "hello")
    edited = execute(Request(alice.pk, hall.pk, protocol.Edit(seq=message.seq, body="hello @Ada Lovelace"))).message
    assert edited.html == f'<p dir="auto">hello {mark(lovelace, "Ada Lovelace")}</p>'


def test_names_beyond_the_limit_are_not_looked_up(alice, hall, ada):
    strangers = "".join(f"@nobody{number}\n" for number in range(MAX_NAMES))
    assert mention_candidates(say(alice, hall, f"@Ada\n{strangers}")) == {ada}
    assert mention_candidates(say(alice, hall, f"{strangers}@Ada")) == set()


@pytest.mark.parametrize("piece", ["@a ", "@é b c d e ", "*@a* "])
def test_the_cost_of_an_at_sign_does_not_grow_with_their_number(monkeypatch, piece):
    folded = []
    monkeypatch.setattr(mentions, "fold", lambda name: folded.append(name) or name)
    for count in (500, 1_500):
        render_body(piece * count, 20_000).with_mentions({"a": 7})
    assert 0 < len(folded) <= 4 * (MAX_NAMES + 40)
