"""The slash commands that post, change and answer messages."""

from chat.protocol import MAX_REASON_LENGTH, Delete, Edit, MessageData, React
from chat.terminal.command_table import Commands, CommandTarget, Mistake

SHRUG = "¯\\_(ツ)_/¯"


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
