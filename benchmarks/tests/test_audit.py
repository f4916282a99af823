"""The audit of a load, which must not miss a loss."""

from uuid import UUID

import msgspec
import pytest

from benchmarks.load.audit import audit
from benchmarks.load.dialect import Answer, Decoded, Dialect, body_of, client_id_of, number_of
from benchmarks.load.dialects import Site
from benchmarks.load.group import Group
from benchmarks.load.room import Post
from benchmarks.load.rows import Author, Row
from benchmarks.tests.test_load import Connection


def audited(*logs, posted=(1, 2, 3)):
    """Return the findings where nothing is stored."""
    group = Group(Dialect())
    room = group.room("lobby")
    room.posts = dict.fromkeys(posted)
    for numbers in logs:
        connection = Connection()
        connection.log = [Decoded(posts=(number,)) for number in numbers]
        room.entered(connection)
    return audit(group, None)


def test_audit_accepts_everything_once_in_one_order():
    assert audited([2, 1, 3], [2, 1, 3]) == []


@pytest.mark.parametrize(
    ("logs", "found"),
    [
        (([1, 2, 3], [1, 3]), "1 of 3 messages are missing"),
        (([1, 3], [1, 3]), "1 of 3 messages are missing"),
        (([1, 2, 2, 3], [1, 2, 3]), "1 messages came more than once"),
        (([1, 2, 3], [1, 2, 3, 9]), "1 messages were never posted here"),
        (([1, 2, 3], [1, 3, 2]), "the order is another one"),
    ],
)
def test_audit_finds_what_is_lost_doubled_strange_or_misplaced(logs, found):
    assert any(found in sentence for sentence in audited(*logs))


# ---- Against the database


def row(number, **fields):
    row = Row(number + 1, number + 1, client_id_of(number), Author(1), body_of(number))
    return msgspec.structs.replace(row, **fields)


ROWS = [row(1), row(2), row(3)]


@pytest.fixture
def group():
    """Two clients that received what is stored, one message a frame, and a poster whose posts were answered."""
    group = Group(Site())
    room = group.room("lobby")
    room.posts = {number: Post(0.0, 1.0, Answer(number, number + 1, number + 1)) for number in (1, 2, 3)}
    for _ in range(2):
        connection = Connection()
        connection.log = frames(*ROWS)
        room.entered(connection)
    group.decoder.frames = frames(*ROWS)
    return group


def frames(*rows):
    return [Decoded(posts=(number_of(row.body),), rows=(row,)) for row in rows]


def test_audit_accepts_posts_received_and_stored_as_acknowledged(group):
    assert audit(group, lambda room: ROWS) == []


@pytest.mark.parametrize(
    ("rows", "difference"),
    [
        (ROWS[:2], "the database: 1 of 3 messages are missing"),
        ([ROWS[0], ROWS[2], ROWS[1]], "client 0: the order is another one"),
        ([*ROWS, row(3, seq=9, rev=9)], "the database: 1 messages came more than once"),
        ([*ROWS, row(4)], "the database: 1 messages were never posted here"),
        ([*ROWS[:2], row(3, rev=9)], "was acknowledged as"),
        ([*ROWS[:2], row(3, seq=9)], "was acknowledged as"),
        ([*ROWS[:2], row(3, client_id=UUID(int=9))], "was acknowledged as"),
        ([*ROWS[:2], row(3, author=Author(2))], "was received and is not stored"),
    ],
)
def test_audit_finds_what_is_stored_otherwise_than_received_or_acknowledged(group, rows, difference):
    found = audit(group, lambda room: rows)
    assert any(difference in sentence for sentence in found), found


@pytest.mark.parametrize(
    ("received", "difference"),
    [
        ([row(1), row(3)], "client 1: 1 of 3 messages are missing"),
        ([], "client 1: 3 of 3 messages are missing"),
        ([row(1), row(2), row(2), row(3)], "client 1: 1 messages came more than once"),
        ([row(2), row(1), row(3)], "client 1: the order is another one"),
        ([row(1), row(2, author=Author(9)), row(3)], "was received and is not stored"),
        ([row(1), row(2, seq=9), row(3)], "was received and is not stored"),
        ([*ROWS, row(4)], "client 1: 1 messages were never posted here"),
    ],
)
def test_audit_finds_what_a_client_has_not_as_it_is_stored(group, received, difference):
    group.rooms["lobby"].connections[1].log = frames(*received)
    group.decoder.frames += frames(*received)
    found = audit(group, lambda room: ROWS)
    assert any(difference in sentence for sentence in found), found


def test_audit_finds_posts_without_an_answer(group):
    group.rooms["lobby"].unanswered = 1
    [found] = audit(group, lambda room: ROWS)
    assert "never answered" in found
