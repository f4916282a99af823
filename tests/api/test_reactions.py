"""The people who reacted to a message."""

from chat import protocol
from chat.actions.batch import Request
from chat.actions.messages import execute
from tests.api.client import HALL, OPS, assert_refused
from tests.cases import each
from tests.cast import say


def react(person, room, seq, emoji):
    execute(Request(person.pk, room.pk, protocol.React(seq=seq, emoji=emoji, on=True)))


def test_each_emoji_is_listed_with_its_people(program, alice, bob, gil, hall):
    seq = say(alice, hall).seq
    for person, emoji in ((gil, "👍"), (bob, "🎉"), (alice, "👍")):
        react(person, hall, seq, emoji)
    answer = program(bob).get(f"{HALL}{seq}/reactions/").json()
    assert [(it["emoji"], it["count"], [who["name"] for who in it["people"]]) for it in answer["reactions"]] == [
        ("👍", 2, ["gil", "alice"]),
        ("🎉", 1, ["bob"]),
    ]


def test_number_of_named_people_is_limited(program, alice, bob, hall, monkeypatch):
    monkeypatch.setattr(protocol, "MAX_PEOPLE_NAMED", 1)
    seq = say(alice, hall).seq
    for person in (alice, bob):
        react(person, hall, seq, "👍")
    [reaction] = program(bob).get(f"{HALL}{seq}/reactions/").json()["reactions"]
    assert (reaction["count"], [who["name"] for who in reaction["people"]]) == (2, ["alice"])


def test_a_deleted_message_has_none(program, alice, bob, hall):
    seq = say(alice, hall).seq
    react(bob, hall, seq, "👍")
    execute(Request(alice.pk, hall.pk, protocol.Delete(seq=seq)))
    assert program(bob).get(f"{HALL}{seq}/reactions/").json() == {"reactions": []}


def test_outsider_cannot_read_reactions_of_a_private_room(program, alice, bob, carol, ops):
    seq = say(alice, ops).seq
    assert program(bob).get(f"{OPS}{seq}/reactions/").status_code == 200
    assert_refused(program(carol).get(f"{OPS}{seq}/reactions/"), 404, "not_found")


@each("seq", ["x", "-1", "1.5", "9" * 16])
def test_an_invalid_seq_is_no_url(program, bob, hall, seq):
    assert_refused(program(bob).get(f"{HALL}{seq}/reactions/"), 404, "not_found")
