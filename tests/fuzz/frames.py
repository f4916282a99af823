"""Frames with their expected answers: valid, nearly valid, and malformed ones."""

import json
import string
from dataclasses import dataclass

from hypothesis import strategies as st

UUIDS = st.uuids().map(str)
PLACES = st.integers(1, 2**53) | st.integers(1, 5)
# Unexpected text: overrides, joiners, controls, stacked marks, scripts, halves of emoji.
ODD = "\u202e\u2066\u200b\u200d\ufeff\u0301\x1b\x07\x7f\x85\u2028\ufdd0\U0010ffff\U000e0041👩ﷺ\u115f<&\"'\\@*_`[]()#~|"
TEXTS = st.text(st.sampled_from(ODD) | st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
EMOJI = st.sampled_from(["👍", "❤️", "👩‍👩‍👧", "🏳️‍🌈"])
# The protocol's commands: what each takes, beside a `ref`.
COMMANDS = {
    "post": {"client_id": UUIDS, "body": TEXTS, "reply_to": PLACES},
    "edit": {"seq": PLACES, "body": TEXTS, "if_rev": PLACES},
    "delete": {"seq": PLACES},
    "unfurl": {"seq": PLACES, "url": TEXTS, "on": st.booleans()},
    "react": {"seq": PLACES, "emoji": EMOJI, "on": st.booleans()},
    "read": {"seq": st.integers(0, 2**53)},
    "unread": {"seq": PLACES},
    "bookmark": {"seq": PLACES, "on": st.booleans(), "note": TEXTS},
    "command": {"client_id": UUIDS, "name": TEXTS, "arguments": TEXTS},
    "typing": {"on": st.booleans()},
    "ack": {"cursor": TEXTS},
    "ping": {},
}
OPTIONAL = {"reply_to", "if_rev", "note", "arguments"}
# Those that are answered only where they carry a `ref`, unless they are refused.
SILENT = {"typing", "ack"}
WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda it: not it.is_integer()),
    st.just(2**53 + 1),
    st.just(-1),
    st.just(10**300),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(TEXTS, st.integers(), max_size=2),
    st.just("no such thing"),
)


@dataclass(frozen=True, repr=False)
class Sent:
    """A frame, and what it is answered with: `codes` are those of an error that may come, None stands for no error,
    SILENCE for nothing at all. `ref` is what the answer carries, ANY where nobody knows."""

    frame: str | bytes
    codes: tuple[str | None, ...]
    ref: str | None = None

    def __repr__(self):
        return f"{self.frame[:400]!r} ({len(self.frame)}) -> {self.codes} {self.ref!r}"


SILENCE, ANY = "silence", "any"
BAD = ("bad_frame",)
# Error codes that a well-formed frame may get.
REFUSALS = ("too_long", "empty", "not_found", "forbidden", "conflict", "bad_frame")


def dumps(fields, *, escaped=True):
    return json.dumps(fields, ensure_ascii=escaped)


@st.composite
def commands(draw):
    """Return commands of the right form, with any content."""
    kind = draw(st.sampled_from(sorted(COMMANDS)))
    fields = {name: draw(it) for name, it in COMMANDS[kind].items() if name not in OPTIONAL or draw(st.booleans())}
    ref = draw(st.none() | TEXTS.filter(lambda it: len(it) <= 64))
    more = draw(st.dictionaries(st.text(string.ascii_letters, min_size=12, max_size=14), st.integers(), max_size=2))
    frame = {"type": kind, **fields, **more, **({} if ref is None else {"ref": ref})}
    return kind, frame


@st.composite
def right(draw):
    """Return valid commands about objects that may not exist."""
    kind, fields = draw(commands())
    done = SILENCE if kind in SILENT and "ref" not in fields else None
    return Sent(dumps(fields, escaped=draw(st.booleans())), (done, *REFUSALS), fields.get("ref"))


