"""The transcript of a room: each message once and each change to it, for any split into frames."""

from datetime import UTC

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chat.protocol import Changes, Hello, People, PersonData, Reset
from chat.transcript.transcript import Day, Deleted, Edited, Joined, Left, Posted, Reacted, StartedOver, Transcript
from tests.terminal.frames import ADA, hello, message, message_data

BOB, CY = ({"id": 8, "name": "bob", "guest": False}, {"id": 9, "name": "cy", "guest": True})


def read(fields, kind):
    return msgspec.convert(fields, kind)


def frame(*messages):
    return Changes(cursor="e.1.1", messages=[msgspec.Raw(msgspec.json.encode(it)) for it in messages])


def kinds(happenings):
    return [type(it) for it in happenings if not isinstance(it, Day)]


@st.composite
def logs(draw):
    """Return the changes of a room in order of revision: each message, some of them changed later."""
    count = draw(st.integers(1, 12))
    order = draw(st.permutations([*range(1, count + 1), *draw(st.lists(st.integers(1, count), max_size=12))]))
    return [message_data(seq, rev, f"text {rev}") for rev, seq in enumerate(order, 1)]


@given(logs(), st.data())
def test_transcript_shows_each_message_once_for_any_frames(log, data):
    transcript, said = Transcript(after=0, zone=UTC), []
    rest = list(log)
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        again = data.draw(st.lists(st.sampled_from(log[: len(log) - len(rest) + size]), max_size=5))
        said += [it.message.seq for it in transcript.take_messages([*rest[:size], *again]) if isinstance(it, Posted)]
        rest = rest[size:]
    newest = {it.seq: it for it in log}
    assert sorted(said) == sorted(newest)
    assert transcript.messages == newest


def test_transcript_shows_each_change_once():
    transcript = Transcript(zone=UTC)
    transcript.take_messages([message_data(1)])
    edited = message_data(1, 2, "other")
    reacted = message_data(1, 3, "other", reactions=[{"emoji": "👍", "people": [7]}])
    deleted = message_data(1, 4, "", deleted=True)
    assert transcript.take_messages([edited]) == [Edited(edited)]
    assert transcript.take_messages([reacted]) == [Reacted(reacted, "ada", "👍")]
    assert transcript.take_messages([reacted, edited]) == []
    assert transcript.take_messages([deleted]) == [Deleted(reacted)]
    assert transcript.take_messages([message_data(1, 5, "", deleted=True)]) == []


def test_live_transcript_shows_only_new_messages():
    transcript = Transcript(live_only=True)
    transcript.take(read(hello(seq=5), Hello))
    assert kinds(transcript.take(frame(message(5, 9, "edited"), message(6)))) == [Posted]


def test_transcript_skips_read_messages_and_shows_later_ones_in_any_order():
    transcript = Transcript(after=5)
    assert kinds(transcript.take(frame(message(7, 9)))) == [Posted]
    assert kinds(transcript.take(frame(message(5, 10), message(6, 11)))) == [Posted]


def test_transcript_keeps_a_limited_number_of_messages_and_repeats_none():
    transcript = Transcript(keep=3)
    for seq in range(1, 6):
        transcript.take_messages([message_data(seq)])
    assert list(transcript.messages) == [3, 4, 5]
    assert transcript.take_messages([message_data(1, 9, "edited")]) == []


def test_transcript_shows_each_new_day_before_its_messages():
    transcript = Transcript(zone=UTC)
    kinds = [
        type(it)
        for it in transcript.take_messages(
            [message_data(1), message_data(2), message_data(3, created_at="2026-01-03T00:00:00Z")]
        )
    ]
    assert kinds == [Day, Posted, Posted, Day, Posted]


def test_reply_quotes_its_original_if_it_is_known():
    transcript = Transcript(zone=UTC)
    first, reply, lost = message_data(1), message_data(2, reply_to=1), message_data(3, reply_to=99)
    said = [it for it in transcript.take_messages([first, reply, lost]) if isinstance(it, Posted)]
    assert [it.quoted for it in said] == [None, first, None]


def test_transcript_shows_joins_and_leaves_once_and_none_after_a_reconnect():
    transcript = Transcript()
    transcript.take(read(hello(people=[ADA, BOB]), Hello))
    news = People(joined=[PersonData(**CY), PersonData(**ADA), PersonData(**BOB)], left=[], count=3)
    assert transcript.take(news) == [Joined(["cy"])]
    assert transcript.take(news) == []
    assert transcript.take(People(joined=[], left=[8, 99], count=2)) == [Left(["bob"])]
    assert transcript.take(read(hello(people=[ADA, BOB]), Hello)) == []


def test_a_reset_restarts_the_transcript_at_any_point():
    transcript = Transcript(live_only=True)
    transcript.take(read(hello(seq=50), Hello))
    assert transcript.take(Reset(cursor="f.1.1")) == [StartedOver()]
    assert kinds(transcript.take_messages([message_data(3)])) == [Posted]
