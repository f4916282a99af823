"""No page violates a rule of axe-core, in either colour scheme, on a desktop or a phone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import join_as_guest, write
from tests.site import Site

DESKTOP, PHONE = 1280, 360
# A width and a colour scheme. The colours of a page do not depend on its width.
Look = tuple[int, str]
LOOKS: tuple[Look, ...] = (DESKTOP, "light"), (PHONE, "dark")
# However short a transition is, it is over only in the next frame.
# The page is drawn, and every transition has ended.
SETTLED = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  await Promise.allSettled(document.getAnimations().map((it) => it.finished));
}"""
# Only violations leave the page: what passes is hundreds of kilobytes.
RUN = "options => axe.run(options).then(({ violations }) => violations)"
TALK = [
    "**Bold**, `code`, [a link](https://example.org) and\n\n> a quote",
    "```python\nfor line in block:\n    print(line)\n```",
    "- one\n- two\n\nand somewhere a map",
]

ON_A_DESKTOP, ON_A_PHONE = (((width, "light"), (width, "dark")) for width in (DESKTOP, PHONE))


@dataclass(frozen=True)
class Sight:
    """A state of a page, which `act` produces."""

    name: str
    address: str
    is_signed_in: bool = True
    act: Callable[[Page], object] = lambda page: None
    looks: tuple[Look, ...] = LOOKS


def make_mistakes(page: Page) -> None:
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("Confirm password").fill("other")
    page.get_by_role("button", name="Create account").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()


def talk(page: Page) -> None:
    write(page, "Mine")
    expect(page.locator("article[data-seq]").last).to_contain_text("Mine")


def open_rooms(page: Page) -> None:
    page.get_by_role("button", name="Rooms", exact=True).click()
    expect(page.get_by_role("link", name="New room")).to_be_visible()


def open_account(page: Page) -> None:
    button = page.get_by_role("button", name="Your account")
    if not button.is_visible():
        page.get_by_role("button", name="Rooms", exact=True).click()
    button.click()


def see(overlay: str, act: Callable[[Page], object]) -> Callable[[Page], None]:
    def open_it(page: Page) -> None:
        act(page)
        expect(page.locator(f"#{overlay}")).to_be_visible()

    return open_it


def make_token(page: Page) -> None:
    page.get_by_label("Token name").fill("Deploy script")
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_role("button", name="Copy")).to_be_visible()


SIGHTS = [
    Sight("welcome", "/", is_signed_in=False),
    Sight("sign in", "/accounts/login/", is_signed_in=False),
    Sight("sign up", "/accounts/signup/", is_signed_in=False),
    Sight("form with errors", "/accounts/signup/", is_signed_in=False, act=make_mistakes),
    Sight("forgotten password", "/accounts/password_reset/", is_signed_in=False),
    Sight("sent password", "/accounts/password_reset/done/", is_signed_in=False),
    Sight("spent link", "/accounts/reset/x/y/", is_signed_in=False),
    Sight("set password", "/accounts/reset/done/", is_signed_in=False),
    Sight("not found", "/nothing", is_signed_in=False),
    Sight("rooms", "/"),
    Sight("keep this name", "/accounts/claim/"),
    Sight("missing room", "/rooms/no-such-room/"),
    Sight("room", "/rooms/lobby/", act=talk),
    Sight("drawer of rooms", "/rooms/lobby/", act=open_rooms, looks=ON_A_PHONE),
    Sight("account menu", "/rooms/lobby/", act=see("account", open_account), looks=ON_A_DESKTOP),
    Sight("account menu in the drawer", "/rooms/lobby/", act=see("account", open_account), looks=ON_A_PHONE),
    Sight(
        "levels",
        "/rooms/lobby/",
        act=see("notifications", lambda it: it.get_by_role("button", name="Notifications").click()),
    ),
    Sight("switcher", "/rooms/lobby/", act=see("switcher", lambda it: it.keyboard.press("Control+k"))),
    Sight("search box", "/rooms/lobby/", act=see("search", lambda it: it.get_by_role("link", name="Search").click())),
    Sight(
        "invitation",
        "/rooms/lobby/",
        act=see("invite", lambda it: it.locator("[data-opens=invite]").dispatch_event("click")),
    ),
    Sight("keys", "/rooms/lobby/", act=see("keys", lambda it: it.locator("[data-opens=keys]").dispatch_event("click"))),
    Sight("profile with a new token", "/accounts/profile/", act=make_token),
    Sight("goodbye", "/accounts/delete/"),
    Sight("search", "/search/"),
    Sight("messages found", "/search/?q=map"),
    Sight("nothing found", "/search/?q=unheard-of"),
    Sight("what cannot be searched", "/search/?q=%3F"),
]


@pytest.fixture(scope="module")
def pages(browser: Browser, site: Site) -> Iterator[dict[bool, Page]]:
    """A page of a signed-in person and one of a stranger, shared by all tests."""
    site.post_many(site.port, "lobby", TALK)
    # Without motion: halfway through a transition every colour is another one.
    contexts = [browser.new_context(base_url=site.url, reduced_motion="reduce") for _ in range(2)]
    person, stranger = (_page(context) for context in contexts)
    join_as_guest(person, "Ada", "/")
    yield {True: person, False: stranger}
    for context in contexts:
        context.close()


def _page(context: BrowserContext) -> Page:
    context.set_default_timeout(20_000)
    return context.new_page()


@pytest.mark.parametrize("sight", SIGHTS, ids=lambda sight: sight.name)
def test_page_has_no_violations(pages: dict[bool, Page], sight: Sight) -> None:
    page = pages[sight.is_signed_in]
    page.set_viewport_size({"width": sight.looks[0][0], "height": 800})
    page.goto(sight.address)
    sight.act(page)
    assert [found for look in sight.looks for found in violations(page, *look)] == []


def violations(page: Page, width: int, scheme: str) -> list[str]:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    # Chromium now and then paints one element in the scheme before for a moment; what is wrong stays wrong.
    for _ in range(2):
        page.evaluate(SETTLED)
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        found = page.evaluate(RUN, {"resultTypes": ["violations"]})
        if not found:
            return []
    nodes = [(rule["id"], node) for rule in found for node in rule["nodes"]]
    return [f"{width} {scheme} {rule}: {node['html']} {node['failureSummary']}" for rule, node in nodes]


def test_rules_are_run_in_both_schemes(pages: dict[bool, Page]) -> None:
    """A grey that is readable on white only is found where the ground is dark."""
    page = pages[False]
    page.goto("/")
    page.evaluate("document.querySelector('h1').className = 'probe'")
    page.evaluate("document.styleSheets[0].insertRule('.probe { color: #201e1b !important }')")
    assert violations(page, DESKTOP, "light") == []
    assert "color-contrast" in " ".join(violations(page, DESKTOP, "dark"))
