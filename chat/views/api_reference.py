"""The page for reading the description of the API: each request with its parameters, a curl line and an answer."""

import functools
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chat.api import description
from chat.api.endpoint import endpoint
from chat.api.examples import example
from chat.api.operation import BYTES, JSON, operation
from chat.api.schema_words import in_words
from chat.site_address import origin_of

Json = Mapping[str, Any]

PLACES = {"path": "in the address", "query": "query", "header": "header"}


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body."""

    name: str
    place: str
    kind: SafeString
    is_required: bool


@dataclass(frozen=True, slots=True)
class ListedOperation:
    """One request: what it does, what it takes, and what it answers."""

    method: str
    path: str
    summary: SafeString
    about: SafeString
    is_personal: bool
    scope: str
    fields: list[Field]
    curl: str
    answers: list[tuple[str, str]]
    refusals: list[tuple[str, SafeString]]

    @property
    def anchor(self) -> str:
        return _anchor(f"{self.method} {self.path.removeprefix('/api/')}")


@dataclass(frozen=True, slots=True)
class ApiTopic:
    name: str
    entries: list[ListedOperation]

    @property
    def slug(self) -> str:
        return _anchor(self.name)


@operation(answers={200: None})
def show(request: HttpRequest) -> HttpResponse:
    """Show all requests, or those of a topic."""
    chosen = next((it for it in topics() if it.slug == request.GET.get("topic")), None)
    context = {"topics": topics(), "topic": chosen, "origin": origin_of(request)}
    return render(request, "chat/api.html", context)


page = endpoint(GET=show)


@functools.cache
def topics() -> list[ApiTopic]:
    """Return the requests by topic, in the order of reading."""
    document = description.document()
    schemas = document["components"]["schemas"]
    found: dict[str, list[ListedOperation]] = {it["name"]: [] for it in document["tags"]}
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            if method != "parameters":
                found[said["tags"][0]].append(
                    _entry(path, method.upper(), methods.get("parameters", ()), said, schemas)
                )
    return [ApiTopic(name, entries) for name, entries in found.items()]


def _entry(path: str, method: str, in_path: Iterable[Json], said: Json, schemas: Json) -> ListedOperation:
    parameters = [*in_path, *said.get("parameters", ())]
    is_personal = bool(said["security"])
    return ListedOperation(
        method=method,
        path=path,
        summary=marked(said["summary"]),
        about=marked(said["description"]),
        is_personal=is_personal,
        scope=next((scope for it in said["security"] for scope in it.get("bearer", ())), ""),
        fields=[*_parameters(parameters), *_body(said, schemas)],
        curl=_curl(path, method, parameters, said, is_personal),
        answers=[(status, _json(it)) for status, it in said["responses"].items() if int(status) < 400],
        refusals=[(status, _codes(it)) for status, it in said["responses"].items() if int(status) >= 400],
    )


def _anchor(name: str) -> str:
    return re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")


def _parameters(parameters: Iterable[Json]) -> Iterator[Field]:
    for it in parameters:
        place, is_required = PLACES[it["in"]], it.get("required", False)
        if "properties" not in it["schema"]:
            yield _field(it["name"], place, it["schema"], is_required)
            continue
        for name, schema in it["schema"]["properties"].items():
            yield _field(name, f"{place}, only one of {', '.join(it['schema']['properties'])}", schema, False)


def _body(said: Json, schemas: Json) -> Iterator[Field]:
    content = said.get("requestBody", {}).get("content", {}).get(JSON)
    if content:
        shape = schemas[content["schema"]["$ref"].rpartition("/")[2]]
        for name, schema in shape["properties"].items():
            yield _field(name, "body", schema, name in shape.get("required", ()))


def _field(name: str, place: str, schema: Json, is_required: bool) -> Field:
    default = schema.get("default")
    shown = f" (default: {default})" if default not in (None, "", [], False) else ""
    return Field(name, place, marked(in_words(schema) + shown), is_required)


def _curl(path: str, method: str, parameters: Iterable[Json], said: Json, is_personal: bool) -> str:
    """Return the request as a command of a shell, with the variables `CHAT_URL` and `CHAT_TOKEN`."""
    lines = ["curl" if method == "GET" else f"curl -X {method}"]
    if is_personal:
        lines.append('-H "Authorization: Bearer $CHAT_TOKEN"')
    required = [it for it in parameters if it.get("required")]
    values = {it["name"]: example(it["schema"], {}, name=it["name"]) for it in required}
    lines += [f'-H "{it["name"]}: {values[it["name"]]}"' for it in required if it["in"] == "header"]
    content = said.get("requestBody", {}).get("content", {})
    if JSON in content:
        lines.append(f"--json {shlex.quote(_text(content[JSON]['example'], indent=0))}")
    if BYTES in content:
        lines += [f'-H "Content-Type: {BYTES}"', "--data-binary @map.png"]
    query = "&".join(f"{it['name']}={values[it['name']]}" for it in required if it["in"] == "query")
    lines.append(f'"$CHAT_URL{path.format(**values)}{"?" if query else ""}{query}"')
    return " \\\n  ".join(lines)


def _json(said: Json) -> str:
    content = said.get("content", {}).get(JSON, {})
    return _text(content["example"], indent=2) if "example" in content else ""


def _text(value: Any, *, indent: int) -> str:
    encoded = msgspec.json.encode(value)
    return msgspec.json.format(encoded, indent=indent).decode()


def _codes(said: Json) -> SafeString:
    return marked(said["description"].partition(": ")[2].rstrip("."))


def marked(text: str) -> SafeString:
    """Return a text as HTML, with what is between backticks as code."""
    parts = re.split(r"`([^`]*)`", text)
    pieces = ("<code>{}</code>" if number % 2 else "{}" for number in range(len(parts)))
    return format_html("".join(pieces), *parts)
