"""Direct conversations: the same people have one room, which has the names of the others for each of them."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from chat import activity, broadcast, direct_rooms, room_list
from chat.actions import account_deletion, direct, joining, profiles, reports, sanctions
from chat.actions.accounts import join_as_guest, sign_up
from chat.actions.direct import open_conversation, set_closed
from chat.actions.reports import Outcome, Resolution
from chat.auth.authentication import Credential
from chat.delivery.admission import access
from chat.errors import ActionError
from chat.exports.personal_data import everything_about
from chat.models import Membership, Mention, Message, Person, Report, Room, Worker
from chat.protocol import Code, Edit, MarkUnread, Read, SetBookmark
from tests.cases import each
from tests.cast import PASSWORD, ask, say, uploaded
from tests.simulated_counts import Process

pytestmark = pytest.mark.django_db
HERE = "192.0.2.1"


def open_with(person: Person, *others: Person) -> Room:
    """Return the conversation as `person` has opened it."""
    return open_conversation(person, [it.pk for it in others], HERE)[0]


def refusal(person: Person, *others: Person) -> Code | None:
    try:
        open_with(person, *others)
    except ActionError as refused:
        return refused.code
    return None


def listed(person: Person, **options) -> list[str]:
    """Return the names of the direct conversations in the person's list of rooms, which are those in the sidebar."""
    rooms = [it for it in room_list.page(person, limit=50, only_mine=True, **options).rooms if it.is_direct]
    if not options:
        rows = room_list.sidebar_rows(room_list.sidebar(person))
        assert sorted(it.name for it in rows if it.people) == sorted(it.name for it in rooms)
    return [room.name for room in rooms]


# ---- Opening


def test_the_same_people_have_one_room(alice, bob, carol):
    room = open_with(alice, bob)
    assert open_with(bob, alice) == open_with(alice, bob, alice) == room
    group, notes = open_with(carol, bob, alice), open_with(alice)
    assert len({room.pk, group.pk, notes.pk}) == 3
    assert open_with(alice, carol, bob) == group
    assert open_with(alice) == notes
    assert {it.role for it in Membership.objects.filter(room=group)} == {"member"}
    assert Room.objects.filter(visibility="direct").count() == 3
    assert direct_rooms.key_of([64, 8]) == direct_rooms.key_of([8, 64, 8]) == "8,64"


def test_a_conversation_that_someone_else_has_just_opened_is_found(alice, bob, monkeypatch):
    found = open_with(bob, alice)
    existing, calls = direct._existing, []

    def late(*arguments):
        calls.append(arguments)
        return existing(*arguments) if len(calls) > 1 else None

    monkeypatch.setattr(direct, "_existing", late)
    assert open_conversation(alice, [bob.pk], HERE) == (found, False)
    assert len(calls) == 2


def test_the_others_see_it_with_its_first_message(alice, bob):
    room = open_with(alice, bob)
    assert (listed(alice), listed(bob), listed(bob, query="alice")) == (["bob"], [], [])
    say(alice, room)
    assert (listed(alice), listed(bob)) == (["bob"], ["alice"])


def test_a_closed_conversation_comes_back_with_a_message_or_when_it_is_opened(alice, bob):
    room = open_with(alice, bob)
    say(bob, room)
    set_closed(alice, room, True)
    assert (listed(alice), listed(alice, query="bob"), listed(bob)) == ([], ["bob"], ["alice"])
    assert activity.unread_counts(alice) == {}
    say(bob, room)
    assert listed(alice) == ["bob"]
    assert activity.unread_counts(alice)[room.slug].unread == 1
    set_closed(alice, room, True)
    open_with(alice, bob)
    assert listed(alice) == ["bob"]


def test_a_closed_conversation_counts_nothing_even_if_it_was_marked_as_unread(alice, bob):
    room, process = open_with(alice, bob), Process()
    say(bob, room)
    set_closed(alice, room, True)
    ask(alice, room, MarkUnread(seq=1))
    page = process.open(alice.pk, -1)
    process.refresh()
    assert activity.unread_counts(alice) == page.unread == {}
    say(bob, room)
    assert activity.unread_counts(alice)[room.slug].unread == 2


def test_only_direct_conversations_can_be_closed_and_none_can_be_left(program, alice, bob, hall):
    room = open_with(alice, bob)
    client = program(alice)
    at = f"/api/rooms/{room.slug}/membership/"
    answer = client.put(at, {"closed": True}, "application/json").json()["membership"]
    assert (answer["closed"], listed(alice)) == (True, [])
    assert client.put(at, {"closed": False}, "application/json").json()["membership"]["closed"] is False
    assert client.put("/api/rooms/hall/membership/", {"closed": True}, "application/json").status_code == 409
    assert client.delete(at).json()["error"]["detail"] == joining.DIRECT
    assert program(bob).get(f"/api/rooms/{room.slug}/").status_code == 200


