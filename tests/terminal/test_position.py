"""The position of a reader: reading can resume from any point without a gap or a repetition."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chat.protocol import Changes, Hello
from chat.terminal.exit_codes import Exit, ExitError
from chat.terminal.history_sync import HistorySync
from chat.terminal.position import Position
from chat.terminal.site import HistoryPageReply
from tests.cases import each
from tests.terminal.frames import hello, message, message_data

numbers = st.integers(0, 10**18 - 1)
cursors = st.text("0123456789abcdef.-_", min_size=1, max_size=40)


@given(st.builds(Position, cursors | st.just(""), numbers, numbers, numbers) | st.builds(Position, cursors, numbers))
def test_position_survives_printing_and_parsing(position):
    assert Position.parse(f" {position}\n") == position


@each("text", ["e.1.58", "8d2f0b6c1a3e.1.58"])
def test_a_cursor_of_the_protocol_is_a_position(text):
    assert Position.parse(text) == Position(text)


@each(
    "text",
    ["", " ", ":", ":::", ":1::1", "a:b", "e:1:2", "e:1:2:3:4", "e:-1:2:3", "e:1:2:٣", "e 1", "é", "e:1:2:" + "9" * 19],
)
def test_other_text_is_not_a_position(text):
    with pytest.raises(ExitError) as failure:
        Position.parse(text)
    assert failure.value.code == Exit.USAGE


# ---- A log, read by a client that is stopped repeatedly

RESUMABLE = 6
PAGE = 8


class Log:
    """The true log: the state of each seq, by revision. `printed` is the printed part of it: (seq, revision)."""

    def __init__(self):
        self.epoch, self.rev, self.rows, self.printed = 1, 0, {}, []

    def change(self, seq):
        self.rev += 1
        self.rows[min(seq, len(self.rows) + 1)] = self.rev

    @property
    def cursor(self):
        return f"{self.epoch}.{self.rev}"

    def after(self, cursor):
        """Return what a server sends to a client that resumes at a cursor, or None for a reset."""
        epoch, rev = map(int, cursor.split("."))
        if epoch != self.epoch or self.rev - rev > RESUMABLE:
            return None
        return sorted((it, seq) for seq, it in self.rows.items() if it > rev)


def at_once(coroutine):
    """Return the result of a coroutine that waits for nothing, without an event loop."""
    with pytest.raises(StopIteration) as end:
        coroutine.send(None)
    return end.value.value


class Stopped(Exception):
    """The process was killed, or the reader of its output has gone."""


async def read_on(log, position, lines, size, meanwhile):
    """Connect and print at most this many lines, received in frames of a size. Return the position of the last line.

    `meanwhile` is changed while the first page is on its way."""
    last = position

    def take(messages):
        nonlocal last, lines
        at = reading.position or Position("")
        for it in messages:
            if not lines:
                raise Stopped
            lines, at = lines - 1, at.after(it)
            log.printed.append((it.seq, it.rev))
            last = str(at)

    async def page_of(after, limit):
        while meanwhile:
            log.change(meanwhile.pop())
        places = [seq for seq in sorted(log.rows) if seq > after] if after is not None else sorted(log.rows)[-limit:]
        more, places = len(places) > PAGE, places[:PAGE]
        return HistoryPageReply([message_data(seq, log.rows[seq]) for seq in places], log.cursor, more)

    reading = HistorySync(take, Position.parse(position), 0)
    with suppress(Stopped):
        await connect(log, reading, page_of, size)
        last = str(reading.position)
    return last


async def connect(log, reading, page_of, size):
    rows, cursor = log.after(reading.cursor or log.cursor), log.cursor
    if reading.begin(msgspec.convert(hello(cursor, len(log.rows)), Hello)) or rows is None:
        await reading.load(cursor, page_of)
        rows = log.after(cursor)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        cursor = f"{log.epoch}.{part[-1][0]}" if part[-1] is not rows[-1] else log.cursor
        raw = [msgspec.Raw(msgspec.json.encode(message(seq, rev))) for rev, seq in part]
        reading.take(Changes(cursor=cursor, messages=raw))


changed = st.lists(st.integers(1, 40), max_size=12)
steps = st.tuples(
    changed, st.booleans(), st.integers(0, 8) | st.just(99), st.integers(1, 5), st.lists(st.integers(1, 40), max_size=5)
)


@settings(max_examples=200)
@given(st.lists(steps, max_size=10))
# The first of two messages is edited, so it arrives after the second. The reader is stopped between them.
@example([([40, 40, 1], False, 1, 5, []), ([], True, 99, 5, [])])
def test_a_reader_stopped_anywhere_repeatedly_misses_and_repeats_nothing(steps):
    log, position = Log(), "1.0:0:0:0"
    for changed, is_restored, lines, size, meanwhile in [*steps, ([40], False, 999, 3, []), ([], False, 999, 3, [])]:
        for seq in changed:
            log.change(seq)
        log.epoch += is_restored
        position = at_once(read_on(log, position, lines, size, meanwhile))
    assert len(log.printed) == len(set(log.printed))
    assert {seq for seq, _ in log.printed} == set(log.rows)
    for seq in log.rows:
        revisions = [rev for place, rev in log.printed if place == seq]
        assert revisions == sorted(revisions)
    end = Position.parse(position)
    assert (end.cursor, end.seq, end.top) == (log.cursor, len(log.rows), len(log.rows))


async def read(reading, pages, cursor="f.1.9"):
    asked = []

    async def page_of(after, limit):
        asked.append((after, limit))
        return pages.pop(0)

    await reading.load(cursor, page_of)
    return asked


async def test_messages_loaded_over_http_are_not_repeated_by_the_socket():
    taken = []
    reading = HistorySync(taken.extend, Position.at_head("e.1.1", 1), 0)
    await read(reading, [HistoryPageReply([message_data(2, 5)], "f.1.10", False)])
    frame = Changes(cursor="f.1.12", messages=[msgspec.Raw(msgspec.json.encode(message(2, rev))) for rev in (5, 12)])
    reading.begin(msgspec.convert(hello("f.1.10", 2), Hello))
    reading.take(frame)
    assert [(it.seq, it.rev) for it in taken] == [(2, 5), (2, 12)]


async def test_history_request_stops_if_a_page_brings_nothing_new():
    reading = HistorySync(lambda messages: None, Position.at_head("e.1.1", 1), 0)
    assert len(await read(reading, [HistoryPageReply([message_data(2)], "f.1.9", True)] * 9)) == 2
    assert len(await read(reading, [HistoryPageReply([], "f.1.9", True)] * 9)) == 2


async def test_reading_continues_at_the_end_of_a_shorter_restored_log():
    reading = HistorySync(lambda messages: None, Position.at_head("e.1.100", 90), 0)
    await read(reading, [HistoryPageReply([], "f.1.9", False), HistoryPageReply([message_data(40, 50)], "f.1.9", True)])
    assert reading.position == Position.at_head("f.1.9", 40)


async def test_a_reader_without_a_position_gets_the_newest_page():
    reading = HistorySync(lambda messages: None, Position("e.1.1"), 0)
    assert await read(reading, [HistoryPageReply([message_data(41), message_data(42)], "f.1.9", True)]) == [(None, 200)]
    assert reading.position == Position("f.1.9", 42, 42, 42)
