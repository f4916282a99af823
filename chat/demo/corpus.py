"""The corpus of the demo data, read from `corpus.toml`."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).with_name("corpus.toml")
SPEAKERS = "ABCD"

_LINE = re.compile(r"([A-D])(>?): (.+)")
_WORD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Utterance:
    """One message of a thread. Pieces at even positions are text, those at odd ones are names of words to fill in."""

    speaker: int
    answers: bool
    pieces: tuple[str, ...]

    def said(self, words: Mapping[str, str]) -> str:
        return "".join([words[piece] if index % 2 else piece for index, piece in enumerate(self.pieces)])


@dataclass(frozen=True, slots=True)
class Thread:
    """A short conversation, and the words that it needs."""

    lines: tuple[Utterance, ...]
    words: tuple[str, ...]
    speakers: int


@dataclass(frozen=True, slots=True)
class Topic:
    """A room and its threads."""

    name: str
    topic: str
    visibility: str
    threads: tuple[Thread, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    people: list[str]
    asides: list[str]
    reactions: list[str]
    words: dict[str, list[str]]
    rooms: list[Topic]


def load() -> Corpus:
    source = tomllib.loads(CORPUS.read_text(encoding="utf-8"))
    return Corpus(
        source["people"], source["asides"], source["reactions"], source["words"], [_topic(it) for it in source["rooms"]]
    )


def _topic(source: dict[str, Any]) -> Topic:
    threads = tuple(_thread(block) for block in source["threads"].strip("\n").split("\n\n"))
    return Topic(source["name"], source["topic"], source.get("visibility", "public"), threads)


def _thread(block: str) -> Thread:
    lines: list[Utterance] = []
    for start in re.split(r"\n(?=\S)", block):
        match = _LINE.match(start)
        if match is None:
            raise ValueError(f"A line of a thread begins with its speaker: {start!r}")
        speaker, answers, _ = match.groups()
        spoken = start[match.start(3) :].replace("\n  ", "\n")
        lines.append(Utterance(SPEAKERS.index(speaker), bool(answers), tuple(_WORD.split(spoken))))
    drawn = {piece for line in lines for piece in line.pieces[1::2]}
    named = {SPEAKERS.index(word) for word in drawn if word in SPEAKERS}
    speakers = 1 + max({line.speaker for line in lines} | named)
    return Thread(tuple(lines), tuple(sorted(drawn - set(SPEAKERS))), speakers)
