"""The unread counts of connected people, without sockets and without a database."""

from chat import broadcast
from chat.delivery.presence.unread import UnreadCounts
from chat.protocol import Unread

BOB, HALL, OPS = 1, 10, 20


def ignore(person: int, room: int, what: object) -> None:
    pass


def test_change_during_a_read_makes_the_person_due_again():
    sent: list[str] = []
    counts = UnreadCounts(lambda person, room, frame: sent.append(frame), ignore, ignore)
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
    counts = UnreadCounts(ignore, ignore, ignore)
    counts.enter(BOB, HALL)
    assert counts.due() == counts.due() == {BOB}
    counts.leave(BOB, HALL)
    assert counts.due() == set()


def test_reading_the_only_room_in_view_costs_no_query_and_one_call_for_many_moves():
    told: list[tuple[int, int, object]] = []
    counts = UnreadCounts(ignore, lambda *arguments: told.append(arguments), ignore)
    counts.enter(BOB, HALL)
    counts.merge({BOB: {HALL: ("hall", Unread(0, 0))}})
    counts.due()
    counts.merge({BOB: {HALL: ("hall", Unread(0, 0))}})
    for seq in (1, 2, 3):
        counts.person_read(BOB, HALL, (seq, False))
    assert counts.due() == set()
    counts.send_positions()
    counts.send_positions()
    assert told == [(BOB, HALL, (3, False))]


def test_positions_wait_for_the_first_counts_and_end_with_the_connection():
    told: list[tuple[int, int, object]] = []
    counts = UnreadCounts(ignore, lambda *arguments: told.append(arguments), ignore)
    counts.person_read(BOB, HALL, (1, False))  # not here
    counts.enter(BOB, HALL)
    counts.person_read(BOB, HALL, (2, False))
    counts.send_positions()
    assert told == []
    counts.leave(BOB, HALL)
    counts.enter(BOB, HALL)
    counts.merge({BOB: {HALL: ("hall", Unread(0, 0))}})
    counts.send_positions()
    assert told == []


def test_event_of_a_read_position_is_read_by_both_releases():
    event = broadcast.read_moved([(BOB, HALL)], [(3, True)])
    assert [(person, room) for person, room in event["places"]] == [(BOB, HALL)]
    assert list(broadcast.read_positions(event)) == [(BOB, HALL, (3, True))]
    assert list(broadcast.read_positions({"type": "worker.read", "places": [[BOB, HALL]]})) == [(BOB, HALL, None)]
