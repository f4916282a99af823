"""The slash commands about rooms and people."""

import re
from pathlib import Path

from chat.protocol import AccountKind, PersonData
from chat.terminal.command_table import Commands, CommandTarget, Mistake
from chat.terminal.site import MemberReply, RoomListReply
from chat.transcript.lines import author_of, gist, one_line

# Messages that /activity lists, the newest ones.
ENTRIES_SHOWN = 20
# The link of an invitation.
_INVITATION = re.compile(r"https?://[^/\s]+/invite/([^/\s]+)/?")


@Commands.add("/who", "list the people here")
async def show_people(conversation: CommandTarget, argument: str) -> None:
    people = conversation.view.transcript.people.values()
    names = sorted((_marked(person) for person in people), key=str.lower)
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
    return _marked(entry.person, "" if entry.role == "member" else entry.role)


def _marked(person: PersonData, role: str = "") -> str:
    """Return a name with what is to be known of the person, such as `ada (guest)`."""
    known = ", ".join(filter(None, ["" if person.kind is AccountKind.MEMBER else person.kind, role]))
    return one_line(person.name) + (f" ({known})" if known else "")


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


@Commands.add("/upload PATH", "upload a file and post it in this room")
async def upload(conversation: CommandTarget, argument: str) -> None:
    if not argument:
        raise Mistake("Usage: /upload PATH")
    await conversation.upload(Path(argument.strip("\"'")))


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
