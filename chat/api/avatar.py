"""The picture of one's profile."""

from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse

from chat import protocol, serializers
from chat.actions import profiles
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.auth import login_throttle
from chat.models import Person
from chat.protocol import Code
from chat.rate_limits import limits


class AvatarChange(msgspec.Struct, frozen=True):
    file: Annotated[str, msgspec.Meta(max_length=protocol.MAX_KEY_LENGTH)] | None


class You(msgspec.Struct, frozen=True):
    you: protocol.PersonData


@signed_in
@operation(
    body=AvatarChange,
    answers={200: You, 202: You},
    refusals=(Code.NOT_FOUND, Code.CONFLICT, Code.EXPIRED, Code.RATE_LIMITED),
)
def change(request: HttpRequest, person: Person, asked: AvatarChange) -> HttpResponse:
    """Make one of your uploads your picture, or remove your picture with `null`.

    The answer is 202 with a file: the picture follows. Then the upload is gone. If it is refused, `GET` of it says why.
    """
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    changed = profiles.choose_avatar(person, asked.file)
    return answers.success(You(serializers.person(changed)), status=200 if asked.file is None else 202)
