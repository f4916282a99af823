"""Outgoing webhooks and the commands of bots: who may create them, change them, and remove them."""

import re
from collections.abc import Collection, Iterable
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from chat import outbound
from chat.actions import audit, bots, webhook_deliveries
from chat.actions.audit import Action
from chat.auth import permissions
from chat.auth.permissions import Rank
from chat.errors import ActionError
from chat.models import BotCommand, CommandCall, Membership, OutgoingWebhook, Person, Room, WebhookDelivery
from chat.models.webhooks import DESCRIPTION_MAX_LENGTH, LABEL_MAX_LENGTH, USAGE_MAX_LENGTH, WebhookEvent
from chat.protocol import Code
from chat.text import cleaning
from chat.webhooks import signing

MAX_WEBHOOKS = 10
MAX_COMMANDS = 50
MAX_WORDS = 20
# Rooms that a page offers.
MOST_ROOMS = 200
COMMAND_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?")
# Commands of the page and of the terminal.
BUILT_IN = frozenset(("me", "shrug"))
NO_SUCH_WEBHOOK = "There is no such webhook."
NO_SUCH_COMMAND = "There is no such command."


def of_bot(owner: Person, bot_id: int) -> QuerySet[OutgoingWebhook]:
    return bots.own(owner, bot_id).outgoing_webhooks.select_related("bot").order_by("pk")


def found(owner: Person, bot_id: int, webhook_id: int) -> OutgoingWebhook:
    hook = of_bot(owner, bot_id).filter(pk=webhook_id).first()
    if hook is None:
        raise ActionError(Code.NOT_FOUND, NO_SUCH_WEBHOOK)
    return hook


@transaction.atomic
def create(
    owner: Person,
    bot_id: int,
    *,
    url: str,
    label: str = "",
    events: Collection[str] = (WebhookEvent.MESSAGE,),
    words: Iterable[str] = (),
    rooms: Iterable[str] = (),
) -> OutgoingWebhook:
    """Create a webhook that gets these events of these rooms, by their addresses. It has a new secret.

    The owner of the bot must be a moderator of each room, and the bot a member.
    """
    bot = bots.own(owner, bot_id)
    Person.objects.select_for_update(no_key=True).get(pk=bot.pk)
    if bot.outgoing_webhooks.count() >= MAX_WEBHOOKS:
        raise ActionError(Code.QUOTA, f"A bot can have at most {MAX_WEBHOOKS} webhooks.")
    hook = OutgoingWebhook.objects.create(
        bot=bot,
        created_by=owner,
        url=_checked_url(url),
        label=cleaning.clean_line(label, LABEL_MAX_LENGTH),
        secret=signing.new_secret(),
        events=sorted({*events}),
        words=_checked_words(words),
    )
    hook.rooms.set(_checked_rooms(owner, bot, rooms))
    _record(owner, Action.ADD_WEBHOOK, hook)
    return hook


@transaction.atomic
def change(owner: Person, hook: OutgoingWebhook, *, rooms: Iterable[str] | None = None, **fields: object) -> None:
    """Change a webhook: its `url`, `label`, `events` and `words`, its rooms, and whether it is `enabled`."""
    if "url" in fields:
        hook.url = _checked_url(str(fields["url"]))
    if "label" in fields:
        hook.label = cleaning.clean_line(str(fields["label"]), LABEL_MAX_LENGTH)
    if "events" in fields:
        hook.events = sorted({*fields["events"]})  # type: ignore[misc]
    if "words" in fields:
        hook.words = _checked_words(fields["words"])  # type: ignore[arg-type]
    if "enabled" in fields:
        hook.disabled_at = None if fields["enabled"] else hook.disabled_at or timezone.now()
        hook.disabled_reason, hook.failures, hook.failing_since, hook.rests_until = "", 0, None, None
    hook.save()
    if rooms is not None:
        hook.rooms.set(_checked_rooms(owner, hook.bot, rooms))
    _record(owner, Action.CHANGE_WEBHOOK, hook)


@transaction.atomic
def remove(owner: Person, hook: OutgoingWebhook) -> None:
    """Remove a webhook with its commands and deliveries."""
    _record(owner, Action.REMOVE_WEBHOOK, hook)
    hook.delete()


def _record(owner: Person, action: Action, hook: OutgoingWebhook) -> None:
    audit.record(owner, action, person=hook.bot, detail=str(hook))


def _checked_url(url: str) -> str:
    if not outbound.is_address(url, settings.CHAT_WEBHOOK_NETWORKS):
        raise ActionError(Code.BAD_FRAME, "The address must begin with https://, without a port, a name or a password.")
    return url


def _checked_words(words: Iterable[str]) -> list[str]:
    return [word for it in words if (word := cleaning.clean_line(it, LABEL_MAX_LENGTH))][:MAX_WORDS]


def _checked_rooms(owner: Person, bot: Person, slugs: Iterable[str]) -> list[Room]:
    rooms = [Room.seen_by(owner, slug) for slug in sorted({*slugs})]
    members = set(Membership.objects.current().filter(person=bot, room__in=rooms).values_list("room_id", flat=True))
    for room in rooms:
        if room.is_direct or not permissions.actor_in(owner, room).moderates:
            raise ActionError(Code.FORBIDDEN, f"Only moderators of “{room.name}” can send its messages to a webhook.")
        if room.pk not in members:
            raise ActionError(Code.CONFLICT, f"The bot is not a member of “{room.name}”. Add it there first.")
    return rooms


