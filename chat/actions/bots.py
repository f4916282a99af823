"""Bots: their owners create them, give them access tokens and deactivate them."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from chat import broadcast
from chat.actions import accounts, audit, credentials
from chat.actions.audit import Action
from chat.auth import permissions
from chat.auth.permissions import Rank
from chat.errors import ActionError
from chat.models import CommandCall, IncomingWebhook, OutgoingWebhook, Person, Room, Token
from chat.models.tokens import TOKEN_LABEL_MAX_LENGTH
from chat.protocol import Code, Scope

MAX_BOTS = 10
MAY_NOT_CREATE = "You can’t create bots on this site."
NO_SUCH_BOT = "There is no such bot, or it isn’t yours."
TOO_MANY = f"You have {MAX_BOTS} bots. Deactivate one and try again."
# The greatest time that a token can last. A time at the end of the calendar cannot be stored.
LONGEST = timedelta(days=3650)
NOT_A_TIME = "Choose a time in the next ten years."
NO_SCOPE = "Choose at least one."


def create(owner: Person, name: str) -> Person:
    """Create a bot. It belongs to no room yet. Refuse a name that is taken, and an eleventh bot."""
    with transaction.atomic():
        owner = credentials.confirm_unchanged(owner)
        if not permissions.may_create_bots(owner):
            raise ActionError(Code.FORBIDDEN, MAY_NOT_CREATE)
        if owner.bots.filter(is_active=True).count() >= MAX_BOTS:
            raise ActionError(Code.CONFLICT, TOO_MANY)
        bot = Person(is_bot=True, bot_owner=owner)
        bot.set_unusable_password()
        accounts.take_name(bot, name)
        accounts.save(bot)
        audit.record(owner, Action.ADD_BOT, person=bot)
    return bot


def own(owner: Person, bot_id: int) -> Person:
    """Return an active bot of this owner. Refuse any other id."""
    bot = owner.bots.filter(pk=bot_id, is_active=True).first()
    if bot is None:
        raise ActionError(Code.NOT_FOUND, NO_SUCH_BOT)
    return bot


def managed(actor: Person, bot_id: int) -> Person:
    """Return an active bot that `actor` may limit: their own, and for staff any. Refuse any other id."""
    if permissions.site_rank_of(actor) < Rank.STAFF:
        return own(actor, bot_id)
    bot = Person.objects.active().filter(pk=bot_id, is_bot=True).first()
    if bot is None:
        raise ActionError(Code.NOT_FOUND, NO_SUCH_BOT)
    return bot


def issue_token(
    owner: Person,
    bot: Person,
    *,
    label: str = "",
    scopes: Collection[Scope] | None,
    room: Room | None = None,
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """Create a token of one's own bot, and return it with its secret. `scopes` None is everything.

    It gives the bot no right: it works where the bot has access, and within these limits.
    """
    if scopes is not None and not scopes:
        raise ActionError(Code.BAD_FRAME, NO_SCOPE, field="scopes")
    now = timezone.now()
    if expires_at is not None and not now < expires_at <= now + LONGEST:
        raise ActionError(Code.BAD_FRAME, NOT_A_TIME, field="expires_at")
    words = None if scopes is None else " ".join(it for it in Scope if it in scopes)
    secret = Token.new_secret()
    with transaction.atomic():
        bot = credentials.confirm_unchanged(bot)
        if bot.tokens.valid().count() >= accounts.MAX_TOKENS:
            raise ActionError(Code.CONFLICT, f"This bot has {accounts.MAX_TOKENS} tokens. Revoke one and try again.")
        token = Token.objects.create(
            person=bot,
            digest=Token.digest_of(secret),
            label=label[:TOKEN_LABEL_MAX_LENGTH],
            scopes=words,
            room=room,
            expires_at=expires_at,
        )
        audit.record(owner, Action.ADD_TOKEN, person=bot, room=room, detail="everything" if words is None else words)
    return token, secret


def revoke_token(actor: Person, bot: Person, token_id: int) -> None:
    """Revoke a token of a bot that `actor` may limit, and close its connections."""
    with transaction.atomic():
        credentials.revoke_token(bot, token_id)
        audit.record(actor, Action.REVOKE, person=bot, count=1)


def deactivate(actor: Person, bot: Person) -> None:
    """Deactivate a bot that `actor` may limit. Its messages stay, and only staff can activate it again."""
    with transaction.atomic():
        audit.record(actor, Action.DEACTIVATE, person=bot)
        close(bot)
        broadcast.publish(broadcast.access_moved())


def close(person: Person) -> None:
    """Deactivate an account. Its sessions, tokens and webhooks end, and so do the bots that it owns."""
    person.is_active = False
    person.save(update_fields=["is_active"])
    end_access(person)


def end_access(person: Person) -> None:
    """End the sessions, tokens and webhooks of an account that was deactivated, and close its bots."""
    credentials.remove_all(person)
    if person.is_bot:
        IncomingWebhook.objects.filter(bot=person, revoked_at=None).update(revoked_at=timezone.now())
    for bot in person.bots.filter(is_active=True):
        close(bot)


def disown(person: Person) -> None:
    """Close the bots of someone whose account is deleted, and remove what says that they were theirs."""
    for bot in person.bots.filter(is_active=True):
        close(bot)
    person.bots.update(bot_owner=None)
    IncomingWebhook.objects.filter(created_by=person).update(created_by=None)
    OutgoingWebhook.objects.filter(created_by=person).update(created_by=None)
    CommandCall.objects.filter(person=person).delete()
