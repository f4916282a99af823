"""Actions of the cast, to arrange a test. They use the same actions as the site."""

import uuid

from chat import protocol
from chat.actions.batch import Request, Result
from chat.actions.messages import execute
from chat.models import Message, Person, Room

PASSWORD = "correct horse battery staple"


def say(person: Person, room: Room, body: str = "hello", *, reply_to: int | None = None) -> Message:
    """`person` posts to `room`."""
    command = protocol.Post(client_id=uuid.uuid4(), body=body, reply_to=reply_to)
    message = execute(Request(person.pk, room.pk, command)).message
    assert message is not None
    return message


def ask(person: Person, room: Room, command: protocol.StoredCommand) -> Result:
    """`person` asks something of `room`, such as to edit a message. The message of the result is the stored one."""
    result = execute(Request(person.pk, room.pk, command))
    if (message := result.message) is not None:
        [stored] = Message.objects.filter(pk=message.pk).values()
        assert stored == {name: getattr(message, name) for name in stored}
    return result
