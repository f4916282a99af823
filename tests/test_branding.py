"""The settings that give the site a name, a colour and a logo of its own."""

import json

import pytest
from django.core.exceptions import ImproperlyConfigured

from chat.text.lookalikes import is_reserved
from chatsite.config import branding
from tests.cases import each
from tests.site import ROOT

pytestmark = pytest.mark.django_db
LOGO = ROOT / "chat/static/chat/img/icon-192.png"


def test_the_name_is_in_titles_on_the_first_page_and_in_the_manifest(client, settings):
    settings.SITE_NAME, settings.SITE_WELCOME, settings.CHAT_GUESTS = "Harbour & Sons", "Ask for a berth here.", True
    text = client.get("/").text
    assert "<title>Harbour &amp; Sons</title>" in text
    assert "Welcome to Harbour &amp; Sons" in text
    assert "Ask for a berth here." in text
    assert "<title>Sign in · Harbour &amp; Sons</title>" in client.get("/accounts/login/").text
    assert "<title>Page not found · Harbour &amp; Sons</title>" in client.get("/nothing").text
    assert json.loads(client.get("/manifest.webmanifest").text)["name"] == "Harbour & Sons"


def test_no_person_can_take_the_name_of_the_site(settings):
    assert not is_reserved("Harbour")
    settings.SITE_NAME = "Harbour"
    assert is_reserved("hаrbоur")  # with two Cyrillic letters
    assert is_reserved("Chat")


def test_accent_and_logo_are_linked_and_served_only_if_they_are_set(client, settings):
    plain = client.get("/accounts/login/").text
    assert "/branding/" not in plain
    assert [client.get(f"/branding/{it}").status_code for it in ("accent.css", "logo")] == [404, 404]
    settings.SITE_ACCENT, settings.SITE_LOGO = "#7c3aed", branding.logo(str(LOGO))
    text = client.get("/accounts/login/").text
    assert '<link rel="stylesheet" href="/branding/accent.css">' in text
    assert '<img class="brand-logo" src="/branding/logo" alt="">' in text
    sheet, logo = client.get("/branding/accent.css"), client.get("/branding/logo")
    assert (sheet["Content-Type"], logo["Content-Type"]) == ("text/css; charset=utf-8", "image/png")
    assert "oklch(from #7c3aed 0.47 c h)" in sheet.text
    assert logo.content == LOGO.read_bytes()


@each(
    ("read", "value"),
    [
        (branding.site_name, " "),
        (branding.site_name, "x" * 41),
        (branding.site_name, "a\u202eb"),
        (branding.accent_color, "red; } body { display: none"),
        (branding.logo, "/etc/passwd"),
        (branding.logo, "missing.svg"),
    ],
)
def test_unusable_values_are_named_at_the_start(read, value):
    with pytest.raises(ImproperlyConfigured, match=r"^SITE_\w+ is "):
        read(value)