# ---- Who may open one


def test_who_can_be_written_to(alice, bob, gil, hall, settings):
    deleted, plain, stranger = sign_up("dora", PASSWORD), join_as_guest("pat"), sign_up("sam", PASSWORD)
    account_deletion.delete_account(deleted)
    Person.objects.filter(pk=plain.pk).update(is_plain=True)
    assert refusal(alice, deleted) == refusal(alice, plain) == Code.NOT_FOUND
    with pytest.raises(ActionError, match="no such person"):
        open_conversation(alice, [10**9], HERE)
    assert refusal(alice, stranger) is None
    Membership.objects.filter(person=gil).delete()
    assert refusal(gil, stranger) == refusal(gil, alice) == Code.NOT_FOUND
    joining.join(gil, hall)
    assert refusal(gil, alice) is None
    settings.CHAT_DIRECT_MAX = 3
    assert refusal(alice, bob, gil, stranger) == Code.BAD_FRAME


@each(
    "setting, allowed",
    [("everyone", ["guest", "member", "staff"]), ("members", ["member", "staff"]), ("staff", ["staff"]), ("off", [])],
)
def test_the_site_decides_who_opens_conversations(alice, bob, gil, hall, settings, setting, allowed):
    chief = Person.objects.create_superuser("chief", PASSWORD)
    for person in (chief, gil):
        joining.join(person, hall)
    settings.CHAT_DIRECT = "everyone"
    old = open_with(bob, alice)
    settings.CHAT_DIRECT = setting
    people = {"guest": gil, "member": alice, "staff": chief}
    found = {name: refusal(person, carol_of(hall)) for name, person in people.items()}
    assert [name for name, code in found.items() if code is None] == allowed
    assert {code for code in found.values() if code} <= {Code.FORBIDDEN}
    assert open_with(alice, bob) == old


def carol_of(room):
    person = Person.objects.filter(name="carol").first() or sign_up("carol", PASSWORD)
    joining.join(person, room)
    return person


def test_no_conversation_while_a_worker_of_an_older_release_runs(alice, bob):
    Worker.objects.create(code=1)
    assert refusal(alice, bob) == Code.UNAVAILABLE
    assert not Room.objects.filter(visibility="direct").exists()


# ---- Limits


def test_limits_of_new_conversations(alice, gil, hall, settings):
    Membership.objects.filter(person=alice).exclude(room=hall).delete()
    near, far = ([sign_up(f"{kind} {number}", PASSWORD) for number in range(8)] for kind in ("near", "far"))
    Membership.objects.exclude(room=hall).delete()
    for person in [*near, gil]:
        joining.join(person, hall)
    assert [refusal(alice, it) for it in far[:6]] == [None] * 5 + [Code.RATE_LIMITED]
    assert [refusal(alice, it) for it in near] == [None] * 8
    assert refusal(alice, far[0]) is None  # it exists
    assert [refusal(gil, it) for it in near[:4]] == [None] * 3 + [Code.RATE_LIMITED]
    settings.CHAT_DIRECT_PER_HOUR = 0
    assert refusal(alice, far[6]) is refusal(gil, near[5]) is None


def test_guests_behind_one_address_share_a_limit(alice, hall, monkeypatch):
    monkeypatch.setattr("chat.rate_limits.limits.GUESTS_BY_ADDRESS", 1)
    guests = [join_as_guest(f"guest {number}") for number in range(2)]
    for guest in guests:
        joining.join(guest, hall)
    people = [sign_up(f"person {number}", PASSWORD) for number in range(2)]
    for person in people:
        joining.join(person, hall)
    assert [refusal(guests[0], it) for it in (alice, *people)] == [None] * 3
    assert refusal(guests[1], alice) == Code.RATE_LIMITED
    assert open_conversation(guests[1], [alice.pk], "198.51.100.7")[1]


LINK = "see https://example.org/"


def test_a_new_guest_sends_no_link_before_someone_has_answered(alice, gil, hall):
    joining.join(gil, hall)
    room = open_with(gil, alice)
    message = say(gil, room, "hello, see #hall")
    for post in (lambda: say(gil, room, LINK), lambda: ask(gil, room, Edit(seq=message.seq, body=LINK))):
        with pytest.raises(ActionError, match="New guests can’t send links"):
            post()
    with pytest.raises(ActionError, match="New guests can’t send files"):
        say(gil, room, files=[uploaded(gil)])
    assert say(gil, hall, LINK)
    Person.objects.filter(pk=gil.pk).update(date_joined=timezone.now() - timedelta(hours=1))
    assert say(gil, room, LINK)
    Person.objects.filter(pk=gil.pk).update(date_joined=timezone.now())
    say(alice, room)
    assert say(gil, room, LINK)


