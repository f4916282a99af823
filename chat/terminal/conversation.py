"""The interactive client: a prompt that posts to one room at a time and shows its events."""

import asyncio
import signal
import uuid
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from pathlib import Path

from prompt_toolkit.formatted_text import StyleAndTextTuples

from chat.protocol import (
    MAX_HISTORY,
    TYPING_INTERVAL_SECONDS,
    Command,
    MessageData,
    PersonData,
    Post,
    Read,
    RoomData,
    SetTyping,
)
from chat.terminal import commands, statusline
from chat.terminal.command_table import Mistake
from chat.terminal.completion import PromptCompleter
from chat.terminal.exit_codes import ExitError, SignedOut
from chat.terminal.identity import TerminalIdentity
from chat.terminal.outbox import CommandRefused, Pending
from chat.terminal.screen import Screen
from chat.terminal.site import ActivityReply, MembersReply, RoomListReply, RoomReply, Site
from chat.terminal.style import EVERYONE, fragments
from chat.terminal.threads import in_thread
from chat.terminal.upload import upload
from chat.terminal.view import View
from chat.transcript.lines import one_line, printable
from chat.transcript.transcript import TranscriptEvent

HISTORY = 50
# Delay from a key press until everything on the screen counts as read.
READING_SECONDS = 1.0


def converse(site: Site, identity: TerminalIdentity, room: str, history: int | None, *, rings: bool) -> None:
    """Run the prompt until the user leaves. Raises ExitError if the site refuses or removes them.

    `rings` says whether the bell rings for messages of other rooms that notify the user.
    """
    token = identity.token()
    try:
        rooms = site.rooms(token).rooms
    except SignedOut as refused:
        token = identity.token_after(refused)
        rooms = site.rooms(token).rooms
    asyncio.run(Conversation(site, token, rooms, HISTORY if history is None else history, rings=rings).run(room))


