"""The execution of commands: one that stores something goes to the writer, the others are answered at once."""

import time
from collections.abc import Callable
from typing import Any

from chat import broadcast, protocol
from chat.actions.batch import Request
from chat.actions.messages import CommandOutcome
from chat.delivery.connection import Connection
from chat.delivery.service import Delivery
from chat.errors import NOT_IN_SCOPE, ActionError
from chat.protocol import Code, Command
from chat.telemetry import logs


def execute(delivery: Delivery, connection: Connection, command: Command) -> None:
    """Execute a command, or submit it. Raises ActionError if it is refused at once."""
    if not isinstance(command, protocol.Ack):
        connection.check_rate()
    if not connection.credential.allows(command.scope):
        raise ActionError(Code.FORBIDDEN, NOT_IN_SCOPE)
    if isinstance(command, protocol.StoredCommand):
        _submit(delivery, connection, command)
    else:
        HANDLERS[type(command)](delivery, connection, command)


def _submit(delivery: Delivery, connection: Connection, command: protocol.StoredCommand) -> None:
    """Hand a command to the writer. One that has a text counts as a post: an edit costs the same."""
    if command.text is not None or isinstance(command, protocol.CallCommand):
        connection.check_posts()
    connection.check_unanswered()
    if isinstance(command, protocol.Post):
        _stop_typing(delivery, connection)
    request = Request(connection.person.id, connection.room_id, command, connection.credential)
    delivery.writer.submit(request, lambda outcome: _answer(connection, command, outcome))
    connection.unanswered += 1


def _answer(connection: Connection, command: Command, outcome: CommandOutcome) -> None:
    connection.unanswered -= 1
    if isinstance(outcome, ActionError):
        connection.refuse(outcome, command.ref)
        return
    if isinstance(command, protocol.Post | protocol.PositionCommand):
        is_back = isinstance(command, protocol.MarkUnread)
        connection.read_seq = outcome.seq if is_back else max(outcome.seq, connection.read_seq)
    client_id = command.client_id if isinstance(command, protocol.Post | protocol.CallCommand) else None
    outside = list(outcome.outside)
    connection.send(
        protocol.Ok(ref=command.ref, client_id=client_id, seq=outcome.seq, rev=outcome.rev, outside=outside)
    )
    if outcome.created and outcome.message is not None:
        logs.posted(connection.id, connection.person.name, connection.room_label, outcome.seq, outcome.message.body)


def _typing(delivery: Delivery, connection: Connection, command: protocol.SetTyping) -> None:
    """Broadcast that the person started or stopped typing.

    A start is broadcast at most once per interval, and only for a person who may write. A stop is broadcast if its
    start was.
    """
    now = time.monotonic()
    if not command.on:
        _stop_typing(delivery, connection)
    elif connection.may_write and now - connection.typing_at >= protocol.TYPING_INTERVAL_SECONDS:
        connection.typing_at = now
        delivery.hub.publish(broadcast.typing(connection.room_id, connection.person, True))
    _done(connection, command)


def _stop_typing(delivery: Delivery, connection: Connection) -> None:
    """Broadcast that the person stopped typing, if the start was broadcast and has not expired.

    A post does so, too. Otherwise the start of the next message would be taken for a repeat, and shown to no one.
    """
    if time.monotonic() - connection.typing_at < protocol.TYPING_TTL_SECONDS:
        delivery.hub.publish(broadcast.typing(connection.room_id, connection.person, False))
    connection.typing_at = float("-inf")


def _ack(delivery: Delivery, connection: Connection, command: protocol.Ack) -> None:
    """Take an acknowledgement. If it acknowledges anything new, it does not count against the rate of commands."""
    cursor = protocol.Cursor.parse(command.cursor)
    if cursor is None or cursor.room_id != connection.room_id:
        connection.check_rate()
        raise ActionError(Code.BAD_FRAME, "That is not a cursor of this room.")
    is_ours = cursor.epoch == connection.pump.feed.epoch
    if not (is_ours and connection.pump.acknowledge(cursor.rev)):
        connection.check_rate()
    _done(connection, command)


def _ping(delivery: Delivery, connection: Connection, command: protocol.Ping) -> None:
    connection.send(protocol.Pong(ref=command.ref, cursor=str(connection.pump.feed.cursor)))


def _done(connection: Connection, command: Command) -> None:
    """Answer a command that stores nothing, if it has a `ref`."""
    if command.ref is not None:
        connection.send(protocol.Ok(ref=command.ref))


# The commands that store nothing.
HANDLERS: dict[type[Command], Callable[[Delivery, Connection, Any], None]] = {
    protocol.SetTyping: _typing,
    protocol.Ack: _ack,
    protocol.Ping: _ping,
}