# ---- Names


def test_every_list_has_the_names_of_the_others(program, signed_in, alice, bob, carol):
    room = open_with(alice, bob, carol)
    message = say(alice, room, "the treasure")
    ask(bob, room, SetBookmark(seq=message.seq, on=True))
    client, name = program(bob), "alice, carol"
    people = [{"id": it.pk, "name": it.name, "guest": False} for it in (alice, carol)]
    [found] = [it for it in client.get("/api/rooms/").json()["rooms"] if it["slug"] == room.slug]
    assert (found["name"], found["people"]) == (name, people)
    assert client.get(f"/api/rooms/{room.slug}/").json()["room"]["people"] == people
    assert client.get("/api/search/?q=treasure").json()["hits"][0]["room"]["name"] == name
    assert client.get("/api/search/?q=treasure in:bob").status_code == 404
    assert client.get(f'/api/search/?q=treasure in:"{name}"').json()["hits"]
    assert client.get("/api/bookmarks/").json()["bookmarks"][0]["room"]["name"] == name
    browser = signed_in(bob)
    page = browser.get(f"/rooms/{room.slug}/")
    assert f"<title>{name} " in page.text
    assert page.context["page_data"]["people"] == people
    assert f">{name}</option>" in browser.get("/search/").text
    assert name in browser.get("/saved/").text
    assert f'"name":"{name}"'.encode() in b"".join(everything_about(bob))
    assert Room.objects.get(pk=room.pk).name == direct.NAME
    [admission] = access.authorize([(carol, Credential(carol.pk, ""), room.slug)])
    assert (admission.room.name, [it.name for it in admission.room.people]) == ("alice, bob", ["alice", "bob"])
    _, statuses = access.room_statuses({(room.pk, alice.pk), (room.pk, bob.pk)}, {alice.pk: alice, bob.pk: bob})
    assert {it.name for it in statuses.values()} == {"bob, carol", name}


def test_a_room_of_another_kind_has_no_people(program, alice, hall):
    for room in program(alice).get("/api/rooms/").json()["rooms"]:
        assert "people" not in room


def test_notes_to_oneself(alice):
    open_with(alice)
    assert listed(alice) == ["alice (you)"]


@each("query, names", [("bo", ["bob", "bob, zoë"]), ("ZOE", ["bob, zoë"]), ("bob, zoe", ["bob, zoë"]), ("direct", [])])
def test_conversations_are_found_by_the_names_of_the_others(alice, bob, query, names):
    open_with(alice, bob)
    open_with(alice, bob, sign_up("zoë", PASSWORD))
    open_with(alice)
    assert sorted(listed(alice, query=query)) == names


def test_a_new_name_reaches_open_pages(alice, bob, monkeypatch):
    room = open_with(alice, bob)
    process, events = Process(), []
    page = process.open(alice.pk, -1)
    process.refresh()
    monkeypatch.setattr(broadcast, "publish", events.append)
    profiles.change(bob, name="Robert", color=None, theme="system", notify="all")
    for event in events:
        process.counts.take(event)
    process.refresh()
    assert page.rooms[room.slug]["name"] == page.rooms[room.slug]["people"][0]["name"] == "Robert"


# ---- Unread counts and alerts


class Pages:
    """The open pages of people, who view another room, and their alerts."""

    def __init__(self, monkeypatch, *people):
        self.process, self.events = Process(), []
        monkeypatch.setattr(broadcast, "publish", self.events.append)
        self.of = {person.name: self.process.open(person.pk, -1) for person in people}
        self.refresh()

    def refresh(self):
        for event in self.events:
            if event["type"] == "worker.moved":
                self.process.counts.take(json.loads(json.dumps(event)))
        self.events.clear()
        self.process.refresh()

    def alerted(self):
        found = [person for _, _, person in self.process.alerts]
        self.process.alerts.clear()
        return found


@each("waits", [True, False])
def test_the_first_message_lists_the_conversation_counts_as_a_mention_and_alerts(alice, bob, monkeypatch, waits):
    pages = Pages(monkeypatch, alice, bob)
    room = open_with(alice, bob)
    if waits:
        pages.refresh()
        assert (list(pages.of["alice"].rooms), pages.of["bob"].rooms) == ([room.slug], {})
    say(alice, room)
    pages.refresh()
    [found] = pages.of["bob"].rooms.values()
    assert (found["name"], found["unread"], found["mentions"]) == ("alice", 1, 1)
    assert pages.of["bob"].unread == {room.slug: {"unread": 1, "mentions": 1}}
    assert (pages.of["alice"].unread, pages.alerted()) == ({}, [bob.pk])


