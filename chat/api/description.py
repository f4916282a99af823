"""The OpenAPI 3.1 description of the API, derived from its routes and their operations."""

import functools
import hashlib
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, get_resolver
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition

from chat.api import operation
from chat.api.answers import PREFIX, STATUS, RefusedRequest
from chat.api.examples import example
from chat.api.operation import Operation, Shape
from chat.api.schemas import Schemas
from chat.protocol import PROTOCOL_VERSION, Code

ROUTES = "chat.api.urls"
ABOUT = (
    "The HTTP API of this chat. Each endpoint that takes GET also takes HEAD. Any other method is answered with 405 "
    "and `Allow`. A body is `application/json`. A request that a page of another site makes a browser send is refused, "
    "unless it has a bearer token. Every error has the shape of `Failure`. Errors that are not described here, such as "
    "an unknown endpoint (404) or a server error (500), have it too. Fields may be added to any object at any time."
)
SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token from `join`, from `token` or from your profile. A token with scopes needs the "
        "one that an operation names, and is refused where none is named.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": settings.SESSION_COOKIE_NAME,
        "description": "The session of a browser.",
    },
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRFToken", "description": "The value of the CSRF cookie."},
}
# The topics in the order of reading, by module.
TOPICS = {
    "people": "Signing in",
    "rooms": "Rooms",
    "membership": "Rooms",
    "messages": "Messages",
    "reactions": "Messages",
    "previews": "Messages",
    "search": "Messages",
    "activity": "Messages",
    "bookmarks": "Messages",
    "members": "People",
    "direct": "People",
    "avatar": "People",
    "invitations": "Invitations",
    "join_requests": "Invitations",
    "files": "Files",
    "room_files": "Files",
    "notifications": "Notifications",
    "push": "Notifications",
    "bots": "Bots",
    "webhooks": "Bots",
    "outgoing_webhooks": "Bots",
    "moderation": "Moderation",
    "reports": "Moderation",
    "description": "About the API",
}
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
LINK = {"description": 'The address of the next page, with `rel="next"`. Without one, this page is the last.'}
RETRY_AFTER = {"description": "Seconds to wait before retrying.", "schema": {"type": "integer", "minimum": 1}}
CHALLENGE = {"description": "Authentication", "schema": {"type": "string"}}


@functools.cache
def _encoded() -> tuple[bytes, str]:
    """Return the encoded description and its ETag."""
    content = msgspec.json.encode(document())
    return content, f'"{hashlib.blake2b(content, digest_size=8).hexdigest()}"'


@operation.operation(answers={200: None})
@cache_control(public=True, max_age=300)
@condition(etag_func=lambda request: _encoded()[1])
def show(request: HttpRequest) -> HttpResponse:
    """Return this description."""
    return HttpResponse(_encoded()[0], content_type="application/json")


def routes() -> Iterator[tuple[str, URLPattern]]:
    """Yield each path of the API as OpenAPI writes it, except the last route, which catches all other paths."""
    for pattern in get_resolver(ROUTES).url_patterns[:-1]:
        assert isinstance(pattern, URLPattern)
        yield PREFIX + re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern)), pattern


def document() -> dict[str, Any]:
    """Return the whole description."""
    schemas = Schemas()
    paths = {path: _path(pattern, schemas) for path, pattern in routes()}
    _add_examples(paths, schemas.all)
    used = [it["tags"][0] for path in paths.values() for name, it in path.items() if name != "parameters"]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Chat", "version": str(PROTOCOL_VERSION), "description": ABOUT},
        "tags": [{"name": it} for it in dict.fromkeys([*TOPICS.values(), *used]) if it in used],
        "paths": paths,
        "components": {"schemas": schemas.all, "securitySchemes": SECURITY},
    }


def topic_of(handler: Any) -> str:
    """Return the topic of an operation, which its module decides."""
    module = handler.__module__.rpartition(".")[2]
    return TOPICS.get(module, module.capitalize())


