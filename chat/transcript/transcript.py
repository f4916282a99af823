"""A room as a stream of events, derived from the frames of the protocol: posts, edits, deletions, reactions, joins.

The terminal client and the plain-text WebSocket interface print these events.
"""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

import msgspec

from chat.protocol import Changes, CommandAnswer, Frame, Hello, MessageData, People, PersonData, Reset

# Number of messages kept, to detect changes and to quote.
KEPT_MESSAGES = 2000


@dataclass(frozen=True, slots=True)
class Day:
    """The following events are on another day than those before."""

    date: date


@dataclass(frozen=True, slots=True)
class Posted:
    message: MessageData
    quoted: MessageData | None


@dataclass(frozen=True, slots=True)
class Edited:
    message: MessageData


@dataclass(frozen=True, slots=True)
class Deleted:
    message: MessageData


@dataclass(frozen=True, slots=True)
class Reacted:
    """A reaction that was added. `name` is None if the person is not known here."""

    message: MessageData
    name: str | None
    emoji: str


@dataclass(frozen=True, slots=True)
class Joined:
    names: list[str]


@dataclass(frozen=True, slots=True)
class Left:
    names: list[str]


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a command that this person has called. Nobody else sees it."""

    command: str
    text: str


@dataclass(frozen=True, slots=True)
class StartedOver:
    """The room's history was replaced, or too many messages were missed."""


TranscriptEvent = Day | Posted | Edited | Deleted | Reacted | Joined | Left | Answered | StartedOver


class Transcript:
    """Turns frames into events: `take` a frame and print the events it returns.

    `live_only` skips messages from before the first `hello`, and their changes. `after` skips those up to this seq.
    Otherwise the first message is reported, and everything above it. `keep` is the number of messages to remember,
    without their HTML.
    """

    def __init__(
        self,
        *,
        live_only: bool = False,
        after: int | None = None,
        zone: tzinfo | None = None,
        keep: int = KEPT_MESSAGES,
    ):
        self.messages: dict[int, MessageData] = {}
        self.people: dict[int, PersonData] = {}
        self.you: PersonData | None = None
        self._live_only, self._zone, self._most = live_only, zone, keep
        self._first = None if after is None else after + 1
        self._day = datetime.now(zone).date()
        self._names: dict[int, str] = {}
        self._quotable: dict[int, MessageData] = {}

    def take(self, frame: Frame) -> list[TranscriptEvent]:
        match frame:
            case Hello():
                self._on_hello(frame)
            case Changes():
                messages = [msgspec.json.decode(raw, type=MessageData) for raw in frame.messages]
                return self.take_messages(messages)
            case People():
                return self._take_people(frame)
            case CommandAnswer():
                return [Answered(frame.name, frame.text)]
            case Reset():
                self.messages.clear()
                # Seqs in a restored room may be lower than those reported before.
                self._first, self._live_only = None, False
                return [StartedOver()]
        return []

    def take_messages(self, messages: list[MessageData]) -> list[TranscriptEvent]:
        """Handle messages in any order, each in its present state."""
        events: list[TranscriptEvent] = []
        for message in sorted(messages, key=lambda it: it.seq):
            known = self.messages.get(message.seq)
            if known is None and self._is_new(message):
                events += self._new_day(message)
                events.append(Posted(message, self._quoted_by(message)))
            elif known is not None and message.rev > known.rev:
                events += self._changed(known, message)
            else:
                continue
            self._keep(message)
        return events

    def remember(self, message: MessageData) -> None:
        """Remember a message that was not reported, so that it can be quoted."""
        if len(self._quotable) >= KEPT_MESSAGES:
            self._quotable.clear()
        self._quotable[message.seq] = message

    def time_of(self, message: MessageData) -> datetime:
        """Return the time of a message in the reader's zone."""
        return moment(message.created_at, self._zone)

    def name_of(self, person_id: int) -> str | None:
        return self._names.get(person_id)

    # ---- Messages

    def _is_new(self, message: MessageData) -> bool:
        """Return whether a message is new, and not a changed one from before the transcript began."""
        return self._first is None or message.seq >= self._first

    def _keep(self, message: MessageData) -> None:
        if self._first is None:
            self._first = message.seq
        self.messages[message.seq] = msgspec.structs.replace(message, html="")
        if message.author:
            self._names[message.author.id] = message.author.name
        if len(self.messages) > self._most:
            oldest = next(iter(self.messages))
            del self.messages[oldest]
            self._first = max(self._first, oldest + 1)

    def _quoted_by(self, message: MessageData) -> MessageData | None:
        seq = message.reply_to or 0
        return self.messages.get(seq) or self._quotable.get(seq)

    def _new_day(self, message: MessageData) -> list[TranscriptEvent]:
        day = self.time_of(message).date()
        if day == self._day:
            return []
        self._day = day
        return [Day(day)]

    def _changed(self, known: MessageData, message: MessageData) -> list[TranscriptEvent]:
        if message.deleted:
            return [] if known.deleted else [Deleted(known)]
        events: list[TranscriptEvent] = []
        if message.body != known.body or len(message.files) < len(known.files):
            events.append(Edited(message))
        before = {(reaction.emoji, person_id) for reaction in known.reactions for person_id in reaction.people}
        events += (
            Reacted(message, self._names.get(person_id), reaction.emoji)
            for reaction in message.reactions
            for person_id in reaction.people
            if (reaction.emoji, person_id) not in before
        )
        return events

    # ---- People

    def _on_hello(self, hello: Hello) -> None:
        """Handle a `hello`, also after a reconnect. Joins and leaves in between are not reported."""
        self.you = hello.you
        self.people = {person.id: person for person in hello.people}
        self._names |= {person.id: person.name for person in hello.people}
        if self._live_only and self._first is None:
            self._first = hello.room.seq + 1

    def _take_people(self, frame: People) -> list[TranscriptEvent]:
        joined = [person.name for person in frame.joined if person.id not in self.people and person != self.you]
        left = [self.people.pop(person_id).name for person_id in frame.left if person_id in self.people]
        self.people |= {person.id: person for person in frame.joined}
        self._names |= {person.id: person.name for person in frame.joined}
        return [*([Joined(joined)] if joined else []), *([Left(left)] if left else [])]


def moment(time: str, zone: tzinfo | None = None) -> datetime:
    """Parse a time of the protocol into `zone`, or into the local zone. An invalid time becomes the epoch."""
    try:
        return datetime.fromisoformat(time).astimezone(zone)
    except (ValueError, OverflowError):
        return datetime.fromtimestamp(0, zone)
