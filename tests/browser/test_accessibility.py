"""What the rules of axe-core find on each page: nothing."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Visit, write
from tests.site import Site

# Without motion: halfway through a transition every colour is another one.
LOOKS = [
    pytest.param(
        {"color_scheme": scheme, "viewport": {"width": width, "height": 800}, "reduced_motion": "reduce"},
        id=f"{scheme}-{width}",
    )
    for scheme in ("light", "dark")
    for width in (1280, 360)
]


def assert_accessible(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(
    "path", ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password_reset/", "/nothing"]
)
def test_pages_for_strangers(new_context: Callable[..., BrowserContext], path: str, look: dict[str, object]) -> None:
    page = new_context(**look).new_page()
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("path", ["/", "/accounts/claim/", "/rooms/no-such-room/"])
def test_pages_for_people(visit: Visit, path: str, look: dict[str, object]) -> None:
    page = visit("Ada", "/", **look)
    page.goto(path)
    assert_accessible(page)


@pytest.mark.parametrize("look", LOOKS)
def test_form_with_errors(new_context: Callable[..., BrowserContext], look: dict[str, object]) -> None:
    page = new_context(**look).new_page()
    page.goto("/accounts/signup/")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("Password again").fill("other")
    page.get_by_role("button", name="Sign up").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("look", LOOKS)
def test_room(visit: Visit, site: Site, room: str, look: dict[str, object]) -> None:
    [question] = site.post_many(
        site.port, room.split("/")[2], ["**Bold**, `code`, [a link](https://example.org) and\n\n> a quote"]
    )
    site.post_many(site.port, room.split("/")[2], ["```\nblock\n```"], reply_to=question)
    page = visit("Ada", room, **look)
    write(page, "Mine")
    expect(page.locator("article[data-seq='3']")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("look", LOOKS[1::2])
def test_room_drawer(visit: Visit, room: str, look: dict[str, object]) -> None:
    page = visit("Ada", room, **look)
    page.get_by_role("button", name="Rooms", exact=True).click()
    expect(page.get_by_role("link", name="Lobby")).to_be_visible()
    assert_accessible(page)


OVERLAYS = {
    "account": lambda page: page.get_by_role("button", name="Your account").click(),
    "notifications": lambda page: page.get_by_role("button", name="Notifications").click(),
    "switcher": lambda page: page.keyboard.press("Control+k"),
    "search": lambda page: page.get_by_role("link", name="Search").click(),
    "invite": lambda page: page.locator("[data-opens=invite]").dispatch_event("click"),
    "keys": lambda page: page.locator("[data-opens=keys]").dispatch_event("click"),
}


@pytest.mark.parametrize("look", LOOKS)
def test_what_opens_over_a_room(visit: Visit, room: str, look: dict[str, object]) -> None:
    """Each in turn, on one page."""
    page = visit("Ada", room, **look)
    for name, open_overlay in OVERLAYS.items():
        if name == "account" and not page.get_by_role("button", name="Your account").is_visible():
            page.get_by_role("button", name="Rooms", exact=True).click()
        open_overlay(page)
        expect(page.locator(f"#{name}")).to_be_visible()
        assert_accessible(page)
        while page.locator(":popover-open, dialog[open]").count():
            page.keyboard.press("Escape")
