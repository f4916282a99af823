"""Parsing and encoding frames."""

import json
import uuid

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat import protocol
from chat.protocol import Code, Cursor, FrameError
from tests.cases import each

CLIENT_ID = "6a8f0c5e-30a5-4a7e-9d0e-6d8f6d3a8d11"
POST = {"type": "post", "client_id": CLIENT_ID, "body": "hello"}

POISON = {
    "nothing": "",
    "not JSON": "{",
    "not an object": "[1]",
    "a string": '"post"',
    "100,000 brackets": "[" * 60_000,
    "nested in an unknown field": '{"type":"ping","x":' + "[" * 30_000 + "}",
    "integer of 5,000 digits": '{"type":"read","seq":' + "1" * 5000 + "}",
    "integer of 5,000 digits in an unknown field": '{"type":"ping","x":' + "1" * 5000 + "}",
    "lone surrogate": '{"type":"post","client_id":"%s","body":"\\ud800"}' % CLIENT_ID,
    "NUL": '{"type":"post","client_id":"%s","body":"a\\u0000b"}' % CLIENT_ID,
    "NaN": '{"type":"read","seq":NaN}',
    "Infinity": '{"type":"read","seq":Infinity}',
    "duplicate names": '{"type":"post","client_id":"%s","body":"x","body":"y"}' % CLIENT_ID,
    "no type": "{}",
    "a type that is no string": '{"type":[]}',
    "no client id": '{"type":"post","body":"x"}',
    "an invalid client id": '{"type":"post","client_id":"1","body":"x"}',
    "a body that is no string": '{"type":"post","client_id":"%s","body":7}' % CLIENT_ID,
    "a negative seq": '{"type":"read","seq":-1}',
    "seq 0": '{"type":"delete","seq":0}',
    "a seq with a fraction": '{"type":"read","seq":1.5}',
    "a boolean seq": '{"type":"read","seq":true}',
    "a seq beyond 2^53": '{"type":"read","seq":9007199254740993}',
    "a long ref": '{"type":"ping","ref":"%s"}' % ("r" * 65),
}


@each("frame", POISON.values())
def test_malformed_frames_are_bad_frames(frame):
    with pytest.raises(FrameError) as refusal:
        protocol.parse(frame)
    assert refusal.value.code is Code.BAD_FRAME
    assert len(refusal.value.detail) < 300


def test_a_frame_over_the_limit_is_too_long_in_bytes_not_characters():
    with pytest.raises(FrameError) as refusal:
        protocol.parse(json.dumps(POST | {"body": "é" * 40_000}, ensure_ascii=False))
    assert refusal.value.code is Code.TOO_LONG


def test_an_unknown_type_has_a_code_of_its_own_and_keeps_its_ref():
    with pytest.raises(FrameError) as refusal:
        protocol.parse('{"type":"dance","ref":"7"}')
    assert (refusal.value.code, refusal.value.ref) == (Code.UNKNOWN_TYPE, "7")


def test_bad_frame_is_answered_with_its_ref_if_readable():
    with pytest.raises(FrameError) as refusal:
        protocol.parse('{"type":"post","ref":"abc"}')
    assert refusal.value.ref == "abc"


def test_a_post_is_read_with_all_its_fields():
    command = protocol.parse(json.dumps(POST | {"reply_to": 3, "ref": "x", "later": "addition"}))
    assert command == protocol.Post(client_id=uuid.UUID(CLIENT_ID), body="hello", reply_to=3, ref="x")


def outcome_of(frame):
    """Return the type of a command, or the code with which a frame is refused."""
    try:
        return protocol.parse(frame).__struct_config__.tag
    except FrameError as refusal:
        return refusal.code


@given(st.text())
def test_any_text_is_a_frame_or_a_protocol_error(frame):
    assert outcome_of(frame) in (Code.BAD_FRAME, Code.UNKNOWN_TYPE, Code.TOO_LONG)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["client_id", "body", "reply_to", "seq", "emoji", "on", "if_rev", "cursor", "ref"])


