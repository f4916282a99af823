"""Cached parts of a page are never those of another state or another person."""

import re
import uuid

import pytest
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat.actions import messages
from chat.actions.accounts import save, take_name
from chat.actions.batch import Request
from chat.protocol import Delete, Edit, MessageData, Post, React
from chat.rendering.grouping import GroupedMessage
from chat.templatetags import fragments

pytestmark = pytest.mark.django_db


@pytest.fixture
def say(hall):
    """`say(person, command)` in the hall."""
    return lambda person, command: messages.execute(Request(person.pk, hall.pk, command))


@pytest.fixture
def page(hall, client):
    """Return the page of the room as a person sees it."""

    def look(person):
        client.force_login(person)
        return client.get("/rooms/hall/").content.decode()

    return look


def test_changes_of_a_message_show_at_once(alice, bob, say, page):
    say(alice, Post(client_id=uuid.uuid4(), body="first words"))
    assert "first words" in page(bob)
    say(alice, Edit(seq=1, body="second thoughts"))
    seen = page(bob)
    assert "second thoughts" in seen
    assert "first words" not in seen
    take_name(alice, "alicia")
    save(alice)
    seen = page(bob)
    assert "data-author-name>alicia<" in seen
    assert "data-author-name>alice<" not in seen
    say(alice, Delete(seq=1))
    assert "second thoughts" not in page(bob)


def test_reaction_is_pressed_only_for_its_people(alice, bob, say, page):
    say(alice, Post(client_id=uuid.uuid4(), body="hello"))
    say(bob, React(seq=1, emoji="👍", on=True))
    for person, pressed in ((bob, "true"), (alice, "false"), (bob, "true")):
        assert f'data-emoji="&#128077;" data-by="{bob.pk}" aria-pressed="{pressed}"' in page(person)


def test_the_conversation_is_on_the_page_once(alice, say, page):
    say(alice, Post(client_id=uuid.uuid4(), body="hello 👋"))
    seen = page(alice)
    _, log = seen.split('<div class="log"')
    inside, _ = log.split('data-edge="newer"')
    assert "hello &#128075;" in inside
    assert seen.count("hello &#128075;") == 1


def test_a_few_characters_do_not_make_each_copy_of_a_page_four_times_as_large(alice, say, page):
    say(alice, Post(client_id=uuid.uuid4(), body="Déjà vu? 👋 “Yes”…"))
    assert page(alice).isascii()
    long = "Пишут здесь и по-русски. " * 20
    say(alice, Post(client_id=uuid.uuid4(), body=long))
    assert long.strip() in page(alice)


def test_the_unread_marks_of_others_are_not_shown(alice, bob, ops, say, page):
    messages.execute(Request(alice.pk, ops.pk, Post(client_id=uuid.uuid4(), body="news")))
    assert "<span data-count>1</span>" in page(bob)
    assert "<span data-count>1</span>" not in page(alice)


def test_a_message_is_rendered_once(alice, say, page, monkeypatch):
    rendered = []

    def get(name):
        rendered.append(name)
        return get_template(name)

    monkeypatch.setattr(fragments, "get_template", get)
    say(alice, Post(client_id=uuid.uuid4(), body="hello"))
    for _ in range(2):
        page(alice)
    assert rendered.count("chat/_message.html") <= 2, "one message, and once the empty form"


def test_fragments_are_not_cached_in_development(settings):
    for settings.DEBUG, times in ((True, 2), (False, 1)):
        rendered: list[str] = []
        render = fragments._cached(2)(rendered.append)
        for _ in range(2):
            render("room")
        assert len(rendered) == times


def test_cached_messages_of_another_history_are_not_shown(alice):
    def written(html):
        return MessageData(
            1, 1, 1, uuid.UUID(int=1), None, html, html, "2026-01-01T00:00:00.000Z", None, False, None, []
        )

    for html in ("lost", "found"):
        lines = [GroupedMessage(written(html), None, is_first_unread=False, continues=False)]
        assert html in fragments.conversation({"history": lines, "user": alice, "blocked": ()})


def test_changes_of_a_room_show_at_once(alice, hall, page):
    assert 'placeholder="Message #Hall"' in page(alice)
    hall.name, hall.topic, hall.archived_at = "Great <hall>", "for all", timezone.now()
    hall.save()
    seen = page(alice)
    for part in (
        'placeholder="Message #Great &lt;hall&gt;"',
        "data-room-name>Great &lt;hall&gt;<",
        'title="for all"',
        '<span class="tag" data-archived>',
        "is archived",
    ):
        assert part in seen
    assert ">Hall<" not in seen


def test_an_empty_room_shows_an_invitation(alice, say, page):
    assert "data-invite>" in page(alice)
    say(alice, Post(client_id=uuid.uuid4(), body="hello"))
    seen = page(alice)
    assert "data-invite hidden>" in seen
    assert "data-invite>" not in seen


def test_fragments_for_moderators_are_never_shared_with_others(alice, bob, page):
    for person, keeps in ((alice, True), (bob, False), (alice, True)):
        seen = page(person)
        assert f'data-person-id="{person.pk}"' in seen
        for part in ('data-opens="reports"', 'id="moderation"', "Room settings"):
            assert (part in seen) is keeps


def test_account_menu_is_never_that_of_another_person_or_state(alice, bob, page, client):
    for person in (alice, bob, alice):
        assert f'title="{person.name}" data-account data-author="{person.pk}"' in page(person)
    client.cookies["theme"] = "dark"
    assert 'value="dark" aria-pressed="true"' in page(alice)
    take_name(alice, "alicia")
    save(alice)
    assert 'title="alicia" data-account' in page(alice)
    assert 'name="next" value="/search/?q=a&amp;room=b"' in client.get("/search/?q=a&room=b").content.decode()


def test_forms_of_a_part_that_is_kept_have_the_token_of_their_answer(alice, hall):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    pages = [browser.get("/rooms/hall/").content.decode() for _ in range(2)]
    seen = [re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page) for page in pages]
    first, second = (set(tokens) for tokens in seen)
    assert first != second
    for tokens in seen:
        assert len(tokens) == 3
        answer = browser.post(reverse("theme"), {"theme": "dark", "next": "/", "csrfmiddlewaretoken": tokens[0]})
        assert answer.status_code == 204
