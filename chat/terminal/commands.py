"""The slash commands of the prompt."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from chat.protocol import MAX_REASON_LENGTH, Command, Delete, Edit, MessageData, PersonData, React
from chat.terminal.screen import Screen
from chat.terminal.site import ActivityReply, MemberReply, MembersReply, RoomListReply, RoomReply
from chat.terminal.view import View
from chat.transcript.lines import author_of, gist, one_line

SHRUG = "¯\\_(ツ)_/¯"
# Messages that /activity lists, the newest ones.
ENTRIES_SHOWN = 20
# A slash and a word. A path like /etc/hosts is text.
_COMMAND = re.compile(r"/([A-Za-z]+)(?:\s+(.*))?", re.DOTALL)
# The link of an invitation.
_INVITATION = re.compile(r"https?://[^/\s]+/invite/([^/\s]+)/?")


class Mistake(Exception):
    """A command that cannot be executed. The message says why."""


class CommandTarget(Protocol):
    """The conversation at the prompt, as commands see it. `chat/terminal/conversation.py` is the real one."""

    screen: Screen
    view: View

    def say(self, text: str) -> None: ...
    def post(self, text: str, reply_to: int | None = None) -> None: ...
    def ask(self, command: Command, otherwise: str, restore: str = "") -> None: ...
    async def rooms(self, words: str = "", *, mine: bool = False) -> RoomListReply: ...
    def enter_room(self, slug: str) -> None: ...
    async def join_room(self, slug: str, **changes: bool) -> None: ...
    async def leave_room(self) -> None: ...
    async def members(self, words: str, after: int) -> MembersReply: ...
    async def people(self, words: str) -> Sequence[PersonData]: ...
    async def open_direct(self, person: PersonData) -> None: ...
    async def add_person(self, name: str) -> None: ...
    async def create_invitation(self) -> str: ...
    async def use_invitation(self, code: str) -> RoomReply: ...
    async def activity(self) -> ActivityReply: ...
    async def mark_activity_read(self) -> int: ...
    def leave(self) -> None: ...


CommandHandler = Callable[[CommandTarget, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A command. `takes` says what completes its argument: "room", "message", "mine" (an own message) or nothing."""

    name: str
    usage: str
    help: str
    handler: CommandHandler
    takes: str = ""


class Commands:
    """The table of commands, by name without the slash."""

    by_name: ClassVar[dict[str, SlashCommand]] = {}

    @classmethod
    def add(cls, usage: str, help: str, takes: str = "") -> Callable[[CommandHandler], CommandHandler]:
        def register(handler: CommandHandler) -> CommandHandler:
            name = usage.split()[0].removeprefix("/")
            cls.by_name[name] = SlashCommand(name, usage, help, handler, takes)
            return handler

        return register


def message_in(text: str) -> str | None:
    """Return the message that a typed text is, or None if it is a command, known or not.

    A second slash makes any text a message. The page has the same rules (helpers/slash_commands.js).
    """
    if text.startswith("//"):
        return text[1:]
    return None if _COMMAND.fullmatch(text) else text


async def execute(conversation: CommandTarget, text: str) -> None:
    """Execute a command. Raises Mistake."""
    found = _COMMAND.fullmatch(text)
    name, argument = (found[1].lower(), found[2] or "") if found else ("", "")
    command = Commands.by_name.get(name)
    if command is None:
        raise Mistake(f"Unknown command /{name}. Type /help for a list, or start with // to send it as text.")
    await command.handler(conversation, argument.strip())


@Commands.add("/help", "show this help")
async def show_help(conversation: CommandTarget, argument: str) -> None:
    width = max(len(command.usage) for command in Commands.by_name.values())
    for command in Commands.by_name.values():
        conversation.say(f"{command.usage:<{width}}  {command.help}")
    conversation.say("Alt+Enter: new line · Tab: complete · Up: history · Ctrl+D: quit")


@Commands.add("/who", "list the people here")
async def show_people(conversation: CommandTarget, argument: str) -> None:
    people = conversation.view.transcript.people.values()
    names = sorted((one_line(person.name) + (" (guest)" if person.guest else "") for person in people), key=str.lower)
    conversation.say(f"{len(names)} here: {', '.join(names)}")


@Commands.add("/members [WORDS]", "list the members of this room, or search them by name; more lists the next ones")
async def show_members(conversation: CommandTarget, argument: str) -> None:
    goes_on = argument == "more"
    words, after = conversation.view.listed_members if goes_on else (argument, 0)
    found = await conversation.members(words, after)
    conversation.view.listed_members = (words, found.members[-1].person.id if found.members else after)
    names = ", ".join(_member(it) for it in found.members)
    title = "More" if goes_on else "Found" if argument else f"{found.count} members"
    conversation.say(f"{title}: {names}" if names else "No members found.")
    if found.more:
        conversation.say("There are more. Type /members more, or /members WORDS to search.")


