"""The theme of a page before any script runs, and the web app manifest."""

import json
import re

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError

from chat.actions import accounts
from chat.rendering.js_modules import modules_of
from chat.views import errors
from tests.cases import each
from tests.site import ROOT


def theme_in(response):
    return re.search(r'<html lang="en" data-theme="(\w+)">', response.text)[1]


@pytest.mark.parametrize(
    ("cookie", "theme"), [("light", "light"), ("dark", "dark"), ("system", "system"), ('"><script>', "system")]
)
def test_a_page_uses_the_chosen_theme(client, db, cookie, theme):
    client.cookies["theme"] = cookie
    assert theme_in(client.get("/")) == theme


def test_without_a_choice_a_page_follows_the_system(client, db):
    assert theme_in(client.get("/")) == "system"


@pytest.mark.parametrize(
    "page",
    [errors.server_error, lambda request: errors.bad_request(request, SuspiciousOperation("x"))],
)
def test_an_error_page_uses_the_chosen_theme(rf, page):
    rf.cookies["theme"] = "dark"
    assert theme_in(page(rf.get("/rooms/"))) == "dark"


def test_the_page_for_an_unavailable_database_uses_the_chosen_theme(client, db, monkeypatch):
    def fail(*_, **__):
        raise OperationalError("database is locked")

    monkeypatch.setattr(accounts, "join_as_guest", fail)
    client.cookies["theme"] = "dark"
    assert theme_in(client.post("/join/", {"name": "ada"})) == "dark"


def test_colour_of_the_browser_follows_the_theme(client, db):
    def colours(theme):
        client.cookies["theme"] = theme
        return re.findall(r'name="theme-color" media="[^"]+" content="(\S+?)"', client.get("/").text)

    light, dark = colours("system")
    assert light != dark
    assert colours("light") == [light, light]
    assert colours("dark") == [dark, dark]


def test_the_site_can_be_installed(client, db):
    response = client.get("/manifest.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    manifest = json.loads(response.text)
    assert (manifest["display"], manifest["start_url"], manifest["scope"]) == ("standalone", "/", "/")
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} == {
        ("any", "any"),
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    assert 'rel="manifest" href="/manifest.webmanifest"' in client.get("/").text


@each(
    ("name", "size"),
    [("icon-192.png", 192), ("icon-512.png", 512), ("icon-maskable-512.png", 512), ("apple-touch-icon.png", 180)],
)
def test_icons_have_their_declared_sizes(name, size):
    content = (ROOT / "chat/static/chat/img" / name).read_bytes()
    assert content.startswith(b"\x89PNG")
    assert [int.from_bytes(content[at : at + 4]) for at in (16, 20)] == [size, size]


# ---- Modules


def test_modules_of_a_page_are_those_it_imports_at_whatever_remove():
    names = modules_of("chat/js/room.js")
    assert names[0] == "chat/js/room.js"
    assert {"chat/js/controllers/room_page.js", "chat/js/models/socket.js", "chat/js/helpers/backoff.js"} <= set(names)
    assert len(names) == len(set(names))


def test_missing_module_is_named_in_the_error():
    with pytest.raises(FileNotFoundError, match=r"chat/js/nothing\.js"):
        modules_of("chat/js/nothing.js")
