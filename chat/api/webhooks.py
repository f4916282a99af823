"""Incoming webhooks: the list of a room for its moderators, and the address at which programs post."""

from typing import Annotated, Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from chat import protocol, serializers
from chat.actions import webhooks
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.idempotency import Idempotency
from chat.api.messages import PostedMessage
from chat.api.operation import JSON, operation
from chat.api.paging import Id
from chat.auth import login_throttle
from chat.errors import ActionError
from chat.models import IncomingWebhook, Person, Room, Token
from chat.models.webhooks import LABEL_MAX_LENGTH
from chat.protocol import Code, FrameError
from chat.rate_limits import limits
from chat.site_address import webhook_url
from chat.telemetry import logs
from chat.text import cleaning, slack, slack_message

TEXT, FORM = "text/plain", "application/x-www-form-urlencoded"
NAME_MAX_LENGTH = 80


class Notice(msgspec.Struct, frozen=True):
    """The content of a message as Slack takes it: `text`, in Slack's markup, or `attachments` and `blocks`."""

    text: str = ""


BODIES: dict[str, type[Notice] | dict[str, Any]] = {
    TEXT: {"type": "string", "minLength": 1},
    JSON: Notice,
    FORM: {"type": "object", "properties": {"payload": {"type": "string"}}, "required": ["payload"]},
}


class NewWebhook(msgspec.Struct, frozen=True):
    """The id of one of your bots, or else the `name` of a new one."""

    bot: Id | None = None
    name: Annotated[str, msgspec.Meta(max_length=cleaning.TYPED_NAME_MAX_LENGTH)] = ""
    label: Annotated[str, msgspec.Meta(max_length=LABEL_MAX_LENGTH)] = ""


class RoomWebhook(msgspec.Struct, frozen=True):
    id: int
    label: str
    bot: protocol.PersonData
    created_by: protocol.PersonData | None
    created_at: str
    last_used_at: str | None


class RoomWebhooks(msgspec.Struct, frozen=True):
    webhooks: list[RoomWebhook]


class CreatedWebhook(msgspec.Struct, frozen=True):
    """`url` is where programs post. It is shown this once."""

    webhook: RoomWebhook
    url: str


@signed_in
@operation(answers={200: RoomWebhooks}, refusals=(Code.NOT_FOUND, Code.FORBIDDEN))
def index(request: HttpRequest, person: Person, slug: str) -> HttpResponse:
    """Return the valid webhooks of a room, the newest first. For owners and moderators."""
    room = Room.seen_by(person, slug)
    webhooks.check_may_manage(person, room)
    found = room.incoming_webhooks.valid().select_related("bot", "created_by").order_by("-pk")
    return answers.success(RoomWebhooks([_webhook(it) for it in found]))


@signed_in
@operation(
    body=NewWebhook,
    answers={201: CreatedWebhook},
    refusals=(Code.EMPTY, Code.NOT_FOUND, Code.FORBIDDEN, Code.CONFLICT, Code.ARCHIVED, Code.RATE_LIMITED),
)
def create(request: HttpRequest, person: Person, asked: NewWebhook, slug: str) -> HttpResponse:
    """Create a webhook that posts as one of your bots, which joins the room. For owners and moderators."""
    if asked.bot is None and not asked.name.strip():
        raise FrameError(Code.EMPTY, "Give the id of a bot, or the name of a new one.")
    limits.check_bot(person.pk)
    room = Room.seen_by(person, slug)
    label = cleaning.clean_line(asked.label, LABEL_MAX_LENGTH)
    made, secret = webhooks.create(person, room, bot_id=asked.bot, name=asked.name, label=label)
    return answers.success(CreatedWebhook(_webhook(made), webhook_url(request, secret)), status=201)


@signed_in
@operation(answers={204: None}, refusals=(Code.NOT_FOUND, Code.FORBIDDEN, Code.RATE_LIMITED))
def revoke(request: HttpRequest, person: Person, slug: str, webhook_id: int) -> HttpResponse:
    """Revoke a webhook. For owners and moderators of the room."""
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    webhooks.revoke(person, Room.seen_by(person, slug), webhook_id)
    return answers.done()


