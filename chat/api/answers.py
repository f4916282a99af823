"""The JSON responses of the API: one shape for success, one for errors."""

import math

import msgspec
from django.http import HttpRequest, HttpResponse

from chat.errors import Refused
from chat.protocol import Code

PREFIX = "/api/"
UNREADABLE = "Malformed request."
NO_SUCH_ADDRESS = "No such endpoint."

STATUS: dict[Code, int] = {
    Code.BAD_FRAME: 400,
    Code.UNKNOWN_TYPE: 400,
    Code.EMPTY: 400,
    Code.SIGNED_OUT: 401,
    Code.FORBIDDEN: 403,
    Code.ARCHIVED: 403,
    Code.MUTED: 403,
    Code.QUOTA: 403,
    Code.NOT_FOUND: 404,
    Code.CONFLICT: 409,
    Code.EXPIRED: 410,
    Code.TOO_LONG: 413,
    Code.TOO_LARGE: 413,
    Code.RATE_LIMITED: 429,
    Code.BUSY: 503,
    Code.UNAVAILABLE: 503,
}

_encoder = msgspec.json.Encoder()


class ErrorBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """The reason for a refusal: a `code` for programs and a `detail` for people.

    `field` is the name of the parameter, header or field of the body that is wrong. It is left out for other reasons.
    """

    code: Code
    detail: str
    field: str = ""


class RefusedRequest(msgspec.Struct, frozen=True):
    error: ErrorBody


def is_due(request: HttpRequest) -> bool:
    """Return whether the API must answer this request, also where no view was found for it."""
    return request.path_info.startswith(PREFIX)


def success(content: msgspec.Struct, *, status: int = 200) -> HttpResponse:
    return _respond(content, status)


def done() -> HttpResponse:
    """Return a success without content, which has no type."""
    response = HttpResponse(status=204)
    del response["Content-Type"]
    response["Cache-Control"] = "no-store"
    return response


def refusal(code: Code, detail: str, *, status: int | None = None, field: str = "") -> HttpResponse:
    response = _respond(RefusedRequest(ErrorBody(code, detail, field)), status or STATUS[code])
    if code is Code.SIGNED_OUT:
        response["WWW-Authenticate"] = "Bearer"
    return response


def refused(error: Refused) -> HttpResponse:
    """Return the response for an ActionError."""
    response = refusal(error.code, error.detail, field=error.field)
    if error.retry_after is not None:
        response["Retry-After"] = str(max(math.ceil(error.retry_after), 1))
    return response


def _respond(content: msgspec.Struct, status: int) -> HttpResponse:
    response = HttpResponse(_encoder.encode(content), content_type="application/json", status=status)
    response["Cache-Control"] = "no-store"
    return response
