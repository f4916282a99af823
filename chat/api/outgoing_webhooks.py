"""The outgoing webhooks of bots, their deliveries, and the commands that bots register."""

from typing import Annotated, Any, Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from msgspec import structs

from chat import protocol, serializers
from chat.actions import outgoing_webhooks
from chat.actions.outgoing_webhooks import MAX_WORDS
from chat.api import answers, paging
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.auth import login_throttle
from chat.models import BotCommand, OutgoingWebhook, Person, Room, WebhookDelivery
from chat.models.rooms import ADDRESS_MAX_LENGTH
from chat.models.webhooks import DESCRIPTION_MAX_LENGTH, LABEL_MAX_LENGTH, URL_MAX_LENGTH, USAGE_MAX_LENGTH
from chat.protocol import MAX_COMMAND_LENGTH, Code, Scope
from chat.rate_limits import limits

MAX_ROOMS = 100

EventName = Literal["message", "edited", "deleted", "changed", "member"]
Events = Annotated[list[EventName], msgspec.Meta(max_length=5)]
Words = Annotated[list[Annotated[str, msgspec.Meta(max_length=LABEL_MAX_LENGTH)]], msgspec.Meta(max_length=MAX_WORDS)]
RoomSlug = Annotated[str, msgspec.Meta(max_length=ADDRESS_MAX_LENGTH)]
RoomSlugs = Annotated[list[RoomSlug], msgspec.Meta(max_length=MAX_ROOMS)]
Label = Annotated[str, msgspec.Meta(max_length=LABEL_MAX_LENGTH)]
WebhookUrl = Annotated[str, msgspec.Meta(max_length=URL_MAX_LENGTH)]


class NewOutgoingWebhook(msgspec.Struct, frozen=True):
    """`rooms` are addresses of rooms. With `words`, only messages that begin with one of them, or name the bot."""

    url: WebhookUrl
    label: Label = ""
    events: Events = msgspec.field(default_factory=lambda: ["message"])
    words: Words = []
    rooms: RoomSlugs = []


class OutgoingWebhookChanges(msgspec.Struct, frozen=True, omit_defaults=True):
    """Fields that are left out stay as they are. `enabled` true also forgets earlier failures."""

    url: WebhookUrl | msgspec.UnsetType = msgspec.UNSET
    label: Label | msgspec.UnsetType = msgspec.UNSET
    events: Events | msgspec.UnsetType = msgspec.UNSET
    words: Words | msgspec.UnsetType = msgspec.UNSET
    rooms: RoomSlugs | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET


class OutgoingWebhookData(msgspec.Struct, frozen=True):
    """`failures` are those since the last success. A webhook that was switched off may have a `reason`."""

    id: int
    url: str
    label: str
    events: list[str]
    words: list[str]
    rooms: list[str]
    enabled: bool
    reason: str
    failures: int
    created_at: str


class OutgoingWebhookList(msgspec.Struct, frozen=True):
    webhooks: list[OutgoingWebhookData]


class OneOutgoingWebhook(msgspec.Struct, frozen=True):
    webhook: OutgoingWebhookData


class OutgoingWebhookCreated(msgspec.Struct, frozen=True):
    """`secret` checks the signatures. It is shown once."""

    webhook: OutgoingWebhookData
    secret: str


class DeliveryData(msgspec.Struct, frozen=True):
    """`webhook_id` is the header of all attempts. `status` is that of the last answer, and `error` why it failed."""

    id: int
    webhook_id: str
    event: str
    room: str | None
    seq: int | None
    created_at: str
    attempts: int
    status: int | None
    error: str
    state: Literal["waiting", "delivered", "given up"]


class DeliveryList(msgspec.Struct, frozen=True):
    deliveries: list[DeliveryData]
    more: bool


class NewCommand(msgspec.Struct, frozen=True):
    """`webhook` is the id of the webhook that is told. Without `room`, it works in all rooms of the bot."""

    name: Annotated[str, msgspec.Meta(max_length=MAX_COMMAND_LENGTH)]
    webhook: int
    usage: Annotated[str, msgspec.Meta(max_length=USAGE_MAX_LENGTH)] = ""
    description: Annotated[str, msgspec.Meta(max_length=DESCRIPTION_MAX_LENGTH)] = ""
    room: RoomSlug | None = None


class CommandData(msgspec.Struct, frozen=True):
    id: int
    name: str
    usage: str
    description: str
    bot: protocol.PersonData


class CommandList(msgspec.Struct, frozen=True):
    commands: list[CommandData]


class OneCommand(msgspec.Struct, frozen=True):
    command: CommandData


@signed_in
@operation(answers={200: OutgoingWebhookList}, refusals=(Code.NOT_FOUND,))
def index(request: HttpRequest, person: Person, bot_id: int) -> HttpResponse:
    """Return the outgoing webhooks of one of your bots."""
    hooks = outgoing_webhooks.of_bot(person, bot_id).prefetch_related("rooms")
    return answers.success(OutgoingWebhookList([_data(it) for it in hooks]))


@signed_in
@operation(
    body=NewOutgoingWebhook,
    answers={201: OutgoingWebhookCreated},
    refusals=(Code.NOT_FOUND, Code.FORBIDDEN, Code.CONFLICT, Code.QUOTA, Code.RATE_LIMITED),
)
def create(request: HttpRequest, person: Person, asked: NewOutgoingWebhook, bot_id: int) -> HttpResponse:
    """Create a webhook that is told of events in rooms that you moderate and to which the bot belongs."""
    _check_rate(request, person)
    hook = outgoing_webhooks.create(person, bot_id, **structs.asdict(asked))
    return answers.success(OutgoingWebhookCreated(_data(hook), hook.secret), status=201)


