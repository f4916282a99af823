"""The unread counts of connected people, without sockets and without a database."""

from chat.delivery.presence.unread import UnreadCounts
from chat.protocol import Unread

BOB, HALL, OPS = 1, 10, 20


def test_change_during_a_read_makes_the_person_due_again():
    sent: list[str] = []
    counts = UnreadCounts(lambda person, room, frame: sent.append(frame))
    counts.enter(BOB, HALL)
    assert counts.due() == {BOB}
    counts.person_read(BOB, OPS)  # the read that is running may have missed this
    counts.merge({BOB: {HALL: ("hall", Unread(0, 0)), OPS: ("ops", Unread(0, 0))}})
    assert counts.due() == {BOB}
    counts.merge({BOB: {HALL: ("hall", Unread(0, 0)), OPS: ("ops", Unread(2, 0))}})
    assert len(sent) == 2
    assert '"ops":{"unread":2,' in sent[-1]
    assert counts.due() == set()


def test_failed_read_is_tried_again_until_the_person_leaves():
    counts = UnreadCounts(lambda person, room, frame: None)
    counts.enter(BOB, HALL)
    assert counts.due() == counts.due() == {BOB}
    counts.leave(BOB, HALL)
    assert counts.due() == set()
