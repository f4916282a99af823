"""The body of an event. It is made for each attempt, from what the database has then."""

from typing import Any

import msgspec

from chat import protocol, serializers
from chat.models import Message, Person, WebhookDelivery
from chat.models.webhooks import WebhookEvent

_encoder = msgspec.json.Encoder()


class EventRoom(msgspec.Struct, frozen=True):
    slug: str
    name: str


class EventData(msgspec.Struct, frozen=True, omit_defaults=True):
    """`message` is there for events of messages. `person` and `change` are for `member`.

    `person` is also for `command`: who has called it.
    """

    room: EventRoom
    message: protocol.MessageData | None = None
    person: protocol.PersonData | None = None
    change: str = ""
    command: str = ""
    arguments: str = ""


class EventBody(msgspec.Struct, frozen=True):
    """`timestamp` is when the event was noticed, in ISO 8601."""

    type: str
    timestamp: str
    data: EventData


def of(delivery: WebhookDelivery) -> bytes | None:
    """Return the body of an event as JSON, or None if there is nothing to tell any more.

    A message that was deleted since is told as deleted only.
    """
    assert delivery.room is not None
    fields = _of_message(delivery) if delivery.seq else _of_person(delivery)
    if fields is None:
        return None
    room = EventRoom(delivery.room.slug, delivery.room.name)
    body = EventBody(delivery.event, serializers.time(delivery.created_at), EventData(room=room, **fields))
    return _encoder.encode(body)


def _of_message(delivery: WebhookDelivery) -> dict[str, Any] | None:
    assert delivery.seq is not None
    rows = Message.objects.with_client_fields().filter(room=delivery.room, seq=delivery.seq)
    found = serializers.messages(rows)
    if not found or found[0].deleted != (delivery.event == WebhookEvent.DELETED):
        return None
    return {"message": found[0]}


def _of_person(delivery: WebhookDelivery) -> dict[str, Any] | None:
    details = dict(delivery.details)
    person = Person.objects.filter(pk=details.pop("person")).first()
    return None if person is None else {"person": serializers.person(person), **details}
