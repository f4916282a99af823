"""Removing the preview of a link from a message."""

from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse

from chat import protocol
from chat.actions.batch import Request
from chat.actions.messages import execute
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.auth import login_throttle
from chat.models import Person, Room
from chat.protocol import MAX_URL_LENGTH, Code
from chat.rate_limits import limits


class PreviewRef(msgspec.Struct, frozen=True):
    """A preview by its link. It can only be removed, so `on` is false."""

    url: Annotated[str, msgspec.Meta(max_length=MAX_URL_LENGTH)]
    on: bool = False


@signed_in
@operation(
    body=PreviewRef,
    answers={204: None},
    refusals=(Code.NOT_FOUND, Code.FORBIDDEN, Code.ARCHIVED, Code.RATE_LIMITED),
)
def unfurl(request: HttpRequest, person: Person, asked: PreviewRef, slug: str, seq: int) -> HttpResponse:
    """Remove the preview of a link from your message, or as a moderator from one by a person of lower rank."""
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    command = protocol.Unfurl(seq=seq, url=asked.url, on=asked.on)
    execute(Request(person.pk, Room.seen_by(person, slug).pk, command))
    return answers.done()