@st.composite
def misshapen(draw):
    """Return commands with a missing field or a wrong value."""
    _, fields = draw(commands().filter(lambda it: it[0] != "ping"))
    required = sorted(COMMANDS[fields["type"]].keys() - OPTIONAL)
    name = draw(st.sampled_from(required))
    if draw(st.booleans()):
        del fields[name]
    else:
        fields[name] = draw(
            WRONG.filter(lambda it: type(it) is not type(fields[name]) or it in (-1, 2**53 + 1, 10**300))
        )
    return Sent(dumps(fields), BAD, fields.get("ref"))


@st.composite
def without_type(draw):
    """Return an object without a type, or with a type that the protocol does not have."""
    fields = draw(st.dictionaries(TEXTS, st.integers() | TEXTS | st.none(), max_size=3))
    fields.pop("ref", None)
    kind = draw(st.none() | TEXTS.filter(lambda it: it not in COMMANDS))
    if kind is None:
        fields["type"] = draw(st.none() | st.integers() | st.lists(st.just("post"), max_size=1))
        return Sent(dumps(fields), BAD)
    return Sent(dumps({**fields, "type": kind}), ("unknown_type",))


def _post(rest):
    return '{"type":"post","client_id":"6f9619ff-8b86-4d01-b42d-00cf4fc964ff",' + rest + "}"


POISON = {
    "nothing": "",
    "no JSON": "hello",
    "no object": "[]",
    "half an object": '{"type":"ping"',
    "two objects": '{"type":"ping"}{"type":"ping"}',
    "brackets, 60,000 deep": "[" * 60_000,
    "brackets in a field": _post('"body":"x","y":' + "[" * 20_000 + "]" * 20_000),
    "braces, 10,000 deep": '{"a":' * 10_000,
    "integer of 5,000 digits": _post('"body":"x","reply_to":' + "9" * 5_000),
    "integer of 4,000 digits": _post('"body":"x","reply_to":' + "9" * 4_000),
    "exponent without end": _post('"body":"x","reply_to":1e999999'),
    "lone surrogate": _post(r'"body":"\ud800"'),
    "lone surrogate in a name": _post(r'"body":"x","\udfff":1'),
    "NUL": _post(r'"body":"a\u0000b"'),
    "NaN": _post('"body":"x","reply_to":NaN'),
    "Infinity": _post('"body":"x","reply_to":-Infinity'),
    "a name twice": _post('"body":"x","body":"y"'),
    "the type twice": '{"type":"ping","type":"ping"}',
    "a name twice within": _post('"body":"x","y":{"a":1,"a":2}'),
    "a byte order mark": "\ufeff" + '{"type":"ping"}',
    "a ref of 65": '{"type":"ping","ref":"' + "x" * 65 + '"}',
    "an invalid ref": '{"type":"ping","ref":1}',
    "a comment": '{"type":"ping" /* ! */}',
    "single quotes": "{'type':'ping'}",
}
# 100,000 brackets are more than a frame may have.
TOO_LONG = {
    "brackets, 100,000 deep": "[" * 100_000,
    "a body of 64 KiB": _post('"body":"' + "x" * 65_536 + '"'),
    "64 KiB in bytes only": _post('"body":"' + "€" * 30_000 + '"'),
}
poison = st.sampled_from(sorted(POISON.values())).map(lambda it: Sent(it, BAD)) | st.sampled_from(
    sorted(TOO_LONG.values())
).map(lambda it: Sent(it, ("too_long",)))
binary = st.binary(max_size=60).map(lambda it: Sent(it, BAD))


@st.composite
def garbled(draw):
    """Return a valid frame with some characters replaced, removed or doubled, which may leave it valid."""
    _, fields = draw(commands())
    text = list(dumps(fields, escaped=False))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(text) - 1))
        text[place : place + draw(st.integers(0, 3))] = draw(
            TEXTS.map(lambda it: it[:3]) | st.sampled_from('{}[]",:0\\')
        )
        if not text:
            break
    return Sent("".join(text), (None, SILENCE, "unknown_type", *REFUSALS), ANY)


FRAMES = right() | misshapen() | without_type() | poison | binary | garbled()