@given(st.sampled_from([str(c.__struct_config__.tag) for c in protocol.COMMANDS]), st.dictionaries(FIELDS, JSON))
def test_a_frame_of_a_known_type_is_read_or_refused(kind, fields):
    assert outcome_of(json.dumps({**fields, "type": kind})) in (kind, Code.BAD_FRAME, Code.TOO_LONG)


@given(st.integers(1, 10**15), st.integers(0, 10**15))
def test_cursor_survives_encoding_and_parsing(room_id, rev):
    cursor = Cursor("0a1b2c", room_id, rev)
    assert Cursor.parse(str(cursor)) == cursor


@each("made_up", ["", ".", "..", "e.1", "e.1.x", "e.-1.2", "e.1.²", "e.1.2.3", "e.1." + "9" * 30])
def test_a_cursor_that_was_never_issued_is_invalid(made_up):
    assert Cursor.parse(made_up) is None


def test_frames_omit_empty_optional_fields():
    assert json.loads(protocol.Ok(ref="1").encode()) == {"type": "ok", "ref": "1"}
    error = protocol.Error(code=Code.EMPTY, detail="A message can’t be empty.")
    assert json.loads(error.encode()) == {"type": "error", "code": "empty", "detail": "A message can’t be empty."}


def test_every_frame_names_its_type_first():
    for frame in (protocol.Pong(cursor="e.1.2"), protocol.Bye(reason="restart"), protocol.Reset(cursor="e.1.2")):
        assert frame.encode().startswith('{"type":"%s"' % frame.__struct_config__.tag)
        assert msgspec.json.decode(frame.encode())


# The fields without a default, by struct. They are those of its first release: a client or worker of another release
# may not know what was added later. So add a new struct here, but no field to one that is here already.
ALWAYS = {
    "Command": "",
    "StoredCommand": "",
    "MessageCommand": "seq",
    "PositionCommand": "",
    "Post": "client_id body",
    "Edit": "seq body",
    "Delete": "seq",
    "React": "seq emoji on",
    "Unfurl": "seq url on",
    "Read": "seq",
    "MarkUnread": "seq",
    "SetBookmark": "seq on",
    "CallCommand": "client_id name",
    "SetTyping": "on",
    "Ack": "cursor",
    "Ping": "",
    "PersonData": "id name guest",
    "ReactionData": "emoji people",
    "ReactionBy": "emoji count people",
    "FileData": "key name type size kind",
    "PreviewData": "url",
    "MessageData": "id seq rev client_id author body html created_at edited_at deleted reply_to reactions",
    "RoomData": "slug name topic visibility archived seq unread",
    "ListedRoom": "slug name topic visibility archived seq unread",
    "Standing": "role muted_until mute_reason archived",
    "Limits": "body posts_per_second posts_burst resume",
    "Unread": "unread mentions",
    "Frame": "",
    "Hello": "you room cursor people count read limits",
    "Changes": "cursor messages",
    "Reset": "cursor",
    "Ok": "",
    "Error": "code detail",
    "People": "joined left count",
    "Typing": "person on",
    "Rooms": "unread",
    "Alert": "room message",
    "Saved": "room seq on",
    "CommandAnswer": "name text html",
    "Online": "on off",
    "Pong": "cursor",
    "StandingChanged": "standing",
    "Bye": "reason",
}


def test_fields_added_to_the_wire_have_defaults():
    structs = [it for it in vars(protocol).values() if isinstance(it, type) and issubclass(it, msgspec.Struct)]
    required = {it: {field.name for field in msgspec.structs.fields(it) if field.required} for it in structs}
    public = {it.__name__: names for it, names in required.items() if not it.__name__.startswith("_")}
    assert public == {name: set(fields.split()) for name, fields in ALWAYS.items()}
