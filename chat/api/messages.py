"""The messages of a room: a page at a time, and posting."""

from typing import Annotated
from uuid import UUID

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from chat import history, protocol, serializers
from chat.actions.batch import Request
from chat.actions.messages import execute
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.idempotency import Idempotency
from chat.api.operation import operation
from chat.api.paging import page
from chat.auth import login_throttle
from chat.errors import ActionError
from chat.models import Person, Room
from chat.protocol import Code, FrameError, Scope
from chat.rate_limits import limits
from chat.telemetry import logs

DEFAULT_LIMIT = 50

MessageSeq = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
PageLimit = Annotated[int, msgspec.Meta(ge=1, le=history.PAGE_LIMIT)]


class Window(msgspec.Struct, frozen=True):
    """The requested page: messages before, after or around a seq, or the newest."""

    before: MessageSeq | msgspec.UnsetType = msgspec.UNSET
    after: MessageSeq | msgspec.UnsetType = msgspec.UNSET
    around: MessageSeq | msgspec.UnsetType = msgspec.UNSET
    limit: PageLimit = DEFAULT_LIMIT

    @property
    def bound(self) -> dict[str, int]:
        """Return the given bound, if any. Raises FrameError for more than one."""
        named = {"before": self.before, "after": self.after, "around": self.around}
        bounds = {name: seq for name, seq in named.items() if seq is not msgspec.UNSET}
        if len(bounds) > 1:
            raise FrameError(Code.BAD_FRAME, "Use only one of before, after and around.")
        return bounds


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """`files` are the keys of your uploads that no message has. With files, `body` may be empty.

    `client_id` is made by the server if it is left out. A request with the same one, or with the same header
    `Idempotency-Key`, returns the first message. Without both, a repeated request posts a second message.
    """

    body: str
    client_id: UUID | None = None
    reply_to: protocol.Seq | None = None
    files: protocol.FileKeys = []

    def command(self, client_id: UUID) -> protocol.Post:
        """Return the post. Its client id is `client_id`, unless the request has its own."""
        return protocol.Post(
            client_id=self.client_id or client_id, body=self.body, reply_to=self.reply_to, files=self.files
        )


class MessagePage(msgspec.Struct, frozen=True):
    messages: list[protocol.MessageData]
    cursor: str
    more: bool
    newest: int


class PostedMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """`outside` are the ids of the people whom the text names and who may not read the room. Left out without any."""

    message: protocol.MessageData
    outside: list[int] = []


@signed_in
@operation(
    scope=Scope.READ,
    query=Window,
    exclusive=("before", "after", "around"),
    answers={200: MessagePage},
    refusals=(Code.NOT_FOUND,),
)
def index(request: HttpRequest, person: Person, window: Window, slug: str) -> HttpResponse:
    """Return a page of messages in seq order, and the cursor from which to follow the room."""
    bound = window.bound
    room = Room.seen_by(person, slug)
    found = history.page(room, limit=window.limit, **bound)
    content = MessagePage(found.messages, str(found.cursor), found.more, found.newest)
    first, last = (found.messages[0].seq, found.messages[-1].seq) if found.messages else (0, 0)
    position = {"after": last} if "after" in bound else {"before": first}
    return page(request, content, found.more, **position)


@signed_in
@operation(
    scope=Scope.POST,
    headers=Idempotency,
    body=NewMessage,
    narrower={"body": {"minLength": 1, "maxLength": settings.CHAT_MAX_BODY}},
    answers={201: PostedMessage, 200: PostedMessage},
    refusals=(
        Code.EMPTY,
        Code.TOO_LONG,
        Code.NOT_FOUND,
        Code.FORBIDDEN,
        Code.ARCHIVED,
        Code.MUTED,
        Code.CONFLICT,
        Code.RATE_LIMITED,
    ),
)
def create(request: HttpRequest, person: Person, repeated: Idempotency, asked: NewMessage, slug: str) -> HttpResponse:
    """Post a message.

    Status 201 means that it was posted now. Status 200 returns the message that was posted earlier with the same client
    id or `Idempotency-Key`.
    """
    wait = limits.take_post(person.pk, login_throttle.address_of(request), kind=person.kind)
    if wait:
        raise ActionError(Code.RATE_LIMITED, "You’re sending messages too fast.", retry_after=wait)
    room = Room.seen_by(person, slug)
    result = execute(Request(person.pk, room.pk, asked.command(repeated.client_id("person", person.pk))))
    assert result.message is not None
    if result.created:
        label = logs.room_label(room.pk, room.slug, room.visibility)
        logs.posted("api", person.name, label, result.seq, result.message.body)
    [message] = serializers.messages([result.message])
    return answers.success(PostedMessage(message, list(result.outside)), status=201 if result.created else 200)
