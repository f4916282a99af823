"""What one method of one address takes and gives: said once, to read requests by and to describe the API by."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_variables

from chat import protocol
from chat.protocol import Code, FrameError

JSON = "application/json"

Shape = type[msgspec.Struct]
Handler = Callable[..., HttpResponse]


class UnsupportedMediaType(FrameError):
    """A body that does not say that it is JSON."""

    def __init__(self) -> None:
        super().__init__(Code.BAD_FRAME, f"The Content-Type must be {JSON}.")


@dataclass(frozen=True, slots=True)
class Operation:
    """`answers` are those that are no refusal, by their status; `refusals` the codes of the others that the handler
    itself may give, beside those that come with a query, with a body, and with having to be signed in.

    `narrower` is what the handler checks beyond the shapes: JSON Schema keywords by the field's name. Of the fields in
    `exclusive`, a query names one at most."""

    answers: Mapping[int, Shape | None]
    refusals: frozenset[Code] = field(default_factory=frozenset)
    query: Shape | None = None
    body: Shape | None = None
    is_personal: bool = False
    narrower: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    exclusive: tuple[str, ...] = ()


def operation(
    *,
    answers: Mapping[int, Shape | None],
    refusals: tuple[Code, ...] = (),
    query: Shape | None = None,
    body: Shape | None = None,
    narrower: Mapping[str, Mapping[str, Any]] | None = None,
    exclusive: tuple[str, ...] = (),
) -> Callable[[Handler], Handler]:
    """Have a handler be given what it takes: the query or the body, read as these shapes, behind whoever asks.

    FrameError for a request that is neither.
    """
    described = Operation(answers, frozenset(refusals), query, body, narrower=narrower or {}, exclusive=exclusive)

    def reading(handler: Handler) -> Handler:
        @functools.wraps(handler)
        @sensitive_variables()  # a password is among what is read
        def read_and_handle(request: HttpRequest, *who: Any, **place: Any) -> HttpResponse:
            asked: list[msgspec.Struct] = []
            if query is not None:
                asked.append(_convert(request.GET.dict(), query, strict=False))
            if body is not None:
                asked.append(_convert(_with_integers(_json(request)), body, strict=True))
            return handler(request, *who, *asked, **place)

        read_and_handle.operation = described  # type: ignore[attr-defined]
        return read_and_handle

    return reading


def of(handler: Handler) -> Operation:
    """What was said of a handler."""
    described: Operation = handler.operation  # type: ignore[attr-defined]
    return described


def personal(handler: Handler) -> None:
    """Note that one has to be signed in for it."""
    handler.operation = replace(of(handler), is_personal=True)  # type: ignore[attr-defined]


def _json(request: HttpRequest) -> dict[str, Any]:
    """A page of another site can make its visitor's browser send text here, or a form, but not JSON by that name."""
    if request.body and request.content_type != JSON:
        raise UnsupportedMediaType
    try:
        return protocol.load_object(request.body.decode())
    except UnicodeDecodeError as error:
        raise FrameError(Code.BAD_FRAME, "A body must be JSON in UTF-8.") from error


def _with_integers(fields: dict[str, Any]) -> dict[str, Any]:
    """With 1.0 as 1, which is the same to JSON Schema and to JavaScript."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value for name, value in fields.items()
    }


def _convert(fields: dict[str, Any], shape: Shape, *, strict: bool) -> msgspec.Struct:
    """The values of a query are text, whatever they stand for: then `strict` is off."""
    try:
        return msgspec.convert(fields, shape, strict=strict)
    except (msgspec.ValidationError, OverflowError) as error:
        raise FrameError(Code.BAD_FRAME, f"{error}.") from error