def rooms_for(owner: Person, bot: Person) -> list[Room]:
    """Return the rooms that the owner of a bot can choose for its webhooks, by name."""
    bots_rooms = Membership.objects.current().filter(person=bot).values("room")
    rooms = Room.objects.visible_to(owner).filter(pk__in=bots_rooms).exclude(visibility=Room.Visibility.DIRECT)
    if permissions.site_rank_of(owner) < Rank.STAFF:
        moderated = Membership.objects.current().filter(person=owner).exclude(role=Membership.Role.MEMBER)
        rooms = rooms.filter(pk__in=moderated.values("room"))
    return list(rooms.order_by("name")[:MOST_ROOMS])


# ---- Deliveries


def deliveries_of(hook: OutgoingWebhook, before: int | None, limit: int) -> list[WebhookDelivery]:
    """Return the deliveries of a webhook, newest first, those with ids below `before`."""
    rows = hook.deliveries.select_related("room").order_by("-pk")
    return list((rows if before is None else rows.filter(pk__lt=before))[:limit])


def send_again(hook: OutgoingWebhook, delivery_id: int) -> None:
    """Deliver an event of the webhook once more. Refuse one that still waits, and while the webhook is switched off."""
    if hook.disabled_at is not None:
        raise ActionError(Code.CONFLICT, "This webhook is switched off. Switch it on first.")
    delivery = hook.deliveries.filter(pk=delivery_id).first()
    if delivery is None:
        raise ActionError(Code.NOT_FOUND, "There is no such delivery.")
    if not delivery.may_repeat:
        detail = "This event can’t be sent again: it waits for its next attempt, or nobody waits for its answer."
        raise ActionError(Code.CONFLICT, detail)
    webhook_deliveries.send_again(delivery)


# ---- Commands


@transaction.atomic
def add_command(
    owner: Person, hook: OutgoingWebhook, name: str, *, usage: str = "", description: str = "", room: str | None = None
) -> BotCommand:
    """Register a command. Names are those of the whole site. Without a room, it works in all rooms of the bot."""
    if not COMMAND_NAME.fullmatch(name):
        raise ActionError(
            Code.BAD_FRAME, "A command has 1 to 32 letters a to z, digits and hyphens. It begins with a letter."
        )
    if name in BUILT_IN or BotCommand.objects.filter(name=name).exists():
        raise ActionError(Code.CONFLICT, f"There is a command /{name} already.")
    if BotCommand.objects.filter(webhook__bot=hook.bot).count() >= MAX_COMMANDS:
        raise ActionError(Code.QUOTA, f"A bot can have at most {MAX_COMMANDS} commands.")
    [only] = _checked_rooms(owner, hook.bot, [room]) if room is not None else [None]
    try:
        with transaction.atomic():
            command = BotCommand.objects.create(
                name=name,
                webhook=hook,
                usage=cleaning.clean_line(usage, USAGE_MAX_LENGTH),
                description=cleaning.clean_line(description, DESCRIPTION_MAX_LENGTH),
                room=only,
            )
    except IntegrityError as error:  # someone else has just registered it
        raise ActionError(Code.CONFLICT, f"There is a command /{name} already.") from error
    audit.record(owner, Action.ADD_COMMAND, person=hook.bot, room=only, detail=str(command))
    return command


@transaction.atomic
def remove_command(owner: Person, bot_id: int, command_id: int) -> None:
    commands = BotCommand.objects.filter(webhook__bot=bots.own(owner, bot_id))
    command = commands.select_related("webhook__bot", "room").filter(pk=command_id).first()
    if command is None:
        raise ActionError(Code.NOT_FOUND, NO_SUCH_COMMAND)
    audit.record(owner, Action.REMOVE_COMMAND, person=command.webhook.bot, room=command.room, detail=str(command))
    command.delete()


def commands_of(owner: Person, bot_id: int) -> QuerySet[BotCommand]:
    rows = BotCommand.objects.filter(webhook__bot=bots.own(owner, bot_id))
    return rows.select_related("webhook__bot").order_by("name")


def commands_in(room_id: int) -> QuerySet[BotCommand]:
    """Return the commands that work in a room, by name: those of bots that are members there."""
    hooks = OutgoingWebhook.objects.of_bot_in(room_id)
    rows = BotCommand.objects.filter(Q(room=None) | Q(room=room_id), webhook__in=hooks)
    return rows.select_related("webhook__bot").order_by("name")


def call(person: Person, room: Room, name: str, arguments: str, client_id: UUID) -> None:
    """Send a command to its webhook, in the caller's transaction. A repeat with the same client id does nothing."""
    command = commands_in(room.pk).filter(name=name).first()
    if command is None:
        raise ActionError(Code.NOT_FOUND, f"There is no command /{name} in this room.")
    calls = CommandCall.objects.filter(person=person, client_id=client_id)
    if calls.exists():
        return
    CommandCall.objects.create(person=person, client_id=client_id)
    details = {"person": person.pk, "command": name, "arguments": cleaning.clean_text(arguments)}
    event = WebhookEvent.COMMAND
    webhook_deliveries.add([WebhookDelivery(webhook=command.webhook, event=event, room=room, details=details)])
