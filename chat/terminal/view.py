"""One room as the prompt shows it: the transcript, who is present and typing, and the session."""

import asyncio
from collections.abc import Awaitable, Callable

from chat.protocol import (
    TYPING_TTL_SECONDS,
    Alert,
    Frame,
    Hello,
    MessageData,
    PersonData,
    Post,
    Rooms,
    StandingChanged,
    Typing,
    Unread,
)
from chat.terminal.exit_codes import ExitError
from chat.terminal.outbox import Pending
from chat.terminal.room_session import RoomSession, Status
from chat.terminal.site import Site
from chat.terminal.threads import in_thread
from chat.transcript.transcript import Transcript, TranscriptEvent


class View:
    """Listens to its own session. `show` gets the events in order. `changed` is called when the status line changes."""

    def __init__(self, site: Site, token: str, room: str, history: int, changed: Callable[[], None]):
        self.transcript = Transcript(live_only=not history)
        self.session = RoomSession(site, token, room, self, history=history, insist=False)
        self.connection_status: Status | None = None
        self.unread: dict[str, Unread] = {}
        # The names of direct conversations by slug. Their slugs say nothing. All views of a prompt share it.
        self.direct_names: dict[str, str] = {}
        # Whether the user belongs to the room. If not, reading is not reported, because that would join it.
        self.is_member = True
        self.may_mention_room = False
        # The words of the last /members and the id of the last person it listed.
        self.listed_members: tuple[str, int] = ("", 0)
        # Called for each message of another room that notifies the user.
        self.alert: Callable[[], None] = lambda: None
        self.show: Callable[[list[TranscriptEvent]], None] = lambda events: None
        self._site, self._token, self._changed = site, token, changed
        self._typing: dict[int, tuple[PersonData, float]] = {}
        self._queue: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._read_seq = 0
        self._new_name = ""

    async def run(self) -> None:
        """Run until cancelled. Raises ExitError if the room cannot be followed any more."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._handle_queue())
            await self.session.run()

    # ---- State for the prompt

    @property
    def me(self) -> PersonData | None:
        return self.session.hello.you if self.session.hello else None

    @property
    def room_name(self) -> str:
        return self._new_name or (self.session.hello.room.name if self.session.hello else self.session.room)

    @property
    def is_public(self) -> bool:
        return self.session.hello is not None and self.session.hello.room.visibility == "public"

    @property
    def unsent(self) -> list[Pending]:
        return [pending for pending in self.session.outbox.waiting if isinstance(pending.command, Post)]

    @property
    def typing(self) -> list[PersonData]:
        """The people who are typing now."""
        now = asyncio.get_running_loop().time()
        return [person for person, until in self._typing.values() if until > now]

    def newest(self, *, mine: bool) -> MessageData | None:
        """Return the newest message of the user, or of someone else, that is not deleted."""
        for message in reversed(self.transcript.messages.values()):
            if not message.deleted and (message.author == self.me) is mine:
                return message
        return None

    def unread_up_to(self) -> int | None:
        """Return the seq up to which everything was seen, or None if that is not further than last time."""
        newest = max(self.transcript.messages, default=0)
        if newest <= self._read_seq:
            return None
        self._read_seq = newest
        return newest

    # ---- Events of the session

    def status(self, status: Status) -> None:
        self.connection_status = status
        self._changed()

    def frame(self, frame: Frame) -> None:
        match frame:
            case Hello():
                self._read_seq = frame.read
                self.is_member = frame.standing is None or frame.standing.member
                self.may_mention_room = frame.standing is not None and frame.standing.room_mentions
                self._new_name = ""
                self._typing.clear()
            case StandingChanged():
                self._new_name = frame.standing.name
                self.is_member = frame.standing.member
                self.may_mention_room = frame.standing.room_mentions
            case Typing() if frame.on:
                until = asyncio.get_running_loop().time() + TYPING_TTL_SECONDS
                self._typing[frame.person.id] = (frame.person, until)
            case Typing():
                self._typing.pop(frame.person.id, None)
            case Alert():
                self.alert()
            case Rooms():
                self.unread |= frame.unread
                listed = (*frame.joined, *frame.changed)
                self.direct_names |= {it.slug: it.name for it in listed if it.visibility == "direct"}
                self._read_seq = max(self._read_seq, frame.read or 0)
        self._queue.put_nowait(lambda: self._handle_frame(frame))
        self._changed()

    def messages(self, messages: list[MessageData]) -> None:
        for message in messages:
            if message.author is not None:
                self._typing.pop(message.author.id, None)
        self._queue.put_nowait(lambda: self._handle_messages(messages))

    # ---- Events are handled in order, because a quoted message may have to be fetched first

    async def _handle_queue(self) -> None:
        while True:
            await (await self._queue.get())()

    async def _handle_frame(self, frame: Frame) -> None:
        self.show(self.transcript.take(frame))

    async def _handle_messages(self, messages: list[MessageData]) -> None:
        known = self.transcript.messages.keys() | {message.seq for message in messages}
        for seq in sorted({message.reply_to for message in messages if message.reply_to} - known):
            await self._fetch(seq)
        self.show(self.transcript.take_messages(messages))

    async def _fetch(self, seq: int) -> None:
        try:
            page = await in_thread(self._site.messages, self._token, self.session.room, around=seq, limit=1)
        except ExitError:
            return  # the reply then shows the number of the quoted message
        for message in page.messages:
            self.transcript.remember(message)