def _add_examples(paths: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Add an example to each body and answer, and to each parameter of a path."""
    for path in paths.values():
        for parameter in path.get("parameters", ()):
            parameter["example"] = example(parameter["schema"], schemas, name=parameter["name"])
        for described in (it for name, it in path.items() if name != "parameters"):
            answers = [it for status, it in described["responses"].items() if int(status) < HTTPStatus.BAD_REQUEST]
            for said in (described.get("requestBody", {}), *answers):
                content = said.get("content", {}).get("application/json")
                if content and "$ref" in content["schema"]:
                    content["example"] = example(content["schema"], schemas)


# ---- Paths


def _path(pattern: URLPattern, schemas: Schemas) -> dict[str, Any]:
    handlers = pattern.callback.handlers  # type: ignore[attr-defined]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": converter.schema}
        for name, converter in pattern.pattern.converters.items()
    ]
    operations = {method.lower(): _operation(method, handler, schemas) for method, handler in handlers.items()}
    return {**({"parameters": parameters} if parameters else {}), **operations}


def _operation(method: str, handler: Any, schemas: Schemas) -> dict[str, Any]:
    it, about = operation.of(handler), " ".join(handler.__doc__.split())
    said = {
        "operationId": f"{handler.__module__.rpartition('.')[2]}_{handler.__name__}",
        "tags": [topic_of(handler)],
        "summary": about.partition(". ")[0].rstrip("."),
        "description": about,
        "security": _security(method, it),
        "responses": {**_successes(it, schemas), **_refusals(method, it, schemas)},
    }
    if it.query is not None:
        said["parameters"] = _parameters(schemas.fields(it.query, it.narrower), it.exclusive)
    if it.headers is not None:
        required = schemas.required(it.headers)
        fields = schemas.fields(it.headers, it.narrower).items()
        said["parameters"] = [_header(name, schema, name in required) for name, schema in fields]
    if it.unparsed:
        shapes = it.unparsed.items()
        content = {kind: {"schema": schemas.of(it) if isinstance(it, type) else it} for kind, it in shapes}
        said["requestBody"] = {"required": True, "content": content}
    if it.body is not None:
        content = {"application/json": {"schema": schemas.of_body(it.body, it.narrower)}}
        said["requestBody"] = {"required": True, "content": content}
    return said


def _parameters(fields: dict[str, Any], exclusive: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return one parameter per field.

    Fields that exclude each other become one parameter: an object with at most one property, which appears under its
    own name (style `form`, exploded). Unknown parameters are ignored.
    """
    parameters = [_parameter(name, schema) for name, schema in fields.items() if name not in exclusive]
    if exclusive:
        properties = {name: fields[name] for name in exclusive}
        schema = {"type": "object", "properties": properties, "maxProperties": 1}
        parameters.append(
            {"name": "_or_".join(exclusive), "in": "query", "style": "form", "explode": True, "schema": schema}
        )
    return parameters


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter. A text without a default that must not be empty is required."""
    is_required = schema.get("default") == "" and schema.get("minLength", 0) > 0
    schema = {key: value for key, value in schema.items() if not (is_required and key == "default")}
    return {"name": name, "in": "query", **({"required": True} if is_required else {}), "schema": schema}


def _header(name: str, schema: dict[str, Any], is_required: bool) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": is_required, "schema": schema}


def _security(method: str, it: Operation) -> list[dict[str, list[str]]]:
    """Return the alternative security schemes, or an empty list for an operation without authentication."""
    if not it.is_personal:
        return []
    session: dict[str, list[str]] = {"session": [], **({"csrf": []} if method in CHANGING else {})}
    return [{"bearer": [it.scope] if it.scope else []}, session]


# ---- Answers


def _successes(it: Operation, schemas: Schemas) -> dict[str, Any]:
    has_pages = it.query is not None and "limit" in it.query.__struct_fields__
    headers = {"headers": {"Link": {**LINK, "schema": {"type": "string"}}}} if has_pages else {}
    text = {"text/plain": {"schema": {"type": "string"}}} if it.has_text_answer else {}
    return {str(status): {**_success(status, shape, schemas, text), **headers} for status, shape in it.answers.items()}


def _success(status: int, shape: Shape | None, schemas: Schemas, text: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object"} if shape is None else schemas.of(shape)
    content = {} if status == HTTPStatus.NO_CONTENT else {"content": {"application/json": {"schema": schema}, **text}}
    return {"description": HTTPStatus(status).phrase, **content}


def _refusals(method: str, it: Operation, schemas: Schemas) -> dict[str, Any]:
    """Return the error responses by status: those of the operation, and those common to its kind."""
    codes = set(it.refusals)
    if it.query is not None or it.headers is not None or it.body is not None:
        codes.add(Code.BAD_FRAME)
    if it.body is not None or it.unparsed:
        codes.add(Code.TOO_LONG)
    codes.add(Code.FORBIDDEN)  # the request failed the check for cross-site requests
    if it.is_personal:
        codes |= {Code.SIGNED_OUT, Code.RATE_LIMITED}
    if it.answers != {200: None}:
        codes.add(Code.UNAVAILABLE)  # the database may be unavailable
    statuses = sorted({STATUS[code] for code in codes})
    refusals = {
        str(status): _refusal(status, {it for it in codes if STATUS[it] == status}, schemas) for status in statuses
    }
    if it.headers is not None and "Tus-Resumable" in it.headers.__struct_encode_fields__:
        refusals["412"] = _refusal(HTTPStatus.PRECONDITION_FAILED, {Code.BAD_FRAME}, schemas)
    if it.body is not None or it.unparsed:
        refusals["415"] = _refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, {Code.BAD_FRAME}, schemas)
    return refusals


def _refusal(status: int, codes: set[Code], schemas: Schemas) -> dict[str, Any]:
    names = sorted(code.value for code in codes)
    narrowed = {"properties": {"error": {"properties": {"code": {"enum": names}}}}}
    schema = {"allOf": [schemas.of(RefusedRequest), narrowed]}
    headers = {429: {"Retry-After": RETRY_AFTER}, 503: {"Retry-After": RETRY_AFTER}}
    headers[401] = {"WWW-Authenticate": CHALLENGE}
    return {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(f'`{name}`' for name in names)}.",
        "content": {"application/json": {"schema": schema}},
        **({"headers": headers[status]} if status in headers else {}),
    }