def test_counts_of_the_api_and_of_open_pages_follow_the_level(alice, bob, hall, monkeypatch):
    room = open_with(alice, bob)
    say(alice, room)
    pages = Pages(monkeypatch, bob)
    for level, mentions, alerted in (("mentions", 1, [bob.pk]), ("nothing", 0, []), (None, 1, [bob.pk])):
        profiles.set_notifications(bob, room, level)
        pages.refresh()
        count = activity.unread_counts(bob)[room.slug]
        assert (count.unread, count.mentions) == (1, mentions)
        assert pages.of["bob"].unread[room.slug] == {"unread": 1, "mentions": mentions}
        pages.alerted()
        say(alice, room)
        pages.refresh()
        assert pages.alerted() == alerted
        room.refresh_from_db()
        ask(bob, room, Read(seq=room.head.seq - 1))
        pages.refresh()


def test_closing_and_opening_reaches_the_other_pages_of_the_person(alice, bob, monkeypatch):
    room = open_with(alice, bob)
    say(bob, room)
    pages = Pages(monkeypatch, alice)
    assert pages.of["alice"].unread
    set_closed(alice, room, True)
    pages.refresh()
    assert (pages.of["alice"].unread, pages.of["alice"].rooms) == ({}, {})
    open_with(alice, bob)
    pages.refresh()
    assert list(pages.of["alice"].rooms) == [room.slug]


def test_a_name_or_a_reply_makes_no_row(alice, bob):
    room = open_with(alice, bob)
    message = say(alice, room, "@bob hello")
    say(bob, room, "@alice @room hi", reply_to=message.seq)
    assert not Mention.objects.exists()


# ---- Rights


def test_nobody_moderates_and_reports_go_to_the_staff_of_the_site(alice, bob, program):
    chief = Person.objects.create_superuser("chief", PASSWORD)
    room = open_with(chief, alice, bob)
    message = say(bob, room, "rude")
    assert program(chief).get(f"/api/rooms/{room.slug}/").status_code == 200
    reports.report(alice, room, message.seq, "rude")
    report = Report.objects.get()
    with pytest.raises(ActionError, match="Only moderators"):
        reports.resolve(alice, room, report.pk, Resolution(Outcome.DELETED))
    for act in (sanctions.mute, sanctions.ban):
        with pytest.raises(ActionError):
            act(chief, room, bob, **({"duration": None} if act is sanctions.mute else {}), reason="")
    assert reports.resolve(chief, room, report.pk, Resolution(Outcome.DELETED)) == 1
    assert Message.objects.get(pk=message.pk).is_deleted


def test_a_conversation_with_a_deleted_account_is_read_only(alice, bob, carol, signed_in):
    pair, group = open_with(alice, bob), open_with(alice, bob, carol)
    say(bob, pair)
    account_deletion.delete_account(bob)
    bob.refresh_from_db()
    assert sorted(listed(alice)) == sorted([bob.name, f"carol, {bob.name}"])
    with pytest.raises(ActionError, match="archived"):
        say(alice, pair)
    assert say(alice, group)
    assert f"{bob.name} has left." in signed_in(alice).get(f"/rooms/{pair.slug}/").text


def test_someone_whose_account_leaves_no_row_is_named_as_deleted(alice, gil):
    room, pk = open_with(alice, gil), gil.pk
    account_deletion.remove(gil)
    assert not Person.objects.filter(pk=pk).exists()
    assert listed(alice) == [f"Deleted person {pk}"]
    with pytest.raises(ActionError, match="archived"):
        say(alice, room)


def test_people_who_are_not_in_it_get_404(program, alice, bob, carol):
    room = open_with(alice, bob)
    say(alice, room, "secret")
    client = program(carol)
    for address in ("", "messages/", "members/", "notifications/"):
        assert client.get(f"/api/rooms/{room.slug}/{address}").status_code == 404
    assert client.get("/api/search/?q=secret").json()["hits"] == []
    assert client.post("/api/direct/", {"people": [alice.pk]}, "application/json").status_code == 201


# ---- Finding people


def test_members_find_everyone_and_guests_those_in_a_room_with_them(program, alice, bob, gil, hall):
    Membership.objects.exclude(room=hall).delete()
    plain = join_as_guest("pat")
    Person.objects.filter(pk=plain.pk).update(is_plain=True)

    def names(person, query=""):
        return [it["name"] for it in program(person).get("/api/people/", {"q": query}).json()["people"]]

    assert names(alice) == ["alice", "bob", "gil"]
    assert (names(alice, "O"), names(gil)) == (["bob"], ["gil"])
    joining.join(gil, hall)
    assert names(gil) == ["alice", "bob", "gil"]
    answer = program(alice).get("/api/people/", {"limit": 2}).json()
    assert answer["more"]
    after = answer["people"][-1]["id"]
    assert [it["name"] for it in program(alice).get("/api/people/", {"after": after}).json()["people"]] == ["gil"]
