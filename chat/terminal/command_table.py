"""The table of slash commands, and the conversation as they see it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from chat.protocol import Command, PersonData
from chat.terminal.screen import Screen
from chat.terminal.site import ActivityReply, MembersReply, RoomListReply, RoomReply
from chat.terminal.view import View


class Mistake(Exception):
    """A command that cannot be executed. The message says why."""


class CommandTarget(Protocol):
    """The conversation at the prompt, as commands see it. `chat/terminal/conversation.py` is the real one."""

    screen: Screen
    view: View

    def say(self, text: str) -> None: ...
    def post(self, text: str, reply_to: int | None = None) -> None: ...
    def ask(self, command: Command, otherwise: str, restore: str = "") -> None: ...
    async def upload(self, path: Path) -> None: ...
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


@Commands.add("/help", "show this help")
async def show_help(conversation: CommandTarget, argument: str) -> None:
    width = max(len(command.usage) for command in Commands.by_name.values())
    for command in Commands.by_name.values():
        conversation.say(f"{command.usage:<{width}}  {command.help}")
    conversation.say("Alt+Enter: new line · Tab: complete · Up: history · Ctrl+D: quit")
