"""Someone with a floor in a room gets no message up to it, by no path."""

import pytest
from asgiref.sync import sync_to_async

from chat import history, protocol
from chat.actions import administration, reports
from chat.delivery.segment import LogSegment
from chat.errors import ActionError
from chat.models import Membership, Room
from chat.protocol import Code
from chat.search.finding import find
from tests.cast import ask, say


@pytest.fixture
def behind(alice, bob, ops):
    """A private room with four messages, which bob joined after the second. New members do not see earlier ones."""
    Membership.objects.filter(person=bob, room=ops).delete()
    Room.objects.filter(pk=ops.pk).update(history="joined")
    for number in range(1, 5):
        message = say(alice, ops, f"needle {number}")
        ask(alice, ops, protocol.React(seq=message.seq, emoji="👍", on=True))
        if number == 2:
            administration.add_member(bob, Room.objects.get(pk=ops.pk), by=alice)
    return Room.seen_by(bob, ops.slug)


def test_pages_of_history_leave_them_out(behind):
    for window in ({}, {"before": 4}, {"before": 3}, {"after": 0}, {"around": 1}, {"around": 3}):
        page = history.page(behind, limit=10, **window)
        assert {it.seq for it in page.messages} <= {3, 4}, window
        assert page.more is False
    assert [entry for entry in history.newest(behind.pk, 10, 2).entries if b'"seq":2' in entry[1]] == []
    assert (history.reactions(behind, 2), len(history.reactions(behind, 3))) == ([], 1)


def test_commands_reports_and_searches_do_not_find_them(bob, behind):
    for command in (
        protocol.React(seq=2, emoji="👍", on=True),
        protocol.Edit(seq=2, body="x"),
        protocol.Delete(seq=2),
    ):
        with pytest.raises(ActionError) as refusal:
            ask(bob, behind, command)
        assert refusal.value.code is Code.NOT_FOUND
    with pytest.raises(ActionError):
        say(bob, behind, "an answer", reply_to=2)
    with pytest.raises(ActionError):
        reports.report(bob, behind, 2, "bad")
    assert [hit.message.seq for hit in find(bob, "needle").hits] == [4, 3]


def test_a_frame_with_such_a_message_is_sent_without_it():
    segment = LogSegment("e", 1, 0)
    segment.extend([(rev, b'{"id":9,"seq":%d}' % seq) for rev, seq in ((1, 1), (2, 3), (3, 2))], 3)
    shared = segment.frame_after(0)
    assert segment.frame_after(0, 0) is shared
    own = segment.frame_after(0, 2)
    assert own.text == '{"type":"changes","cursor":"e.1.3","messages":[{"id":9,"seq":3}]}'
    assert own.rev == shared.rev
    assert segment.frame_after(0, 9).messages == 0
    segment.extend([(4, b'{"id":9,"seq":8}')], 4)
    assert segment.frame_after(3, 2) is segment.frame_after(3)


@pytest.mark.django_db(transaction=True)
async def test_a_socket_gets_no_history_and_no_change_of_them(connect, alice, bob, hall):
    for number in range(3):
        await sync_to_async(say)(alice, hall, f"needle {number}")
    await Membership.objects.filter(person=bob, room=hall).aupdate(floor_seq=2)
    socket = await connect(bob, hall, history=10)
    assert socket.hello["floor"] == 2
    assert [it["seq"] for it in (await socket.next("changes"))["messages"]] == [3]
    await sync_to_async(ask)(alice, hall, protocol.Edit(seq=1, body="changed"))
    await sync_to_async(say)(alice, hall, "after the change")
    seqs: list[int] = []
    while 4 not in seqs:
        seqs += [it["seq"] for it in (await socket.next("changes"))["messages"]]
    assert seqs == [4]
