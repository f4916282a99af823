"""The read position of a room across connections. It prevents gaps and duplicates."""

from collections.abc import Awaitable, Callable

import msgspec
from msgspec.structs import replace

from chat.protocol import Changes, Hello, MessageData
from chat.terminal.position import Position
from chat.terminal.site import HistoryPageReply

PAGE_MESSAGES = 200

# Returns a page of at most so many messages after a seq, or of the newest ones.
PageOf = Callable[[int | None, int], Awaitable[HistoryPageReply]]


class HistorySync:
    """Passes each message to `take` once. During that call `position` is still the one before the messages.

    Without a position to resume from, the newest `history` messages come first.
    """

    def __init__(self, take: Callable[[list[MessageData]], None], position: Position | None, history: int):
        self.position = position
        self._take, self._history = take, history
        # Messages loaded over HTTP that the socket may bring again: seq to revision.
        self._loaded: dict[int, int] = {}

    @property
    def cursor(self) -> str:
        """The cursor to resume from. It is empty if none is known."""
        return self.position.cursor if self.position else ""

    def begin(self, hello: Hello) -> bool:
        """Set the position at the start of a connection. Return whether a `load` over HTTP is needed."""
        wants_only_news = self.position is None and not self._history
        if wants_only_news or self.cursor == hello.cursor:
            self.position = Position.at_head(hello.cursor, hello.room.seq)
        return not self.cursor

    def reach(self, cursor: str) -> None:
        """Handle the cursor of the end of the log. A reader whose cursor equals it has read everything."""
        if self.position and self.position.cursor == cursor and self.position.seq is not None:
            self.position = Position.at_head(cursor, self.position.top)
            self._loaded.clear()

    def take(self, changes: Changes) -> int:
        """Pass on the messages not read before and move to the end of the frame. Return how many messages are in it."""
        messages = [msgspec.json.decode(raw, type=MessageData) for raw in changes.messages]
        position = self.position or Position(changes.cursor)
        self._take([it for it in messages if it.rev > max(position.rev, self._loaded.get(it.seq, 0))])
        for message in messages:
            position = position.after(message)
        self.position = replace(position, cursor=changes.cursor)
        return len(messages)

    async def load(self, cursor: str, page_of: PageOf) -> None:
        """Load over HTTP the messages that the socket does not bring.

        With a known `seq` these are all messages above it, otherwise the newest ones. The socket continues from
        `cursor`. The pages include edits made before the first page was read, but not edits of messages at or below
        `seq`.
        """
        before = self.position or Position("")
        self.position = here = replace(before, cursor="")
        self._loaded.clear()
        page = await self._load_page(before, page_of)
        rev = max((message.rev for message in page.messages), default=0)
        # A faulty server that always reports more messages must not cause an endless loop.
        while before.seq is not None and page.more and self.position != here:
            here = self.position
            page = await self._load_page(before, page_of)
        seq = self.position.seq or 0
        if not rev and seq:
            # A restored database may reuse seqs, so the log may now be shorter than the part that was read.
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