def _member(entry: MemberReply) -> str:
    marks = ["guest" if entry.person.guest else "", "" if entry.role == "member" else entry.role]
    known = ", ".join(filter(None, marks))
    return one_line(entry.person.name) + (f" ({known})" if known else "")


@Commands.add("/rooms [WORDS]", "list your rooms, or search them by name")
async def show_rooms(conversation: CommandTarget, argument: str) -> None:
    _list_rooms(conversation, await conversation.rooms(argument, mine=True), "/rooms")


@Commands.add("/browse [WORDS]", "list the rooms you can join, or search them by name")
async def browse(conversation: CommandTarget, argument: str) -> None:
    _list_rooms(conversation, await conversation.rooms(argument), "/browse")


def _list_rooms(conversation: CommandTarget, found: RoomListReply, command: str) -> None:
    width = max((len(room.slug) for room in found.rooms), default=0)
    for room in found.rooms:
        unread = conversation.view.unread[room.slug].unread if room.slug in conversation.view.unread else room.unread
        is_mine = room.joined and command == "/browse"
        facts = [
            one_line(room.name),
            one_line(room.topic),
            "joined" if is_mine else "",
            f"{unread} unread" if unread else "",
        ]
        conversation.say(f"{room.slug:<{width}}  {' · '.join(fact for fact in facts if fact)}")
    if not found.rooms:
        conversation.say(f"No rooms found.{' Type /browse for those you can join.' if command == '/rooms' else ''}")
    if found.next:
        conversation.say(f"There are more rooms. Type {command} WORDS to search.")


@Commands.add("/join ROOM", "join another room and switch to it; ROOM may be an invitation link", takes="room")
async def join(conversation: CommandTarget, argument: str) -> None:
    if invited := _INVITATION.fullmatch(argument):
        entered = await conversation.use_invitation(invited[1])
        conversation.enter_room(entered.slug)
        return
    slug = argument.removeprefix("#")
    rooms = (await conversation.rooms(slug)).rooms
    found = [room for room in rooms if slug and slug.casefold() in (room.slug.casefold(), room.name.casefold())]
    if not found:
        raise Mistake(f"{f'There is no room {slug}.' if slug else 'Usage: /join ROOM.'} Type /browse for a list.")
    [room, *_] = found
    is_here = room.slug == conversation.view.session.room
    is_outside = room.joined is False
    if not (is_here and is_outside):
        conversation.enter_room(room.slug)
    if is_outside:
        await conversation.join_room(room.slug)
        conversation.say(f"You joined {one_line(room.name)}.")


@Commands.add("/invite [NAME]", "add NAME to this room; without NAME, create an invitation link")
async def invite(conversation: CommandTarget, argument: str) -> None:
    if argument:
        await conversation.add_person(argument.removeprefix("@"))
        conversation.say(f"{one_line(argument.removeprefix('@'))} is now in this room.")
    else:
        conversation.say(f"{one_line(await conversation.create_invitation())}  (25 people, 7 days)")


@Commands.add("/leave", "leave this room")
async def leave_room(conversation: CommandTarget, argument: str) -> None:
    if argument:
        raise Mistake("Usage: /leave. It leaves the room you’re in.")
    await conversation.leave_room()


@Commands.add("/dm NAME [TEXT]", "switch to the direct conversation with NAME, and post TEXT there")
async def write_directly(conversation: CommandTarget, argument: str) -> None:
    named = argument.removeprefix("@")
    if not named:
        raise Mistake("Usage: /dm NAME [TEXT]")
    people = await conversation.people(named.split()[0])
    # Names may have spaces, so the longest one at the beginning counts.
    meant = [it for it in people if _begins_with_name(named, it.name)]
    if not meant:
        raise Mistake(f"No one called {named.split()[0]}. Type the whole name.")
    person = max(meant, key=lambda it: len(it.name))
    await conversation.open_direct(person)
    if text := named[len(person.name) :].strip():
        conversation.post(text)


def _begins_with_name(text: str, name: str) -> bool:
    start, rest = text[: len(name)], text[len(name) :]
    return start.casefold() == name.casefold() and (not rest or rest[0].isspace())


@Commands.add("/close", "take this direct conversation out of your rooms until its next message")
async def close_direct(conversation: CommandTarget, argument: str) -> None:
    if argument:
        raise Mistake("Usage: /close. It closes the direct conversation you’re in.")
    await conversation.join_room(conversation.view.session.room, closed=True)
    conversation.say("Closed. It comes back with its next message.")