@operation(
    headers=Idempotency,
    unparsed=BODIES,
    has_text_answer=True,
    answers={200: PostedMessage},
    refusals=(
        Code.EMPTY,
        Code.NOT_FOUND,
        Code.FORBIDDEN,
        Code.ARCHIVED,
        Code.MUTED,
        Code.CONFLICT,
        Code.RATE_LIMITED,
    ),
)
def receive(request: HttpRequest, repeated: Idempotency, secret: str) -> HttpResponse:
    """Post a message. The address is the only credential.

    The body is a text, or what Slack's incoming webhooks take. The answer is the text `ok`, or with `Accept:
    application/json` the message.
    """
    webhook = _webhook_of(request, secret)
    if wait := limits.hooks().take(webhook.pk):
        raise ActionError(Code.RATE_LIMITED, "Too many messages. Wait a moment.", retry_after=wait)
    result = webhooks.post(webhook, _cut(_body(request)), repeated.client_id("webhook", webhook.pk))
    assert result.message is not None
    if result.created:
        room = webhook.room
        label = logs.room_label(room.pk, room.slug, room.visibility)
        logs.posted("webhook", webhook.bot.name, label, result.seq, result.message.body)
    if JSON in request.headers.get("Accept", ""):
        [message] = serializers.messages([result.message])
        return answers.success(PostedMessage(message, list(result.outside)))
    return HttpResponse(b"ok", content_type=TEXT)


def _webhook_of(request: HttpRequest, secret: str) -> IncomingWebhook:
    """Return the valid webhook with this secret. A wrong secret counts as a wrong token."""
    digest = Token.digest_of(secret)
    valid = IncomingWebhook.objects.valid().select_related("bot", "room")
    found = login_throttle.check_token(request, digest, lambda: valid.filter(digest=digest).first())
    if found is None:
        raise ActionError(Code.NOT_FOUND, webhooks.NO_SUCH_WEBHOOK)
    return found


def _body(request: HttpRequest) -> str:
    """Return the text to post. Raises FrameError for a body that has none."""
    try:
        if request.content_type == TEXT:
            text = request.body.decode()
        elif request.content_type == FORM:
            text = _of_slack(request.POST.get("payload", ""))
        else:
            text = _of_slack(request.body.decode())
    except UnicodeDecodeError as error:
        raise FrameError(Code.BAD_FRAME, "A body must be UTF-8.") from error
    if not protocol.is_text(text):
        raise FrameError(Code.BAD_FRAME, "A string can’t contain NUL or half of a surrogate pair.")
    if cleaning.is_blank(text):
        raise FrameError(Code.EMPTY, "There is no text to post.")
    return text


def _of_slack(payload: str) -> str:
    """Return what Slack would show, as Markdown. A name and an emoji of the sender stand before it."""
    fields = protocol.load_object(payload)
    text = slack_message.mrkdwn_of(fields)
    name, icon = (it if isinstance(it := fields.get(key), str) else "" for key in ("username", "icon_emoji"))
    name = cleaning.clean_line(name, NAME_MAX_LENGTH).replace("*", "")
    sender = " ".join(filter(None, [cleaning.clean_line(icon, NAME_MAX_LENGTH), name and f"*{slack.escaped(name)}*"]))
    return slack.markdown("\n".join(filter(None, [sender, text]))) if text.strip() else ""


def _cut(text: str) -> str:
    most: int = settings.CHAT_MAX_BODY
    return text if len(text) <= most else text[: most - 1] + "…"


def _webhook(row: IncomingWebhook) -> RoomWebhook:
    creator = serializers.person(row.created_by) if row.created_by else None
    used = serializers.time(row.last_used_at) if row.last_used_at else None
    return RoomWebhook(row.pk, row.label, serializers.person(row.bot), creator, serializers.time(row.created_at), used)
