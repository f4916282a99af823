"""How far a room was read, over any number of connections: nothing is missed, and nothing is told twice."""

from collections.abc import Awaitable, Callable

import msgspec
from msgspec.structs import replace

from chat.protocol import Changes, Hello, MessageData
from chat.terminal.position import Position
from chat.terminal.site import HistoryPageReply

PAGE_MESSAGES = 200

# Gives so many of the messages after a place, or of the newest.
PageOf = Callable[[int | None, int], Awaitable[HistoryPageReply]]


class HistorySync:
    """`take` is given messages while `position` is still the one before them.

    Without a position to resume from, the newest `history` messages come first.
    """

    def __init__(self, take: Callable[[list[MessageData]], None], position: Position | None, history: int):
        self.position = position
        self._take, self._history = take, history
        # What came over HTTP and may come over the socket once more: place to revision.
        self._loaded: dict[int, int] = {}

    @property
    def cursor(self) -> str:
        """What the server may be asked to resume from; nothing where that is not known."""
        return self.position.cursor if self.position else ""

    def begin(self, hello: Hello) -> bool:
        """Stand where a connection begins. Whether there is something to `load` that it will not bring."""
        wants_only_news = self.position is None and not self._history
        if wants_only_news or self.cursor == hello.cursor:
            self.position = Position.at_head(hello.cursor, hello.room.seq)
        return not self.cursor

    def reach(self, cursor: str) -> None:
        """The end of the log is at `cursor` now. Whoever stands there has read all of it."""
        if self.position and self.position.cursor == cursor and self.position.seq is not None:
            self.position = Position.at_head(cursor, self.position.top)
            self._loaded.clear()

    def take(self, changes: Changes) -> int:
        """Pass on what was not read before, and stand where the frame ends. The number of messages in the frame."""
        messages = [msgspec.json.decode(raw, type=MessageData) for raw in changes.messages]
        position = self.position or Position(changes.cursor)
        self._take([it for it in messages if it.rev > max(position.rev, self._loaded.get(it.seq, 0))])
        for message in messages:
            position = position.after(message)
        self.position = replace(position, cursor=changes.cursor)
        return len(messages)

    async def load(self, cursor: str, page_of: PageOf) -> None:
        """What the socket does not bring comes over HTTP: all above what was read for certain, or, where nobody knows
        what was, the newest. The socket goes on from `cursor`. What changed up to the first page is told by the pages,
        and of messages that were read before not at all."""
        before = self.position or Position("")
        self.position = here = replace(before, cursor="")
        self._loaded.clear()
        page = await self._load_page(before, page_of)
        rev = max((message.rev for message in page.messages), default=0)
        # A site that says there is more and gives nothing would be asked for ever.
        while before.seq is not None and page.more and self.position != here:
            here = self.position
            page = await self._load_page(before, page_of)
        seq = self.position.seq or 0
        if not rev and seq:
            # Places may be given out anew: then the log is shorter now than what was read of another one.
            newest = await page_of(None, 1)
            seq = min(seq, max((message.seq for message in newest.messages), default=0))
        self.position = Position(cursor, rev, seq, seq)

    async def _load_page(self, before: Position, page_of: PageOf) -> HistoryPageReply:
        assert self.position is not None
        seq = self.position.seq
        page = await page_of(seq, PAGE_MESSAGES if seq is not None else self._history or PAGE_MESSAGES)
        self._take([message for message in page.messages if not before.has(message)])
        self._loaded |= {message.seq: message.rev for message in page.messages}
        seq = max([seq or 0, *(message.seq for message in page.messages)])
        self.position = replace(self.position, seq=seq, top=max(seq, before.top))
        return page
