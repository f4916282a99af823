"""The wrapper of every API function: methods, authentication, and one translation of all errors."""

import functools
import logging
from collections.abc import Callable
from typing import Any, Concatenate

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from chat import protocol
from chat.actions import credentials
from chat.api import answers, operation
from chat.auth import authentication, origins
from chat.auth.current_person import person_of
from chat.errors import NO_SUCH_ROOM, ActionError, Refused
from chat.models import Person, Room
from chat.protocol import Code, FrameError

log = logging.getLogger(__name__)

UNAVAILABLE = "The database is unavailable. Try again in a moment."

ViewFunction = Callable[Concatenate[HttpRequest, ...], HttpResponse]
PersonViewFunction = Callable[Concatenate[HttpRequest, Person, ...], HttpResponse]


def endpoint(**handlers: ViewFunction) -> ViewFunction:
    """Return the view of one path: a function per method, and every error in the API's shape."""

    @csrf_exempt
    def view(request: HttpRequest, **arguments: Any) -> HttpResponse:
        handler = handlers.get("GET" if request.method == "HEAD" else str(request.method))
        if handler is None:
            return _method_not_allowed(handlers)
        try:
            _check_sender(request, operation.of(handler).max_bytes)
            return handler(request, **arguments)
        except operation.WrongRequest as error:
            return answers.refusal(error.code, error.detail, status=error.status, field=error.field)
        except Refused as error:
            return answers.refused(error)
        except Room.DoesNotExist:
            return answers.refusal(Code.NOT_FOUND, NO_SUCH_ROOM)
        except RequestDataTooBig:
            return answers.refusal(Code.TOO_LONG, f"A body can have at most {protocol.MAX_FRAME_IN_BYTES} bytes.")
        except (BadRequest, SuspiciousOperation):
            return answers.refusal(Code.BAD_FRAME, answers.UNREADABLE)
        except (OperationalError, InterfaceError):
            log.exception("The database was unavailable during %s %s", request.method, request.path)
            return answers.refused(ActionError(Code.UNAVAILABLE, UNAVAILABLE, retry_after=1.0))

    view.handlers = handlers  # type: ignore[attr-defined]
    return view


def _check_sender(request: HttpRequest, max_bytes: int) -> None:
    """Check the size of the request, then its origin. The body is not parsed yet."""
    # Read the whole body before anything parses form fields: a multipart body cannot be read after parsing.
    if len(request.body) > max_bytes:
        raise FrameError(Code.TOO_LONG, f"A body can have at most {max_bytes} bytes.")
    if not has_token(request) and origins.is_sent_by_another_site(request):
        raise ActionError(Code.FORBIDDEN, "Requests from pages of other sites are not allowed.")


def has_token(request: HttpRequest) -> bool:
    """Return whether the request comes from a program with a bearer token, valid or not."""
    return request.headers.get("Authorization", "").partition(" ")[0].lower() == "bearer"


def signed_in(handler: PersonViewFunction) -> ViewFunction:
    """Authenticate the request by a bearer token or by the session cookie. A cookie also needs a CSRF token.

    An invalid token never falls back to the cookie. The program would act as a person it does not expect.
    """

    @csrf_protect
    def by_session(request: HttpRequest, **arguments: Any) -> HttpResponse:
        return handler(request, person_of(request), **arguments)

    @functools.wraps(handler)
    def authenticated(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if has_token(request):
            found = authentication.from_token(request)
            if found is None:
                raise ActionError(Code.SIGNED_OUT, "That is not a valid token.")
            person, credential = found
            authentication.check_limits(credential, operation.of(handler).scope, arguments.get("slug"))
            if credential.is_last_used_stale:
                credentials.record_use([credential])
            return handler(request, person, **arguments)
        if not request.user.is_authenticated:
            raise ActionError(Code.SIGNED_OUT, "Sign in or send a bearer token.")
        return by_session(request, **arguments)

    operation.personal(authenticated)
    return authenticated


def _method_not_allowed(handlers: dict[str, ViewFunction]) -> HttpResponse:
    response = answers.refusal(Code.BAD_FRAME, f"Method not allowed. Allowed: {', '.join(handlers)}.", status=405)
    response["Allow"] = ", ".join(handlers)
    return response
