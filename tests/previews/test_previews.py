"""Link previews from a post to its readers, once for all of them."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import protocol, serializers
from chat.actions import previews
from chat.actions.batch import Request
from chat.actions.followers import cursors
from chat.actions.followers import previews as follower
from chat.actions.messages import execute_batch
from chat.actions.removal import ERASE, BulkRequest, execute
from chat.errors import ActionError
from chat.models import AuditEntry, File, Has, Job, Message, Preview
from chat.search import find
from tests.cases import each
from tests.cast import ask, say
from tests.files.samples import picture
from tests.previews.test_fetching import page

pytestmark = pytest.mark.django_db(transaction=True)
URL, OTHER = "https://www.example.org/map", "http://other.example.org/clock"
HEAD = b"<title>The map</title><meta name=description content='All of it'><meta property=og:image content=/map.png>"


@pytest.fixture
def pages(network):
    network.answer = lambda asked: page(picture(), b"image/png") if ".png" in asked.line else page(HEAD)
    return network


def shown(message):
    [data] = serializers.messages(Message.objects.with_author().filter(pk=message.pk))
    return data.previews


def test_a_link_gets_a_preview_with_a_picture_of_the_site(pages, make, alice, bob, hall):
    message = say(alice, hall, f"Look: {URL}#top")
    make()
    [preview] = shown(message)
    assert (preview.url, preview.title, preview.description, preview.site) == (
        URL,
        "The map",
        "All of it",
        "www.example.org",
    )
    [file] = File.objects.all()
    assert (preview.image, preview.thumb, file.owner, file.expires_at) == (file.key, (40, 20), None, None)
    assert File.objects.visible_to(bob.pk).filter(key=file.key).exists()
    stored = Message.objects.get(pk=message.pk)
    assert (stored.has, stored.rev) == (Has.LINK | Has.PREVIEW, 3)
    assert [hit.message.pk for hit in find(bob, "the map").hits] == [message.pk]
    make()
    assert len(pages.asked) == 2


def test_an_address_is_read_once_in_a_week_and_messages_share_its_picture(pages, make, alice, hall):
    messages = [say(alice, hall, URL)]
    make()
    messages.append(say(alice, hall, f"again {URL}"))
    make()
    assert [len(shown(it)) for it in messages] == [1, 1]
    assert (len(pages.asked), File.objects.count()) == (2, 1)
    execute(ERASE, BulkRequest(None), [messages[0].pk])
    assert (Preview.objects.count(), File.objects.count()) == (1, 1)
    execute(ERASE, BulkRequest(None), [messages[1].pk])
    assert (Preview.objects.count(), File.objects.count()) == (0, 0)
    say(alice, hall, URL)
    make()
    Preview.objects.update(created_at=timezone.now() - previews.CACHED_FOR)
    say(alice, hall, URL)
    make()
    assert len(pages.asked) == 6


@each(("mode", "expected"), [("off", [0, 0]), ("public", [1, 0]), ("everywhere", [1, 1])])
def test_the_setting_says_in_which_rooms(pages, make, settings, alice, hall, ops, mode, expected):
    settings.CHAT_LINK_PREVIEWS = mode
    messages = [say(alice, room, URL) for room in (hall, ops)]
    make()
    assert [len(shown(it)) for it in messages] == expected


def test_a_room_that_became_private_and_a_message_that_was_deleted_get_none(pages, follow, run_jobs, alice, hall, ops):
    ask(alice, hall, protocol.Delete(seq=say(alice, hall, URL).seq))
    other = say(alice, hall, OTHER)
    follow()
    assert Job.objects.count() == 1
    ask(alice, hall, protocol.Delete(seq=other.seq))
    run_jobs("http")
    say(alice, hall, URL)
    follow()
    type(hall).objects.filter(pk=hall.pk).update(visibility="private")
    run_jobs("http")
    assert (pages.asked, Preview.objects.count()) == ([], 0)


def test_an_edit_adds_and_removes_previews(pages, make, alice, hall):
    message = say(alice, hall, "no link")
    ask(alice, hall, protocol.Edit(seq=message.seq, body=f"{URL} {OTHER}"))
    make()
    assert [it.url for it in shown(message)] == [URL, OTHER]
    ask(alice, hall, protocol.Edit(seq=message.seq, body=f"{OTHER} {URL}"))
    assert [it.url for it in shown(message)] == [OTHER, URL], "not in the order in which they were made"
    ask(alice, hall, protocol.Edit(seq=message.seq, body=f"only {OTHER}"))
    assert [it.url for it in shown(message)] == [OTHER]
    ask(alice, hall, protocol.Edit(seq=message.seq, body="none"))
    assert (shown(message), File.objects.count(), Message.objects.get(pk=message.pk).has) == ([], 0, None)


def test_only_changes_of_the_text_are_looked_at(pages, make, alice, bob, hall):
    pages.answer = lambda asked: page(status=b"404 Not Found")
    message = say(alice, hall, URL)
    ask(alice, hall, protocol.Edit(seq=message.seq, body=f"see {URL}"))
    make()
    ask(bob, hall, protocol.React(seq=message.seq, emoji="👍", on=True))
    make()
    assert len(pages.asked) == 1
    say(alice, hall, OTHER)
    Message.objects.update(created_at=timezone.now() - follower.MAX_AGE - timedelta(minutes=1))
    make()
    assert len(pages.asked) == 1


def test_messages_without_links_take_no_query_and_many_waiting_previews_are_no_more(follow, alice, hall, monkeypatch):
    say(alice, hall, "no link")
    step = cursors.next_step(follower.NAME, hall.pk)
    with CaptureQueriesContext(connection) as queries:
        assert follower.plan(step) == []
    assert len(queries) == 0
    monkeypatch.setattr(follower, "MAX_WAITING", 1)
    for number in range(4):
        say(alice, hall, f"{URL}/{number}")
        follow()
    assert Job.objects.count() == 2


def test_a_host_that_was_just_asked_is_asked_later(pages, follow, run_jobs, alice, hall):
    say(alice, hall, f"{URL}/a {URL}/b")
    follow()
    assert len(run_jobs("http")) == 2
    assert len(pages.asked) == 1
    [later] = Job.objects.filter(status=Job.State.READY, task__endswith="make_preview")
    assert later.due_at > timezone.now()
    Job.objects.filter(status=Job.State.READY).update(due_at=timezone.now())
    run_jobs("http")
    assert Preview.objects.count() == 2


@each("answer", [b"", page(status=b"500 x"), page(b"x", b"image/png"), page(b"<svg/>", b"image/svg+xml")])
def test_a_page_or_picture_that_is_none_leaves_the_rest(network, make, alice, hall, answer):
    network.answer = lambda asked: answer if ".png" in asked.line else page(HEAD)
    message = say(alice, hall, f"{URL}/{len(answer)}")
    make()
    assert [(it.title, it.image) for it in shown(message)] == [("The map", "")]
    network.answer = lambda asked: answer
    other = say(alice, hall, f"{OTHER}/{len(answer)}")
    make()
    assert shown(other) == []
    assert not Job.objects.filter(status=Job.State.FAILED).exists()


# ---- Removal


def unfurl(person, room, message, url=URL, *, on=False):
    return ask(person, room, protocol.Unfurl(seq=message.seq, url=url, on=on))


def test_the_author_removes_a_preview_and_it_stays_removed(pages, make, alice, bob, hall):
    message = say(bob, hall, f"{URL} {OTHER}")
    make()
    rev = unfurl(bob, hall, message).rev
    assert [it.url for it in shown(message)] == [OTHER]
    assert (unfurl(bob, hall, message).rev, AuditEntry.objects.count()) == (rev, 0)
    ask(bob, hall, protocol.Edit(seq=message.seq, body="no link"))
    ask(bob, hall, protocol.Edit(seq=message.seq, body=f"{URL} again"))
    make()
    assert shown(message) == []
    assert (File.objects.count(), find(bob, '"the map"').hits) == (0, [])
    [row] = Preview.objects.all()
    assert (row.title, row.description, row.hidden_by) == ("", "", bob)
    another = say(bob, hall, URL)
    make()
    assert [it.title for it in shown(another)] == ["The map"]


def test_a_preview_can_be_removed_before_it_is_made(pages, follow, run_jobs, alice, hall):
    message = say(alice, hall, URL)
    follow()
    unfurl(alice, hall, message)
    run_jobs("http")
    assert (pages.asked, shown(message)) == ([], [])


def test_a_preview_can_be_removed_in_the_batch_that_posts_its_link(pages, make, alice, bob, hall):
    """A program may send all this without waiting, and whatever it sends fails no command of others."""
    remove = protocol.Unfurl(seq=1, url=URL, on=False)
    post, other = (protocol.Post(client_id=uuid.uuid4(), body=f"{it} {URL}") for it in ("one", "two"))
    commands = [(alice, post), (alice, remove), (alice, remove), (alice, protocol.Edit(seq=1, body=URL)), (bob, other)]
    outcomes = execute_batch([Request(person.pk, hall.pk, it) for person, it in commands])
    assert [it.rev for it in outcomes] == [1, 2, 2, 3, 4]
    make()
    first, second = Message.objects.order_by("seq")
    assert (shown(first), len(shown(second)), first.has) == ([], 1, Has.LINK)


def test_a_moderator_removes_a_preview_and_that_is_recorded(pages, make, alice, bob, carol, hall):
    message = say(bob, hall, URL)
    make()
    say(carol, hall, "here")
    with pytest.raises(ActionError, match="You can remove previews"):
        unfurl(carol, hall, message)
    unfurl(alice, hall, message)
    [entry] = AuditEntry.objects.all()
    assert (entry.actor, entry.action, entry.person, entry.seq) == ("alice", "unfurl", "bob", message.seq)
    assert shown(message) == []


@each(("url", "on", "code"), [(URL, True, "bad_frame"), (OTHER, False, "not_found"), ("", False, "not_found")])
def test_only_links_of_the_message_can_lose_a_preview(alice, hall, url, on, code):
    with pytest.raises(ActionError) as refusal:
        unfurl(alice, hall, say(alice, hall, URL), url, on=on)
    assert refusal.value.code == code