@signed_in
@operation(
    body=OutgoingWebhookChanges,
    answers={200: OneOutgoingWebhook},
    refusals=(Code.NOT_FOUND, Code.FORBIDDEN, Code.CONFLICT, Code.RATE_LIMITED),
)
def change(
    request: HttpRequest, person: Person, asked: OutgoingWebhookChanges, bot_id: int, webhook_id: int
) -> HttpResponse:
    """Change an outgoing webhook, or switch it off or on."""
    _check_rate(request, person)
    hook = outgoing_webhooks.found(person, bot_id, webhook_id)
    fields: dict[str, Any] = {k: v for k, v in structs.asdict(asked).items() if v is not msgspec.UNSET}
    outgoing_webhooks.change(person, hook, **fields)
    return answers.success(OneOutgoingWebhook(_data(hook)))


@signed_in
@operation(answers={204: None}, refusals=(Code.NOT_FOUND, Code.RATE_LIMITED))
def delete(request: HttpRequest, person: Person, bot_id: int, webhook_id: int) -> HttpResponse:
    """Remove an outgoing webhook with its commands."""
    _check_rate(request, person)
    outgoing_webhooks.remove(person, outgoing_webhooks.found(person, bot_id, webhook_id))
    return answers.done()


@signed_in
@operation(query=paging.OlderThan, answers={200: DeliveryList}, refusals=(Code.NOT_FOUND,))
def deliveries(
    request: HttpRequest, person: Person, asked: paging.OlderThan, bot_id: int, webhook_id: int
) -> HttpResponse:
    """Return the events of the last two weeks for a webhook, newest first, and what became of them."""
    hook = outgoing_webhooks.found(person, bot_id, webhook_id)
    rows = outgoing_webhooks.deliveries_of(hook, asked.id, asked.limit + 1)
    shown, more = rows[: asked.limit], len(rows) > asked.limit
    content = DeliveryList([_delivery(it) for it in shown], more)
    return paging.page(request, content, more, before=shown[-1].pk if shown else 0)


@signed_in
@operation(answers={204: None}, refusals=(Code.NOT_FOUND, Code.CONFLICT, Code.RATE_LIMITED))
def send_again(request: HttpRequest, person: Person, bot_id: int, webhook_id: int, delivery_id: int) -> HttpResponse:
    """Deliver an event once more, with the same id."""
    _check_rate(request, person)
    outgoing_webhooks.send_again(outgoing_webhooks.found(person, bot_id, webhook_id), delivery_id)
    return answers.done()


@signed_in
@operation(answers={200: CommandList}, refusals=(Code.NOT_FOUND,))
def commands(request: HttpRequest, person: Person, bot_id: int) -> HttpResponse:
    """Return the commands that one of your bots has registered."""
    return answers.success(CommandList([_command(it) for it in outgoing_webhooks.commands_of(person, bot_id)]))


@signed_in
@operation(
    body=NewCommand,
    answers={201: OneCommand},
    refusals=(Code.NOT_FOUND, Code.FORBIDDEN, Code.CONFLICT, Code.QUOTA, Code.RATE_LIMITED),
)
def add_command(request: HttpRequest, person: Person, asked: NewCommand, bot_id: int) -> HttpResponse:
    """Register a command of a bot. Its name must be free on the whole site."""
    _check_rate(request, person)
    hook = outgoing_webhooks.found(person, bot_id, asked.webhook)
    command = outgoing_webhooks.add_command(
        person, hook, asked.name, usage=asked.usage, description=asked.description, room=asked.room
    )
    return answers.success(OneCommand(_command(command)), status=201)


@signed_in
@operation(answers={204: None}, refusals=(Code.NOT_FOUND, Code.RATE_LIMITED))
def remove_command(request: HttpRequest, person: Person, bot_id: int, command_id: int) -> HttpResponse:
    """Remove a command of one of your bots."""
    _check_rate(request, person)
    outgoing_webhooks.remove_command(person, bot_id, command_id)
    return answers.done()


@signed_in
@operation(scope=Scope.READ, answers={200: CommandList}, refusals=(Code.NOT_FOUND,))
def of_room(request: HttpRequest, person: Person, slug: str) -> HttpResponse:
    """Return the commands that bots offer in a room."""
    found = outgoing_webhooks.commands_in(Room.seen_by(person, slug).pk)
    return answers.success(CommandList([_command(it) for it in found]))


def _check_rate(request: HttpRequest, person: Person) -> None:
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)


def _data(hook: OutgoingWebhook) -> OutgoingWebhookData:
    return OutgoingWebhookData(
        id=hook.pk,
        url=hook.url,
        label=hook.label,
        events=hook.events,
        words=hook.words,
        rooms=sorted(room.slug for room in hook.rooms.all()),
        enabled=hook.disabled_at is None,
        reason=hook.disabled_reason,
        failures=hook.failures,
        created_at=serializers.time(hook.created_at),
    )


def _delivery(row: WebhookDelivery) -> DeliveryData:
    return DeliveryData(
        id=row.pk,
        webhook_id=row.key,
        event=row.event,
        room=row.room.slug if row.room else None,
        seq=row.seq,
        created_at=serializers.time(row.created_at),
        attempts=row.attempts,
        status=row.status,
        error=row.error,
        state="delivered" if row.delivered_at else "given up" if row.given_up_at else "waiting",
    )


def _command(row: BotCommand) -> CommandData:
    return CommandData(row.pk, row.name, row.usage, row.description, serializers.person(row.webhook.bot))
