"""Messages and names that a worker of the previous release writes beside this one."""

import uuid
from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import protocol, room_list
from chat.actions import search_index
from chat.models import Attachment, File, Has, Message, Person, Preview
from chat.search import find
from tests.cast import ask, say

BEFORE = ("chat", "0012_wording")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def models_before(db):
    """Return the models of the previous release, which know nothing of the new columns."""
    return MigrationExecutor(connection).loader.project_state([BEFORE]).apps.get_model


@pytest.fixture
def post_before(models_before, alice, hall):
    def post(body, seq):
        row = {"room_id": hall.pk, "seq": seq, "rev": seq, "client_id": uuid.uuid4(), "author_id": alice.pk}
        return models_before("chat", "Message").objects.create(
            **row, fingerprint="", body=body, html=body, created_at=timezone.now()
        )

    return post


def bodies(person, typed):
    return [hit.message.body for hit in find(person, typed).hits]


def test_its_messages_are_found_as_by_that_release_until_they_are_indexed_again(bob, post_before, monkeypatch):
    monkeypatch.setattr(search_index, "BATCH", 2)
    for seq, body in enumerate(["map", "a Café", "C++", "港口城市", "🥕", "Straße"], 1):
        post_before(body, seq)
    assert [bodies(bob, typed) for typed in ("map", "cafe", "城市")] == [["map"], ["a Café"], []]
    call_command("searchindex")
    assert all(bodies(bob, typed) for typed in ("map", "cafe", "城市", "c++", "🥕", "strasse"))
    assert search_index.complete() == 0


def test_links_and_code_of_its_messages_are_found_when_they_are_indexed_again(alice, bob, post_before, monkeypatch):
    """In pieces, with one update for each that changes anything, and without a new revision."""
    monkeypatch.setattr(search_index, "BATCH", 3)
    code, link = "<pre><code>x</code></pre>", '<a href="https://example.org/">x</a>'
    texts = {"link": link, "code": code, "both": code + link, "room": '<a href="/rooms/hall/">x</a>', "plain": "x"}
    for seq, (body, html) in enumerate(texts.items(), 1):
        post_before(body, seq)
        Message.objects.filter(body=body).update(html=html)
    Message.objects.filter(body="code").update(has=Has.PREVIEW)
    Message.objects.filter(body="plain").update(has=Has.LINK | Has.FILE)  # as an edit by that release leaves it
    assert (bodies(bob, "has:code"), bodies(bob, "has:link")) == ([], ["plain"])
    with CaptureQueriesContext(connection) as queries:
        assert sum(search_index._messages()) == 4
    # Two pages and the end, and the texts of previews and of files.
    assert [sum(word in it["sql"] for it in queries) for word in ("SELECT", "UPDATE")] == [5, 2]
    assert (bodies(bob, "has:code"), bodies(bob, "has:link")) == (["both", "code"], ["both", "link"])
    stored = dict(Message.objects.values_list("body", "has"))
    assert stored == {"link": 1, "code": Has.CODE | Has.PREVIEW, "both": 9, "room": None, "plain": Has.FILE}
    assert all(it.rev == it.seq for it in Message.objects.all())
    assert sum(search_index._messages()) == 0


def test_its_edit_replaces_the_words(alice, bob, hall, models_before):
    message = say(alice, hall, "港口城市")
    models_before("chat", "Message").objects.filter(pk=message.pk).update(body="城市 map", html="")
    assert (bodies(bob, "港口"), bodies(bob, "map")) == ([], ["城市 map"])
    call_command("searchindex")
    assert bodies(bob, "城") == ["城市 map"]


def test_its_other_changes_keep_the_words(alice, bob, hall, models_before):
    message = say(alice, hall, "港口城市")
    rows = models_before("chat", "Message").objects
    row = rows.get(pk=message.pk)
    row.rev = 2
    rows.bulk_update([row], ["rev", "fingerprint", "body", "html", "edited_at", "deleted_at"])
    assert bodies(bob, "城市") == ["港口城市"]


def test_its_edit_together_with_a_deletion_leaves_nothing_to_find(alice, bob, hall, models_before):
    message = say(alice, hall, "港口城市")
    models_before("chat", "Message").objects.filter(pk=message.pk).update(body="map 猫", deleted_at=timezone.now())
    assert (bodies(bob, "港口"), bodies(bob, "map")) == ([], [])
    Message.objects.filter(pk=message.pk).update(deleted_at=None)
    assert bodies(bob, "map") == ["map 猫"]


def test_its_names_are_found_without_accents_when_they_are_indexed_again(alice, bob, hall, models_before):
    models_before("chat", "Person").objects.filter(pk=alice.pk).update(name="Zoë", handle="zoë")
    say(alice, hall, "map")
    assert bodies(bob, "from:zoë") == ["map"]
    call_command("searchindex")
    assert bodies(bob, "from:zoe") == ["map"]


def test_its_rooms_are_listed_without_accents_when_they_are_indexed_again(bob, hall, models_before):
    models_before("chat", "Room").objects.filter(pk=hall.pk).update(name="Café")
    call_command("searchindex")
    assert [room.name for room in room_list.page(bob, limit=9, query="cafe").rooms] == ["Café"]


def test_name_that_it_has_changed_is_not_taken_for_the_former_one(alice, bob, hall, models_before):
    Person.objects.filter(pk=alice.pk).update(search_name="zoe")
    ask(bob, hall, protocol.Post(client_id=uuid.uuid4(), body="@zoe look"))
    assert not alice.mentions.exists()


def test_its_changes_to_messages_with_files_and_previews_are_indexed_again(alice, bob, hall):
    message = say(alice, hall, "Look")
    Attachment.objects.create(message=message, file=File.objects.create(name="地图.png", size=1))
    for title, hidden_at in (("A compass", None), ("A clock", hall.created_at)):
        Preview.objects.create(message=message, url=title, title=title, hidden_at=hidden_at)
    Message.objects.filter(pk=message.pk).update(search_text=None, has=Has.FILE | Has.PREVIEW)
    assert search_index.complete() == 1
    assert [len(bodies(bob, typed)) for typed in ("地图", "compass", "clock")] == [1, 1, 0]
    assert search_index.complete() == 0


def test_upgrade_indexes_the_messages_that_there_are(alice, bob, hall, post_before):
    Person.objects.filter(pk=alice.pk).update(name="Zoë", handle="zoë", search_name=None)
    for seq, body in enumerate(["港口城市", "plain map"], 1):
        post_before(body, seq)
    migration = import_module("chat.migrations.0014_search_words")
    with connection.schema_editor(atomic=False) as editor:
        migration.fill_messages(apps, editor)
        migration.fill_people(apps, editor)
    assert bodies(bob, "城市 from:zoe") == ["港口城市"]
    assert Message.objects.get(body="plain map").search_text is None
