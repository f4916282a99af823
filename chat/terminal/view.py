"""One room as it is shown at a prompt: what was said, who is here, who is typing, and the line to it."""

import asyncio
from collections.abc import Awaitable, Callable

from chat.protocol import TYPING_TTL_SECONDS, Frame, Hello, MessageData, PersonData, Post, Rooms, Typing, Unread
from chat.terminal.exit_codes import ExitError
from chat.terminal.outbox import Pending
from chat.terminal.room_session import RoomSession, Status
from chat.terminal.site import Site
from chat.terminal.threads import in_thread
from chat.transcript.transcript import Transcript, TranscriptEvent


class View:
    """Listens to its own line. `show` is given what happens, in order; `changed` is called when the status line has."""

    def __init__(self, site: Site, token: str, room: str, history: int, changed: Callable[[], None]):
        self.transcript = Transcript(live_only=not history)
        self.line = RoomSession(site, token, room, self, history=history, insist=False)
        self.line_status: Status | None = None
        self.unread: dict[str, Unread] = {}
        self.show: Callable[[list[TranscriptEvent]], None] = lambda happenings: None
        self._site, self._token, self._changed = site, token, changed
        self._typing: dict[int, tuple[PersonData, float]] = {}
        self._heard: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._read_seq = 0

    async def run(self) -> None:
        """Until cancelled. Failure when the room cannot be followed any more."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell())
            await self.line.run()

    # ---- What the prompt asks

    @property
    def me(self) -> PersonData | None:
        return self.line.hello.you if self.line.hello else None

    @property
    def room_name(self) -> str:
        return self.line.hello.room.name if self.line.hello else self.line.room

    @property
    def unsent(self) -> list[Pending]:
        return [pending for pending in self.line.outbox.waiting if isinstance(pending.command, Post)]

    @property
    def typing(self) -> list[PersonData]:
        """Those who are typing now."""
        now = asyncio.get_running_loop().time()
        return [person for person, until in self._typing.values() if until > now]

    def newest(self, *, mine: bool) -> MessageData | None:
        """The last message that is mine, or somebody else's, and was not deleted."""
        for message in reversed(self.transcript.messages.values()):
            if not message.deleted and (message.author == self.me) is mine:
                return message
        return None

    def unread_up_to(self) -> int | None:
        """The place up to which everything was seen now, if that is further than was told last time."""
        newest = max(self.transcript.messages, default=0)
        if newest <= self._read_seq:
            return None
        self._read_seq = newest
        return newest

    # ---- What the line says

    def status(self, status: Status) -> None:
        self.line_status = status
        self._changed()

    def frame(self, frame: Frame) -> None:
        match frame:
            case Hello():
                self._read_seq = frame.read
                self._typing.clear()
            case Typing() if frame.on:
                until = asyncio.get_running_loop().time() + TYPING_TTL_SECONDS
                self._typing[frame.person.id] = (frame.person, until)
            case Typing():
                self._typing.pop(frame.person.id, None)
            case Rooms():
                self.unread |= frame.unread
        self._heard.put_nowait(lambda: self._tell_frame(frame))
        self._changed()

    def messages(self, messages: list[MessageData]) -> None:
        for message in messages:
            if message.author is not None:
                self._typing.pop(message.author.id, None)
        self._heard.put_nowait(lambda: self._tell_messages(messages))

    # ---- One after the other, since a quoted message may have to be fetched first

    async def _tell(self) -> None:
        while True:
            await (await self._heard.get())()

    async def _tell_frame(self, frame: Frame) -> None:
        self.show(self.transcript.take(frame))

    async def _tell_messages(self, messages: list[MessageData]) -> None:
        known = self.transcript.messages.keys() | {message.seq for message in messages}
        for seq in sorted({message.reply_to for message in messages if message.reply_to} - known):
            await self._fetch(seq)
        self.show(self.transcript.take_messages(messages))

    async def _fetch(self, seq: int) -> None:
        try:
            page = await in_thread(self._site.messages, self._token, self.line.room, around=seq, limit=1)
        except ExitError:
            return  # it is quoted by its number then
        for message in page.messages:
            self.transcript.remember(message)
