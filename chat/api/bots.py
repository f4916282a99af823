"""Bots of the person who asks, and their access tokens."""

from datetime import datetime
from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse

from chat import protocol, serializers
from chat.actions import bots
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.auth import login_throttle
from chat.models import Person, Room, Token
from chat.models.tokens import TOKEN_LABEL_MAX_LENGTH
from chat.protocol import Code, Scope
from chat.rate_limits import limits
from chat.text import cleaning

DEFAULT_SCOPES = (Scope.READ, Scope.POST)


class NewBot(msgspec.Struct, frozen=True):
    name: Annotated[str, msgspec.Meta(max_length=cleaning.TYPED_NAME_MAX_LENGTH)]


class OneBot(msgspec.Struct, frozen=True):
    bot: protocol.PersonData


class OwnBots(msgspec.Struct, frozen=True):
    bots: list[protocol.PersonData]


class NewBotToken(msgspec.Struct, frozen=True):
    """`scopes` null is everything that the bot may do. `room` is the address of the only room in which it works."""

    label: Annotated[str, msgspec.Meta(max_length=TOKEN_LABEL_MAX_LENGTH)] = ""
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1)] | None = msgspec.field(
        default_factory=lambda: list(DEFAULT_SCOPES)
    )
    room: str | None = None
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class BotToken(msgspec.Struct, frozen=True):
    id: int
    label: str
    scopes: list[Scope] | None
    room: str | None
    created_at: str
    expires_at: str | None
    last_used_at: str | None


class BotTokens(msgspec.Struct, frozen=True):
    tokens: list[BotToken]


class CreatedToken(msgspec.Struct, frozen=True):
    """`secret` is what a program sends. It is shown this once."""

    token: BotToken
    secret: str


@signed_in
@operation(answers={200: OwnBots})
def index(request: HttpRequest, person: Person) -> HttpResponse:
    """Return your bots by name."""
    found = person.bots.filter(is_active=True).order_by("handle")
    return answers.success(OwnBots([serializers.person(it) for it in found]))


@signed_in
@operation(body=NewBot, answers={201: OneBot}, refusals=(Code.FORBIDDEN, Code.CONFLICT, Code.RATE_LIMITED))
def create(request: HttpRequest, person: Person, asked: NewBot) -> HttpResponse:
    """Create a bot. It is in no room yet: add it as you would add anyone."""
    limits.check_bot(person.pk)
    return answers.success(OneBot(serializers.person(bots.create(person, asked.name))), status=201)


@signed_in
@operation(answers={204: None}, refusals=(Code.NOT_FOUND, Code.RATE_LIMITED))
def deactivate(request: HttpRequest, person: Person, bot_id: int) -> HttpResponse:
    """Deactivate a bot. Its tokens and webhooks end, and its messages stay. For its owner and the site's staff."""
    _check_change(request, person)
    bots.deactivate(person, bots.managed(person, bot_id))
    return answers.done()


@signed_in
@operation(answers={200: BotTokens}, refusals=(Code.NOT_FOUND,))
def tokens(request: HttpRequest, person: Person, bot_id: int) -> HttpResponse:
    """Return the valid tokens of a bot, the newest first, without their secrets. For its owner and the site's staff."""
    found = bots.managed(person, bot_id).tokens.valid().select_related("room").order_by("-pk")
    return answers.success(BotTokens([_token(it) for it in found]))


@signed_in
@operation(
    body=NewBotToken,
    answers={201: CreatedToken},
    refusals=(Code.NOT_FOUND, Code.CONFLICT, Code.RATE_LIMITED),
)
def create_token(request: HttpRequest, person: Person, asked: NewBotToken, bot_id: int) -> HttpResponse:
    """Create a token for one of your bots. Without `scopes`, it may read and post."""
    _check_change(request, person)
    bot = bots.own(person, bot_id)
    made, secret = bots.issue_token(
        person,
        bot,
        label=cleaning.clean_line(asked.label, TOKEN_LABEL_MAX_LENGTH),
        scopes=asked.scopes,
        room=Room.seen_by(person, asked.room) if asked.room is not None else None,
        expires_at=asked.expires_at,
    )
    return answers.success(CreatedToken(_token(made), secret), status=201)


@signed_in
@operation(answers={204: None}, refusals=(Code.NOT_FOUND, Code.RATE_LIMITED))
def revoke_token(request: HttpRequest, person: Person, bot_id: int, token_id: int) -> HttpResponse:
    """Revoke a token of a bot, and close its connections. For the bot's owner and the site's staff."""
    _check_change(request, person)
    bots.revoke_token(person, bots.managed(person, bot_id), token_id)
    return answers.done()


def _check_change(request: HttpRequest, person: Person) -> None:
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)


def _token(row: Token) -> BotToken:
    times = [serializers.time(it) if it else None for it in (row.expires_at, row.last_used_at)]
    scopes = None if row.allowed is None else [it for it in Scope if it in row.allowed]
    slug = row.room.slug if row.room else None
    return BotToken(row.pk, row.label, scopes, slug, serializers.time(row.created_at), *times)
