"""A room as a stream of happenings: what the protocol's frames say was said, changed, taken back, who came and went.

For everybody who reads lines rather than a page: the terminal client, and WebSocket tools that know no protocol.
"""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

import msgspec

from chat.protocol import Changes, Frame, Hello, MessageData, People, PersonData, Reset

# Messages remembered, to tell what changed about them and to quote them.
KEPT_MESSAGES = 2000


@dataclass(frozen=True, slots=True)
class Day:
    """What follows happened on another day than what came before."""

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
    """Somebody set a reaction; `name` is None for somebody never seen here."""

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
class StartedOver:
    """The room's history was replaced, or too much of it was missed."""


TranscriptEvent = Day | Posted | Edited | Deleted | Reacted | Joined | Left | StartedOver


class Transcript:
    """What has been told so far: `take` a frame, tell what it returns.

    `live_only`: messages from before the first `hello` are never told, whatever happens to them. `after`: nor are those
    up to this place. Else whatever comes first is told, and from there on everything above it. `keep`: so many messages
    are remembered, without their HTML.
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
                self._greet(frame)
            case Changes():
                messages = [msgspec.json.decode(raw, type=MessageData) for raw in frame.messages]
                return self.take_messages(messages)
            case People():
                return self._take_people(frame)
            case Reset():
                self.messages.clear()
                # Places in a restored room may lie below those told before.
                self._first, self._live_only = None, False
                return [StartedOver()]
        return []

    def take_messages(self, messages: list[MessageData]) -> list[TranscriptEvent]:
        """Messages in any order, each in its present state."""
        happenings: list[TranscriptEvent] = []
        for message in sorted(messages, key=lambda it: it.seq):
            known = self.messages.get(message.seq)
            if known is None and self._is_new(message):
                happenings += self._new_day(message)
                happenings.append(Posted(message, self._quoted_by(message)))
            elif known is not None and message.rev > known.rev:
                happenings += self._changed(known, message)
            else:
                continue
            self._keep(message)
        return happenings

    def remember(self, message: MessageData) -> None:
        """One that was not told here, to be quoted."""
        if len(self._quotable) >= KEPT_MESSAGES:
            self._quotable.clear()
        self._quotable[message.seq] = message

    def time_of(self, message: MessageData) -> datetime:
        """When it was said, in the reader's zone."""
        return moment(message.created_at, self._zone)

    def name_of(self, person_id: int) -> str | None:
        return self._names.get(person_id)

    # ---- Messages

    def _is_new(self, message: MessageData) -> bool:
        """Not one from before everything told, which only changed."""
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
        happenings: list[TranscriptEvent] = []
        if message.body != known.body:
            happenings.append(Edited(message))
        before = {(reaction.emoji, who) for reaction in known.reactions for who in reaction.people}
        happenings += (
            Reacted(message, self._names.get(who), reaction.emoji)
            for reaction in message.reactions
            for who in reaction.people
            if (reaction.emoji, who) not in before
        )
        return happenings

    # ---- People

    def _greet(self, hello: Hello) -> None:
        """Also after a break, when nobody needs to hear who came and went meanwhile."""
        self.you = hello.you
        self.people = {person.id: person for person in hello.people}
        self._names |= {person.id: person.name for person in hello.people}
        if self._live_only and self._first is None:
            self._first = hello.room.seq + 1

    def _take_people(self, frame: People) -> list[TranscriptEvent]:
        came = [person.name for person in frame.joined if person.id not in self.people and person != self.you]
        went = [self.people.pop(who).name for who in frame.left if who in self.people]
        self.people |= {person.id: person for person in frame.joined}
        self._names |= {person.id: person.name for person in frame.joined}
        return [*([Joined(came)] if came else []), *([Left(went)] if went else [])]


def moment(time: str, zone: tzinfo | None = None) -> datetime:
    """A time of the wire in `zone`, or in that of this computer. What is no time is that of the epoch."""
    try:
        return datetime.fromisoformat(time).astimezone(zone)
    except (ValueError, OverflowError):
        return datetime.fromtimestamp(0, zone)