class Conversation:
    def __init__(self, site: Site, token: str, rooms: Sequence[RoomData], history: int, *, rings: bool):
        self.screen = Screen(
            self.enter,
            self._on_key,
            lambda: statusline.prompt(self.view),
            lambda: statusline.status(self.view),
            PromptCompleter(self._names, lambda: [room.slug for room in self._rooms], self._messages),
        )
        self.view: View
        self._site, self._token, self._rooms, self._history = site, token, rooms, min(history, MAX_HISTORY)
        self._direct_names = {room.slug: room.name for room in rooms if room.visibility == "direct"}
        self._rings = rings
        self._views: dict[View, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup
        self._tasks: set[asyncio.Task[None]] = set()
        self._typing_at = float("-inf")
        self._is_typing = self._is_reading = False
        self._failure: Exception | None = None
        # The view of a room that the user leaves. The site may disconnect it before it answers.
        self._left: View | None = None
        self._wants_to_leave = False

    async def run(self, room: str) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.screen.leave)  # restores the terminal's echo
        async with asyncio.TaskGroup() as self._group:
            self._follow(room)
            await self.screen.run()
            for pending in self._unsent():
                print(f"Not sent: {printable(pending.text)}")
            for task in self._tasks:
                task.cancel()
        if self._failure is not None:
            raise self._failure

    # ---- User input

    def enter(self, text: str) -> None:
        """Handle a line that was entered at the prompt."""
        text = text.encode(errors="replace").decode()  # bytes that are not UTF-8 arrive as lone surrogates
        # A post ends the typing state on the server. The next key starts it again.
        self._is_typing, self._typing_at = False, float("-inf")
        if not text.strip():
            self.view.session.retry()
        elif (message := commands.message_in(text)) is None:
            self._start(self._execute(text))
        else:
            self.post(message)

    def post(self, text: str, reply_to: int | None = None) -> None:
        self.ask(Post(client_id=uuid.uuid4(), body=text, reply_to=reply_to), "Not sent", restore=text)

    async def upload(self, path: Path) -> None:
        """Upload a file and post it in this room."""
        view, quarters = self.view, set[int]()
        loop = asyncio.get_running_loop()

        def report(arrived: int, size: int) -> None:
            quarter = arrived * 4 // size
            if quarter and quarter not in quarters:
                quarters.add(quarter)
                loop.call_soon_threadsafe(self.say, f"{one_line(path.name)}: {arrived * 100 // size} %")

        key = await in_thread(upload, self._site, self._token, path, report)
        self.ask(Post(client_id=uuid.uuid4(), body="", files=[key]), "Not sent", view=view)

    def ask(self, command: Command, otherwise: str, restore: str = "", view: View | None = None) -> None:
        """Send a command. If the site refuses it, show the error and restore the text in the prompt.

        It goes to the room of `view`, by default the one that is shown.
        """
        pending = (view or self.view).session.ask(command)

        async def wait() -> None:
            try:
                answer = await pending.wait()
            except CommandRefused as refused:
                self.complain(f"{otherwise}: {refused.detail}")
                self.screen.put(restore)
            else:
                if answer.outside:
                    self.say(_outside_sentence(len(answer.outside)))

        self._start(wait())

    async def rooms(self, words: str = "", *, mine: bool = False) -> RoomListReply:
        """Return the visible rooms, or only the user's own, whose names contain these words."""
        found = await in_thread(self._site.rooms, self._token, words, mine=mine)
        if not words and not mine:
            self._rooms = found.rooms
        return found

    async def join_room(self, slug: str, **changes: bool) -> None:
        """Make the user a member of a room, and change the membership as `Site.join_room` does."""
        await in_thread(self._site.join_room, self._token, slug, **changes)

    async def leave_room(self) -> None:
        """End the membership of the room. The prompt leaves a private room for another one of the user, or quits."""
        view = self._left = self.view
        try:
            await in_thread(self._site.leave_room, self._token, view.session.room)
        except ExitError:
            self._left = None
            raise
        if view.is_public:
            self._left = None
            self.say(f"You left {one_line(view.room_name)}. You can still read it. Posting joins it again.")
            return
        others = [room.slug for room in (await self.rooms(mine=True)).rooms if room.slug != view.session.room]
        if others:
            self.enter_room(others[0])
        else:
            self.screen.leave()

    async def people(self, words: str) -> Sequence[PersonData]:
        """Return the people whom the user can find and whose names contain these words."""
        return (await in_thread(self._site.people, self._token, words)).people

    async def members(self, words: str, after: int) -> MembersReply:
        """Return a page of the room's members whose names contain these words, after the person of this id."""
        return await in_thread(self._site.members, self._token, self.view.session.room, words, after)

    async def open_direct(self, person: PersonData) -> None:
        """Switch to the direct conversation with someone."""
        room = (await in_thread(self._site.open_direct, self._token, [person.id])).room
        if room.slug != self.view.session.room:
            self.enter_room(room.slug)

    async def add_person(self, name: str) -> None:
        """Make someone else a member of the room."""
        await in_thread(self._site.add_person, self._token, self.view.session.room, name)

    async def create_invitation(self) -> str:
        """Create an invitation to the room, and return its link."""
        return (await in_thread(self._site.create_invitation, self._token, self.view.session.room)).invitation.url

    async def use_invitation(self, code: str) -> RoomReply:
        """Join the room of an invitation, and return it."""
        return (await in_thread(self._site.use_invitation, self._token, code)).room

    async def activity(self) -> ActivityReply:
        return await in_thread(self._site.activity, self._token)

    async def mark_activity_read(self) -> int:
        """Mark the rooms with unread mentions as read, and return their number."""
        return (await in_thread(self._site.mark_activity_read, self._token)).rooms

    def enter_room(self, slug: str) -> None:
        """Switch to another room. Unsent messages of the current room are still sent."""
        if slug == self.view.session.room:
            raise Mistake("You’re already in that room.")
        self._start(self._leave_room(self.view))
        self.screen.show([("class:day", f"── {one_line(slug)} ──")])
        self._follow(slug)

    def leave(self) -> None:
        if self._unsent() and not self._wants_to_leave:
            self._wants_to_leave = True
            raise Mistake("Some messages haven’t been sent. Type /quit again to leave anyway.")
        self.screen.leave()

    async def _execute(self, text: str) -> None:
        try:
            await commands.execute(self, text)
        except Mistake as mistake:
            self.complain(str(mistake))
            self.screen.put(text)
        except ExitError as failure:
            self.complain(failure.sentence)

    def _on_key(self, text: str) -> None:
        """Mark the visible messages as read, and report typing if the prompt holds a message."""
        if not self._is_reading:
            self._is_reading = True
            self._start(self._mark_read())
        is_text = commands.message_in(text) is not None or text.startswith(("/me ", "/reply ", "/shrug "))
        is_message = bool(text.strip()) and text != "/" and is_text
        now = asyncio.get_running_loop().time()
        if is_message and now - self._typing_at >= TYPING_INTERVAL_SECONDS:
            self._typing_at, self._is_typing = now, True
            self._start(self.view.session.tell(SetTyping(on=True)))
        elif self._is_typing and not text:
            self._is_typing = False
            self._start(self.view.session.tell(SetTyping(on=False)))

    async def _mark_read(self) -> None:
        await asyncio.sleep(READING_SECONDS)
        self._is_reading = False
        if self.view.is_member and (seq := self.view.unread_up_to()) is not None:
            await self.view.session.tell(Read(seq=seq))

    # ---- Output

    def say(self, text: str) -> None:
        self.screen.show([("class:event", text)])

    def complain(self, text: str) -> None:
        self.screen.show([("class:error", f"! {one_line(text)}")])

    def _show(self, events: list[TranscriptEvent]) -> None:
        me = self.view.me.name if self.view.me else ""
        lines: StyleAndTextTuples = []
        for event in events:
            lines += [*fragments(event, me, self._site.address.origin), ("", "\n")]
        if lines:
            self.screen.show(lines[:-1])

    def _names(self) -> list[str]:
        recent_authors = [it.author.name for it in reversed(self.view.transcript.messages.values()) if it.author]
        everyone = EVERYONE if self.view.may_mention_room else ()
        online = (it.name for it in self.view.transcript.people.values())
        return list(dict.fromkeys([*recent_authors, *online, *everyone]))

    def _messages(self, mine: bool) -> list[MessageData]:
        messages = [it for it in reversed(self.view.transcript.messages.values()) if not it.deleted]
        return [it for it in messages if it.author == self.view.me] if mine else messages

    # ---- Rooms

    def _follow(self, slug: str) -> None:
        view = View(self._site, self._token, slug, self._history, self.screen.changed)
        view.direct_names = self._direct_names
        view.show = lambda events: self._show(events) if view is self.view else None
        if self._rings:
            view.alert = lambda: self.screen.ring() if view is self.view else None
        self.view = view
        self._views[view] = self._start(self._keep(view))

    async def _keep(self, view: View) -> None:
        try:
            await view.run()
        except* ExitError as failures:
            if view is self.view and view is not self._left:
                self._failure = failures.exceptions[0]
                self.screen.leave()

    async def _leave_room(self, view: View) -> None:
        """Leave the room after its unsent messages were answered."""
        for pending in view.session.outbox.waiting:
            with suppress(CommandRefused):
                await pending.wait()
        self._views.pop(view).cancel()

    # ---- Unsent messages and tasks

    def _unsent(self) -> list[Pending]:
        return [pending for view in self._views for pending in view.unsent]

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _outside_sentence(people: int) -> str:
    """Return what the user is told about mentioned people who may not read the room."""
    return f"{people} of the people you mentioned {'isn’t' if people == 1 else 'aren’t'} in this room."
