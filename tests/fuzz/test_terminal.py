"""Random answers of a site to the terminal client: understood or refused, and always shown as text."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from chat import protocol
from chat.terminal.connection import NOT_UNDERSTOOD
from chat.terminal.style import fragments
from chat.transcript.lines import lines
from chat.transcript.transcript import Transcript
from tests.fuzz.frames import POISON, TEXTS
from tests.fuzz.size import sized
from tests.terminal.frames import ADA, changes, hello, message

NUMBERS = st.integers() | st.floats() | st.just(10**400) | st.sampled_from([0, 1, -1, 2**63, 1e308])
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda it: st.lists(it, max_size=2) | st.dictionaries(TEXTS, it, max_size=2),
)
MESSAGES = st.builds(
    message,
    st.integers(1, 5),
    st.integers(1, 20),
    TEXTS,
    author=st.none() | st.fixed_dictionaries({"id": st.integers(), "name": TEXTS, "guest": st.booleans()}),
    created_at=TEXTS | st.datetimes().map(lambda it: f"{it.isoformat()}Z"),
    edited_at=st.none() | TEXTS,
    deleted=st.booleans(),
    reply_to=st.none() | st.integers(),
    reactions=st.lists(
        st.fixed_dictionaries({"emoji": TEXTS, "people": st.lists(st.integers(), max_size=2)}), max_size=2
    ),
)
PEOPLE = st.lists(st.fixed_dictionaries({"id": st.integers(0, 9), "name": TEXTS, "guest": st.booleans()}), max_size=3)
RIGHT = st.one_of(
    st.builds(changes, TEXTS, MESSAGES),
    st.builds(changes, TEXTS, MESSAGES, MESSAGES),
    st.builds(hello, TEXTS, st.integers(), topic=TEXTS, people=PEOPLE, heartbeat=st.integers(1, 99)),
    st.fixed_dictionaries({"type": st.just("reset"), "cursor": TEXTS}),
    st.fixed_dictionaries(
        {"type": st.just("people"), "joined": PEOPLE, "left": st.lists(st.integers(0, 9)), "count": st.integers()}
    ),
    st.fixed_dictionaries({"type": st.just("typing"), "person": st.just(ADA), "on": st.booleans()}),
    st.fixed_dictionaries(
        {
            "type": st.just("rooms"),
            "unread": st.dictionaries(TEXTS, st.just({"unread": 1, "mentions": 10**30}), max_size=2),
        }
    ),
    st.fixed_dictionaries({"type": st.just("ok"), "ref": TEXTS, "seq": st.integers()}),
    st.fixed_dictionaries(
        {
            "type": st.just("error"),
            "code": st.just("muted"),
            "detail": TEXTS,
            "retry_after": st.floats(allow_nan=False, allow_infinity=False),
        }
    ),
    st.fixed_dictionaries(
        {"type": st.just("bye"), "reason": TEXTS, "reconnect_after": st.floats(allow_nan=False, allow_infinity=False)}
    ),
    st.fixed_dictionaries({"type": st.just("pong"), "cursor": TEXTS}),
)


@st.composite
def spoilt(draw):
    """Return a valid frame in which one value is replaced, at any depth."""
    frame = json.loads(json.dumps(draw(RIGHT)))
    place = frame
    while True:
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or draw(st.booleans()):
            place[key] = draw(ANYTHING)
            return frame
        place = inner


def driving(text):
    """Return the control characters in a text. A character newer than this Python does not count."""
    return {it for it in text if unicodedata.category(it) in ("Cc", "Cf", "Cs") and it not in "\n\u200c\u200d"}


FRAMES = (RIGHT | spoilt()).map(json.dumps) | st.sampled_from(sorted(POISON.values()))


@sized(100)
@given(st.lists(FRAMES, max_size=8))
def test_any_frame_of_a_site_becomes_plain_text_or_a_known_error(said):
    transcript = Transcript()
    for text in said:
        try:
            frame = protocol.read(text)
            happenings = [] if frame is None else transcript.take(frame)
        except NOT_UNDERSTOOD:
            continue  # which ends the connection with a sentence
        for happening in happenings:
            assert not driving("\n".join(lines(happening)))
            assert not driving("".join(text for _, text in fragments(happening, "ada")))
