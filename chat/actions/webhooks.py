"""Incoming webhooks: moderators create and revoke them, and programs post with them."""

from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from chat.actions import audit, bots, joining, members
from chat.actions.audit import Action
from chat.actions.batch import Request, Result
from chat.actions.credentials import log_unrecorded
from chat.actions.messages import execute
from chat.auth import permissions
from chat.db.waiting import without_waiting
from chat.errors import ActionError
from chat.models import IncomingWebhook, Person, Room, Token
from chat.models.webhooks import LABEL_MAX_LENGTH
from chat.protocol import Code, Post

# Valid webhooks of one room.
MAX_WEBHOOKS = 20
ONLY_MODERATORS = "Only owners and moderators of this room can do that."
TOO_MANY = f"This room has {MAX_WEBHOOKS} webhooks. Revoke one and try again."
NO_SUCH_WEBHOOK = "There is no such webhook."


def check_may_manage(actor: Person, room: Room) -> None:
    """Refuse someone who may not create, see and revoke the webhooks of a room that they can see."""
    if room.is_direct or not permissions.actor_in(actor, room).moderates:
        raise ActionError(Code.FORBIDDEN, ONLY_MODERATORS)


def create(
    actor: Person, room: Room, *, bot_id: int | None = None, name: str = "", label: str = ""
) -> tuple[IncomingWebhook, str]:
    """Create a webhook that posts as one of the actor's bots, or as a new one called `name`. Return it and its secret.

    The bot becomes a member of the room. Refuse if the actor does not moderate it.
    """
    secret = Token.new_secret()
    with transaction.atomic():
        check_may_manage(actor, room)
        room = joining.locked_room(room)
        if room.is_archived:
            raise ActionError(Code.ARCHIVED, members.ARCHIVED)
        if room.incoming_webhooks.valid().count() >= MAX_WEBHOOKS:
            raise ActionError(Code.CONFLICT, TOO_MANY)
        bot = bots.create(actor, name) if bot_id is None else bots.own(actor, bot_id)
        membership, is_member = members.locked(bot, room)
        if members.is_banned(membership):
            raise ActionError(Code.CONFLICT, members.BANNED.format(bot.name))
        if not is_member:
            members.enter(membership, by=actor)
        digest = Token.digest_of(secret)
        made = IncomingWebhook.objects.create(
            room=room, bot=bot, created_by=actor, digest=digest, label=label[:LABEL_MAX_LENGTH]
        )
        audit.record(actor, Action.ADD_WEBHOOK, person=bot, room=room, detail=f"incoming {made.pk}")
    return made, secret


def revoke(actor: Person, room: Room, webhook_id: int) -> None:
    """Revoke a webhook of a room that the actor moderates."""
    with transaction.atomic():
        check_may_manage(actor, room)
        found = room.incoming_webhooks.valid().select_related("bot").filter(pk=webhook_id).first()
        if found is None:
            raise ActionError(Code.NOT_FOUND, NO_SUCH_WEBHOOK)
        room.incoming_webhooks.filter(pk=webhook_id).update(revoked_at=timezone.now())
        audit.record(actor, Action.REMOVE_WEBHOOK, person=found.bot, room=room, detail=f"incoming {webhook_id}")


def post(webhook: IncomingWebhook, body: str, client_id: UUID) -> Result:
    """Post as the webhook's bot, under the same rules as any member, and record the use."""
    result = execute(Request(webhook.bot_id, webhook.room_id, Post(client_id=client_id, body=body)))
    try:
        with without_waiting():
            stale = IncomingWebhook.objects.stale_last_used(timezone.now()).filter(pk=webhook.pk)
            stale.update(last_used_at=timezone.now())
    except (OperationalError, InterfaceError) as error:
        log_unrecorded(error)
    return result
