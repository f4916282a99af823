"""The parser of the prompt: tell messages from slash commands, and execute those."""

import re
from uuid import uuid4

from chat.protocol import MAX_COMMAND_LENGTH, CallCommand
from chat.terminal import room_commands  # noqa: F401  # first in /help, so its import comes first

# isort: split
from chat.terminal import message_commands  # noqa: F401
from chat.terminal.command_table import Commands, CommandTarget, Mistake

# A slash and a word. A path like /etc/hosts is text.
_COMMAND = re.compile(r"/([A-Za-z][A-Za-z0-9-]*)(?:\s+(.*))?", re.DOTALL)


def message_in(text: str) -> str | None:
    """Return the message that a typed text is, or None if it is a command, known or not.

    A second slash makes any text a message. The page has the same rules (helpers/slash_commands.js).
    """
    if text.startswith("//"):
        return text[1:]
    return None if _COMMAND.fullmatch(text) else text


async def execute(conversation: CommandTarget, text: str) -> None:
    """Execute a command: one of the client, or one of a bot in the room. Raises Mistake."""
    found = _COMMAND.fullmatch(text)
    name, argument = (found[1].lower(), found[2] or "") if found else ("", "")
    command = Commands.by_name.get(name)
    if command is not None:
        await command.handler(conversation, argument.strip())
        return
    if len(name) > MAX_COMMAND_LENGTH:
        raise Mistake(f"Unknown command /{name}. Type /help for a list, or start with // to send it as text.")
    # Only the site knows the commands of bots in the room.
    call = CallCommand(client_id=uuid4(), name=name, arguments=argument.strip())
    conversation.ask(call, f"/{name} did not run. Type /help for a list, or start with // to send it as text", text)


@Commands.add("/quit", "quit")
async def quit_client(conversation: CommandTarget, argument: str) -> None:
    conversation.leave()
