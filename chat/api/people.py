"""Authentication: `/api/join/` for guests, `/api/token/` for members."""

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_variables

from chat import protocol, serializers
from chat.actions import accounts
from chat.api import answers
from chat.api.operation import operation
from chat.auth import login_throttle
from chat.auth.guests import admit_guest
from chat.errors import ActionError
from chat.models import Person
from chat.models.tokens import TOKEN_LABEL_MAX_LENGTH
from chat.protocol import Code
from chat.text import cleaning


class JoinBody(msgspec.Struct, frozen=True):
    name: str


class SignInBody(msgspec.Struct, frozen=True):
    username: str
    password: str


class Welcome(msgspec.Struct, frozen=True):
    token: str
    you: protocol.PersonData


@operation(
    body=JoinBody,
    narrower={"name": {"minLength": 1, "maxLength": cleaning.TYPED_NAME_MAX_LENGTH}},
    answers={200: Welcome},
    refusals=(Code.FORBIDDEN, Code.CONFLICT, Code.RATE_LIMITED),
)
def join(request: HttpRequest, asked: JoinBody) -> HttpResponse:
    """Create a guest, and an access token for them."""
    admit_guest(request)
    return _token_response(request, accounts.join_as_guest(asked.name))


@operation(
    body=SignInBody,
    narrower={"username": {"minLength": 1}, "password": {"minLength": 1}},
    answers={200: Welcome},
    refusals=(Code.SIGNED_OUT, Code.FORBIDDEN, Code.CONFLICT, Code.RATE_LIMITED, Code.BUSY),
)
@sensitive_variables()
def sign_in(request: HttpRequest, asked: SignInBody) -> HttpResponse:
    """Sign in with a name and a password, and get an access token."""
    person = login_throttle.sign_in(request, asked.username, asked.password)
    if person is None:
        raise ActionError(Code.SIGNED_OUT, "Incorrect name or password.")
    return _token_response(request, person)


def _token_response(request: HttpRequest, person: Person) -> HttpResponse:
    """Create a token and return it. Its label names the program, so that its owner can tell tokens apart."""
    label = cleaning.clean_line(request.headers.get("User-Agent", ""), TOKEN_LABEL_MAX_LENGTH)
    token = accounts.issue_token(person, label)
    return answers.success(Welcome(token, serializers.person(person)))