@Commands.add("/star [off]", "list this room first in your rooms, or no longer")
async def star(conversation: CommandTarget, argument: str) -> None:
    if argument not in ("", "off"):
        raise Mistake("Usage: /star or /star off")
    await conversation.join_room(conversation.view.session.room, starred=not argument)
    name = one_line(conversation.view.room_name)
    conversation.say(f"{name} is no longer starred." if argument else f"{name} is starred.")


@Commands.add("/activity [read]", "list what mentions you or answers you; read marks those rooms as read")
async def show_activity(conversation: CommandTarget, argument: str) -> None:
    if argument not in ("", "read"):
        raise Mistake("Usage: /activity or /activity read")
    if argument:
        number = await conversation.mark_activity_read()
        conversation.say(f"Marked {number} {'room' if number == 1 else 'rooms'} as read.")
        return
    found = await conversation.activity()
    for entry in reversed(found.entries[:ENTRIES_SHOWN]):
        mark = "new" if entry.unread else ""
        said = f"{author_of(entry.message)}: {gist(entry.message)}"
        conversation.say(f"{mark:<3} {one_line(entry.room.slug)} {entry.message.seq} {said}")
    if not found.entries:
        conversation.say("Nothing mentions you yet.")


@Commands.add("/me ACTION", "post an action, e.g. /me waves")
async def act(conversation: CommandTarget, argument: str) -> None:
    if not argument:
        raise Mistake("Usage: /me ACTION")
    mark = "*" if "_" in argument and "*" not in argument else "_"
    conversation.post(f"{mark}{' '.join(argument.split())}{mark}")


@Commands.add("/shrug [TEXT]", "post a shrug after TEXT")
async def shrug(conversation: CommandTarget, argument: str) -> None:
    conversation.post(f"{argument} {SHRUG}".lstrip())


@Commands.add(
    "/reply [NUMBER] TEXT", "reply to message NUMBER (default: the latest from someone else)", takes="message"
)
async def reply(conversation: CommandTarget, argument: str) -> None:
    message, text = _message_and_rest(conversation, argument, mine=False)
    if not text:
        raise Mistake("Usage: /reply NUMBER TEXT")
    conversation.post(text, reply_to=message.seq)


@Commands.add(
    "/edit [NUMBER] TEXT",
    "edit your last message or message NUMBER; without TEXT, opens it in the prompt",
    takes="mine",
)
async def edit(conversation: CommandTarget, argument: str) -> None:
    message, text = _message_and_rest(conversation, argument, mine=True)
    if message.author != conversation.view.me:
        raise Mistake(f"You can only edit your own messages. Message {message.seq} isn’t yours.")
    if not text:
        conversation.screen.put(f"/edit {message.seq} {message.body}")
        return
    conversation.ask(Edit(seq=message.seq, body=text), f"Couldn’t edit message {message.seq}")


@Commands.add(
    "/delete [NUMBER] [REASON]",
    "delete your last message or message NUMBER; moderators also those of others, with a REASON",
    takes="mine",
)
async def delete(conversation: CommandTarget, argument: str) -> None:
    message, reason = _message_and_rest(conversation, argument, mine=True)
    if reason and message.author == conversation.view.me:
        raise Mistake("Your own messages need no reason. Usage: /delete NUMBER")
    if len(reason) > MAX_REASON_LENGTH:
        raise Mistake(f"A reason can have at most {MAX_REASON_LENGTH} characters.")
    conversation.ask(Delete(seq=message.seq, reason=reason), f"Couldn’t delete message {message.seq}")


@Commands.add("/react [NUMBER] EMOJI", "add a reaction; -EMOJI removes it", takes="message")
async def react(conversation: CommandTarget, argument: str) -> None:
    message, emoji = _message_and_rest(conversation, argument, mine=False)
    if not emoji:
        raise Mistake("Usage: /react NUMBER EMOJI")
    command = React(seq=message.seq, emoji=emoji.removeprefix("-"), on=not emoji.startswith("-"))
    conversation.ask(command, f"Couldn’t react to message {message.seq}")


@Commands.add("/quit", "quit")
async def quit_client(conversation: CommandTarget, argument: str) -> None:
    conversation.leave()


def _message_and_rest(conversation: CommandTarget, argument: str, *, mine: bool) -> tuple[MessageData, str]:
    """Return the message that `argument` names and the text after it. Without a number it is the newest message."""
    first, _, rest = argument.partition(" ")
    number = first.removeprefix("#")
    if not (number.isascii() and number.isdigit()):
        newest = conversation.view.newest(mine=mine)
        if newest is None:
            raise Mistake("You haven’t posted here yet." if mine else "No one else has posted here yet.")
        return newest, argument
    message = conversation.view.transcript.messages.get(int(number)) if len(number) < 19 else None
    if message is None or message.deleted:
        raise Mistake(f"There is no message {number} on this screen.")
    return message, rest.strip()
