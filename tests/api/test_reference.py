"""The page for reading the description of the API."""

import json
import re
import shlex
from html import unescape

from django.urls import resolve

from chat.views.api_reference import marked, topics
from tests.api.client import assert_refused


def test_everyone_reads_every_request_with_its_parameters_a_curl_line_and_an_answer(client, db):
    index = unescape(client.get("/api/").content.decode())
    described = client.get("/api/openapi.json").json()["paths"]
    found = {(it.path, it.method.lower()) for topic in topics() for it in topic.entries}
    assert found == {(path, name) for path, said in described.items() for name in said if name != "parameters"}
    for topic in topics():
        page = unescape(client.get("/api/", {"topic": topic.slug}).content.decode())
        for it in topic.entries:
            assert f"?topic={topic.slug}#{it.anchor}" in index
            assert f'id="{it.anchor}"' in page
            assert it.curl in page
            assert all(f"<code>{field.name}</code>" in page for field in it.fields)
            assert not it.answers[0][1] or it.answers[0][1] in page


def test_curl_lines_are_requests_to_existing_addresses():
    for it in (it for topic in topics() for it in topic.entries):
        program, *arguments = shlex.split(it.curl)
        address = arguments[-1].removeprefix("$CHAT_URL")
        handlers = resolve(address.partition("?")[0]).func.handlers
        method = arguments[arguments.index("-X") + 1] if "-X" in arguments else "GET"
        assert (program, method, method in handlers) == ("curl", it.method, True)
        assert "--json" not in arguments or json.loads(arguments[arguments.index("--json") + 1])


def test_fields_are_described_in_words(client, db):
    page = re.sub(r"<.*?>", "", client.get("/api/?topic=messages").content.decode())
    for words in (
        "UUID or null body",
        "text, 1 to 8,000 characters body, required",
        "text, 1 to 200 characters header",
        "Scope: post",
    ):
        assert words in page
    assert marked("<b> `<i>`") == "&lt;b&gt; <code>&lt;i&gt;</code>"


def test_other_methods_are_refused_in_json(client, db):
    assert_refused(client.post("/api/"), 405, "bad_frame")


def test_unknown_topic_shows_all(client, db):
    assert client.get("/api/?topic=x").content == client.get("/api/").content
