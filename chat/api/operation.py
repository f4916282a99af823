"""Declarations of API operations: what a method takes and returns. They validate requests and describe the API."""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_variables

from chat import protocol
from chat.protocol import Code, FrameError, Scope

JSON = "application/json"
# A piece of an upload.
BYTES = "application/offset+octet-stream"
PIECE = {BYTES: {"type": "string", "format": "binary"}}

# The field that a validation error of msgspec names: at the end of a path, or as missing.
_FIELD = re.compile(r"(?:at `\$\.|required field `)([\w-]+)[^`]*`$")

Shape = type[msgspec.Struct]
Handler = Callable[..., HttpResponse]


class WrongRequest(FrameError):
    """A request without the described form. Its status may be another one than that of the code."""

    def __init__(self, status: int, detail: str, field: str = ""):
        super().__init__(Code.BAD_FRAME, detail)
        self.status, self.field = status, field


@dataclass(frozen=True, slots=True)
class Operation:
    """The declaration of one method of one path.

    `answers` are the successful responses by status. `refusals` are the error codes of the handler itself, beside those
    that every query, body or authentication can cause.

    `headers` is a shape whose fields are renamed by `header_name`. The handler reads a body that is `unparsed`:
    shapes or JSON Schemas by content type. With `has_text_answer`, a success is plain text unless the request asks for
    JSON.

    A token with scopes needs `scope`. Without one, every token with scopes is refused.

    `narrower` holds JSON Schema keywords by field name, for rules that the handler checks beyond the types. A query may
    name at most one of the fields in `exclusive`.
    """

    answers: Mapping[int, Shape | None]
    refusals: frozenset[Code] = field(default_factory=frozenset)
    query: Shape | None = None
    body: Shape | None = None
    headers: Shape | None = None
    unparsed: Mapping[str, Shape | Mapping[str, Any]] = field(default_factory=dict)
    has_text_answer: bool = False
    max_bytes: int = protocol.MAX_FRAME_IN_BYTES
    is_personal: bool = False
    scope: Scope | None = None
    narrower: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    exclusive: tuple[str, ...] = ()


def operation(
    *,
    answers: Mapping[int, Shape | None],
    refusals: tuple[Code, ...] = (),
    query: Shape | None = None,
    body: Shape | None = None,
    headers: Shape | None = None,
    max_bytes: int = protocol.MAX_FRAME_IN_BYTES,
    unparsed: Mapping[str, Shape | Mapping[str, Any]] | None = None,
    has_text_answer: bool = False,
    scope: Scope | None = None,
    narrower: Mapping[str, Mapping[str, Any]] | None = None,
    exclusive: tuple[str, ...] = (),
) -> Callable[[Handler], Handler]:
    """Pass the parsed query, headers or body to a handler as these shapes.

    The person comes first if the handler needs authentication. Raises FrameError for a request with another shape.
    """
    described = Operation(
        answers,
        frozenset(refusals),
        query,
        body,
        headers,
        max_bytes=max_bytes,
        unparsed=unparsed or {},
        has_text_answer=has_text_answer,
        scope=scope,
        narrower=narrower or {},
        exclusive=exclusive,
    )

    def reading(handler: Handler) -> Handler:
        @functools.wraps(handler)
        @sensitive_variables()  # the body may hold a password
        def read_and_handle(request: HttpRequest, *who: Any, **arguments: Any) -> HttpResponse:
            asked: list[msgspec.Struct] = []
            if query is not None:
                asked.append(_convert(request.GET.dict(), query, strict=False))
            if headers is not None:
                asked.append(_convert(_headers(request, headers), headers, strict=False))
            if unparsed and request.content_type not in unparsed:
                detail = f"The Content-Type must be {' or '.join(unparsed)}."
                raise WrongRequest(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)
            if body is not None:
                asked.append(_convert(_with_integers(_json(request)), body, strict=True))
            return handler(request, *who, *asked, **arguments)

        read_and_handle.operation = described  # type: ignore[attr-defined]
        return read_and_handle

    return reading


def of(handler: Handler) -> Operation:
    """Return the declaration of a handler."""
    described: Operation = handler.operation  # type: ignore[attr-defined]
    return described


def personal(handler: Handler) -> None:
    """Mark the operation as one that needs authentication."""
    handler.operation = replace(of(handler), is_personal=True)  # type: ignore[attr-defined]


def header_name(field: str) -> str:
    """Return the name of the header that a field stands for."""
    return field.replace("_", "-").title()


def _headers(request: HttpRequest, shape: Shape) -> dict[str, str]:
    return {name: request.headers[name] for name in shape.__struct_encode_fields__ if name in request.headers}


def _json(request: HttpRequest) -> dict[str, Any]:
    """Parse a JSON body. Its content type is required: a page of another site can only send text or forms."""
    if request.body and request.content_type != JSON:
        raise WrongRequest(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"The Content-Type must be {JSON}.")
    try:
        return protocol.load_object(request.body.decode())
    except UnicodeDecodeError as error:
        raise FrameError(Code.BAD_FRAME, "A body must be JSON in UTF-8.") from error


def _with_integers(fields: dict[str, Any]) -> dict[str, Any]:
    """Convert 1.0 to 1. JSON Schema and JavaScript treat them as equal."""
    return {
        name: [_integer(it) for it in value] if isinstance(value, list) else _integer(value)
        for name, value in fields.items()
    }


def _integer(value: Any) -> Any:
    if isinstance(value, dict):  # an object in the body has no objects of its own
        return {name: int(it) if _is_integer(it) else it for name, it in value.items()}
    return int(value) if _is_integer(value) else value


def _is_integer(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()


def _convert(fields: dict[str, Any], shape: Shape, *, strict: bool) -> msgspec.Struct:
    """Convert fields to a shape. The values of a query are strings, so it sets `strict` to False."""
    try:
        return msgspec.convert(fields, shape, strict=strict)
    except (msgspec.ValidationError, OverflowError) as error:
        found = _FIELD.search(str(error))
        raise WrongRequest(HTTPStatus.BAD_REQUEST, f"{error}.", found[1] if found else "") from error
