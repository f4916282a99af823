"""The grouping of messages on a rendered page."""

import pytest

from chat.protocol import MessageData, PersonData
from chat.rendering.grouping import group_messages

ADA, BOB = PersonData(id=1, name="Ada", guest=False), PersonData(id=2, name="Bob", guest=False)


def message(created_at, author=ADA, *, seq=1, deleted=False, reply_to=None):
    return MessageData(
        id=1,
        seq=seq,
        rev=1,
        client_id=None,
        author=author,
        body="",
        html="",
        created_at=created_at,
        edited_at=None,
        deleted=deleted,
        reply_to=reply_to,
        reactions=[],
    )


@pytest.mark.parametrize(
    ("earlier", "later", "continues"),
    [
        pytest.param(message("2026-03-01T10:00:00.000Z"), message("2026-03-01T10:04:59.999Z"), True, id="at once"),
        pytest.param(message("2026-03-01T10:00:00.000Z"), message("2026-03-01T10:05:00.000Z"), False, id="later"),
        pytest.param(message("2026-03-01T23:59:00.000Z"), message("2026-03-02T00:00:00.000Z"), False, id="next day"),
        pytest.param(message("2026-03-01T10:00:00.000Z"), message("2026-03-01T10:00:01.000Z", BOB), False, id="other"),
        pytest.param(
            message("2026-03-01T10:00:00.000Z"), message("2026-03-01T10:00:01.000Z", reply_to=1), False, id="reply"
        ),
        pytest.param(
            message("2026-03-01T10:00:00.000Z", deleted=True), message("2026-03-01T10:00:01.000Z"), False, id="gone"
        ),
    ],
)
def test_messages_of_one_author_within_minutes_are_a_group(earlier, later, continues):
    assert [line.continues for line in group_messages([earlier, later], reader_id=ADA.id, read_seq=0)] == [
        False,
        continues,
    ]


def test_each_day_has_one_line():
    times = ["2026-03-01T23:58:00.000Z", "2026-03-01T23:59:00.000Z", "2026-03-02T00:00:00.000Z"]
    lines = group_messages([message(time) for time in times], reader_id=ADA.id, read_seq=0)
    assert [line.day and line.day.isoformat() for line in lines] == [
        "2026-03-01T23:58:00+00:00",
        None,
        "2026-03-02T00:00:00+00:00",
    ]


@pytest.mark.parametrize(
    ("read", "unread"),
    [
        pytest.param(0, None, id="new here"),
        pytest.param(4, 5, id="by somebody else"),
        pytest.param(5, 7, id="after one's own"),
        pytest.param(7, None, id="nothing"),
        pytest.param(2, None, id="further back than the page"),
    ],
)
def test_unread_line_is_above_the_first_later_message_of_others(read, unread):
    moment = "2026-03-01T10:00:00.000Z"
    messages = [message(moment, author, seq=seq) for seq, author in ((4, BOB), (5, BOB), (6, ADA), (7, BOB))]
    lines = group_messages(messages, reader_id=ADA.id, read_seq=read)
    assert [line.message.seq for line in lines if line.is_first_unread] == ([unread] if unread else [])
    assert [line.message.seq for line in lines if line.continues] == ([5] if unread != 5 else [])


def test_no_messages_are_no_lines():
    assert group_messages([], reader_id=ADA.id, read_seq=7) == []
