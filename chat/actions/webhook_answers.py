"""Answers to outgoing webhooks: a message of the bot, or a text for the person who called a command."""

import logging
from typing import Literal
from uuid import UUID, uuid5

import msgspec
from django.conf import settings

from chat import broadcast, protocol
from chat.actions import direct, messages
from chat.actions.batch import Request
from chat.actions.jobs.writes import write
from chat.actions.rendered_body import render_body
from chat.errors import ActionError
from chat.models import OutgoingWebhook, Room, WebhookDelivery
from chat.models.webhooks import WebhookEvent
from chat.text.cleaning import shortened

log = logging.getLogger(__name__)

NAMESPACE = UUID("5b0f52ff-3b0a-4fb7-8a3c-9d1d1c9a6a55")


class ReceiverAnswer(msgspec.Struct, frozen=True):
    """The body of an answer to an event. Without a text, nothing is posted."""

    text: str = ""
    response_type: Literal["ephemeral", "in_channel"] = "ephemeral"


def take(delivery: WebhookDelivery, body: bytes) -> None:
    """Post the text of an answer, or show it to the caller of a command. Any other body means nothing.

    An event that is sent again posts the same message again, which does nothing.
    """
    try:
        answer = msgspec.json.decode(body, type=ReceiverAnswer)
    except msgspec.DecodeError:
        return
    if not answer.text.strip():
        return
    if delivery.event == WebhookEvent.COMMAND and answer.response_type == "ephemeral":
        _show(delivery, answer.text)
    elif delivery.room is not None:
        _post(delivery.webhook, delivery.room, answer.text, delivery.key, reply_to=delivery.seq)


def tell_failure(delivery: WebhookDelivery) -> None:
    """Tell the caller of a command that it was not answered."""
    _show(delivery, f"/{delivery.details['command']} didn’t answer. Try again later.")


def tell_owner(hook: OutgoingWebhook) -> None:
    """Let the bot write to its owner that the webhook was switched off."""
    owner_id = hook.bot.bot_owner_id
    text = f"The webhook “{hook}” was switched off. {hook.disabled_reason} You can switch it on again in your profile."
    try:
        room, _ = write(direct.open_conversation, hook.bot, [owner_id], "") if owner_id else (None, False)
    except ActionError as refusal:  # the owner has blocked the bot
        log.info("Could not tell the owner of webhook %d: %s", hook.pk, refusal.detail)
        return
    if room is not None:
        _post(hook, room, text, f"{hook.pk} {hook.disabled_at}")


def _post(hook: OutgoingWebhook, room: Room, text: str, key: str, reply_to: int | None = None) -> None:
    body = shortened(text, settings.CHAT_MAX_BODY)
    post = protocol.Post(client_id=uuid5(NAMESPACE, key), body=body, reply_to=reply_to)
    [outcome] = write(messages.execute_batch, [Request(hook.bot_id, room.pk, post)])
    if isinstance(outcome, ActionError):
        log.info("The answer of webhook %d was not posted: %s", hook.pk, outcome.detail)


def _show(delivery: WebhookDelivery, text: str) -> None:
    assert delivery.room is not None
    body = render_body(shortened(text, settings.CHAT_MAX_BODY), settings.CHAT_MAX_BODY, may_be_empty=True)
    details = delivery.details
    broadcast.publish(
        broadcast.ephemeral(delivery.room.pk, details["person"], details["command"], body.body, body.html)
    )
