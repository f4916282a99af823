"""Actions of the cast, to arrange a test. They use the same actions as the site."""

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from chat import protocol
from chat.actions.batch import Request, Result
from chat.actions.messages import execute
from chat.models import File, Message, Person, Room

PASSWORD = "correct horse battery staple"


def uploaded(person: Person | None, name: str = "map.png", **fields: Any) -> File:
    """`person` has uploaded a file, which no message has yet. By default it is a picture that is ready."""
    usual = {"size": 5, "offset": 5, "media_type": "image/png", "kind": "image", "state": "ready"}
    usual["expires_at"] = timezone.now() + timedelta(days=1)
    return File.objects.create(owner=person, name=name, **(usual | fields))


def say(person: Person, room: Room, body: str = "hello", *, reply_to: int | None = None, files: Any = ()) -> Message:
    """`person` posts to `room`."""
    keys = [file.key for file in files]
    command = protocol.Post(client_id=uuid.uuid4(), body=body, reply_to=reply_to, files=keys)
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
