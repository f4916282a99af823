"""No page violates a rule of axe-core or is wider than the window, in either colour scheme, on a desktop or a phone."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import create_room, join_as_guest, write
from tests.site import Site

DESKTOP, PHONE = 1280, 360
# A width and a colour scheme. The colours of a page do not depend on its width.
Look = tuple[int, str]
LOOKS: tuple[Look, ...] = (DESKTOP, "light"), (PHONE, "dark")
OTHER_LOOKS: tuple[Look, ...] = (DESKTOP, "dark"), (PHONE, "light")
# However short a transition is, it is over only in the next frame.
# The page is drawn, and every transition has ended.
SETTLED = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  await Promise.allSettled(document.getAnimations().map((it) => it.finished));
}"""
# Only violations leave the page: what passes is hundreds of kilobytes.
RUN = "([within, options]) => axe.run(within ?? document, options).then(({ violations }) => violations)"
# Show a document without a new page, in which axe would have to be compiled again. No script of that document runs.
SHOW = """async (html) => {
  const { documentElement } = new DOMParser().parseFromString(html, "text/html");
  document.replaceChild(document.adoptNode(documentElement), document.documentElement);
  const sheets = Array.from(document.querySelectorAll("link[rel=stylesheet]")).filter(({ sheet }) => !sheet);
  await Promise.all(sheets.map((it) => new Promise((done) => it.addEventListener("load", done))));
  return document.title;
}"""
SWAP = f"async (address) => ({SHOW})(await (await fetch(address)).text())"
SAVE = """async (address) => {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  return (await fetch(address, { method: "PUT", headers, body: JSON.stringify({ note: "for Monday" }) })).status;
}"""
CONVERSE = """async (id) => {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  const answer = await fetch("/api/direct/", { method: "POST", headers, body: JSON.stringify({ people: [id] }) });
  return (await answer.json()).room.slug;
}"""
# As the card of a person does: fold the messages of the first author, or unfold them and return the author's id.
BLOCK = """(on) => {
  const id = Number(document.querySelector("article[data-author]").dataset.author);
  document.dispatchEvent(new CustomEvent("block", { detail: { id, on } }));
  return id;
}"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
ATTACH = """
from chat.models import Attachment, Message
from tests.cast import uploaded
message = Message.objects.filter(room__slug="lobby").latest("pk")
for kind in ("image", "audio", "video", "file"):
    file = uploaded(message.author, f"{kind} of a long name.png", kind=kind, alt="A map", expires_at=None)
    Attachment.objects.create(message=message, file=file, position=message.attachments.count())
"""
LONG_NAME = "W" * 39 + "V"  # another page has the name of 40 W
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
    act: Callable[[Page], object] = lambda page: None


@dataclass(frozen=True)
class Layer:
    """A menu or dialog of a room page, which `act` opens."""

    name: str
    act: Callable[[Page], object]
    looks: tuple[Look, ...] | None = None


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


def open_menu(page: Page) -> None:
    page.get_by_role("heading", level=1).get_by_role("button").click()


def open_members(page: Page) -> None:
    open_menu(page)
    page.get_by_role("button", name="Members", exact=True).first.click()
    expect(page.get_by_role("list", name="Members").get_by_role("listitem")).not_to_have_count(0)


def open_account(page: Page) -> None:
    button = page.get_by_role("button", name="Your account")
    if not button.is_visible():
        page.get_by_role("button", name="Rooms", exact=True).click()
    button.click()


def make_token(page: Page) -> None:
    page.get_by_label("Token name").fill("Deploy script")
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_role("button", name="Copy")).to_be_visible()


def open_by(name: str) -> Callable[[Page], None]:
    """Return a function that opens the dialog by its button, wherever that is."""
    return lambda page: page.locator(f"[data-opens={name}]").first.dispatch_event("click")


# Pages without scripts of their own.
PLAIN_FOR_STRANGERS = {
    "welcome": "/",
    "sign in": "/accounts/login/",
    "sign up": "/accounts/signup/",
    "forgotten password": "/accounts/password_reset/",
    "sent password": "/accounts/password_reset/done/",
    "spent link": "/accounts/reset/x/y/",
    "set password": "/accounts/reset/done/",
    "set-up": "/setup/",
    "spent sign-up link": "/accounts/verify/x/",
    "not found": "/nothing",
    "API": "/api/?topic=signing-in",
}
PLAIN_FOR_PEOPLE = {
    "rooms": "/",
    "browse": "/browse/",
    "leave a room": "/rooms/lobby/leave/",
    "new room": "/rooms/",
    "keep this name": "/accounts/claim/",
    "missing room": "/rooms/no-such-room/",
    "goodbye": "/accounts/delete/",
    "activity": "/activity/",
    "saved messages": "/saved/",
    "messages found": "/search/?q=map",
    "nothing found": "/search/?q=unheard-of",
    "what cannot be searched": "/search/?q=%3F",
    "new message": "/direct/?q=w&with=1",
    "files of a room": "/rooms/lobby/files/",
}
SIGHTS = [
    Sight("profile with a new token", "/accounts/profile/", act=make_token),
    Sight("search", "/search/"),
]
LAYERS = [
    Layer("account", open_account, looks=ON_A_DESKTOP),
    Layer("notifications", lambda it: it.get_by_role("button", name="Notifications").click()),
    Layer("switcher", lambda it: it.keyboard.press("Control+k")),
    Layer("search", lambda it: it.get_by_role("link", name="Search").click()),
    Layer("invite", open_by("invite")),
    Layer("keys", open_by("keys")),
    Layer("new-room", open_by("new-room")),
    Layer("room-menu", open_menu),
    Layer("people", open_members),
    Layer("room-details", open_by("room-details")),
    Layer("leave-room", open_by("leave-room")),
    Layer("person-card", lambda it: it.locator("article [data-author-name]").first.click()),
]


@pytest.fixture(scope="module")
def pages(browser: Browser, site: Site) -> Iterator[dict[bool, Page]]:
    """A page of a signed-in person and one of a stranger, shared by all tests."""
    site.post_many(site.port, "lobby", TALK)
    site.guest(site.port, LONG_NAME)
    site.shell(ATTACH)
    # Without motion: halfway through a transition every colour is another one. Without the policy: it forbids `SWAP`.
    contexts = [browser.new_context(base_url=site.url, reduced_motion="reduce", bypass_csp=True) for _ in range(2)]
    person, stranger = (_page(context) for context in contexts)
    join_as_guest(person, "Ada", "/")
    [mention] = site.post_many(site.port, "lobby", ["@Ada, remember this"])
    assert person.evaluate(SAVE, f"/api/rooms/lobby/messages/{mention}/bookmark/") == 204
    stranger.goto("/")
    yield {True: person, False: stranger}
    for context in contexts:
        context.close()


def _page(context: BrowserContext) -> Page:
    context.set_default_timeout(20_000)
    return context.new_page()


def violations_in(page: Page, looks: tuple[Look, ...] = LOOKS, within: str | None = None) -> list[str]:
    """Begin with the width that the window has, because to draw a page again takes as long as to check a small one."""
    if page.viewport_size and page.viewport_size["width"] == looks[-1][0]:
        looks = looks[::-1]
    return [found for look in looks for found in violations(page, *look, within=within)]


@pytest.mark.parametrize(
    ("addresses", "is_signed_in"), [(PLAIN_FOR_STRANGERS, False), (PLAIN_FOR_PEOPLE, True)], ids=["stranger", "person"]
)
def test_page_has_no_violations(pages: dict[bool, Page], addresses: dict[str, str], is_signed_in: bool) -> None:
    page = pages[is_signed_in]
    titles, found = set(), {}
    for name, address in addresses.items():
        titles.add(page.evaluate(SWAP, address))
        found[name] = violations_in(page)
    assert found == {name: [] for name in addresses}
    assert len(titles) > len(addresses) - 2, "pages have their own titles, but for two searches"


def test_form_with_errors_has_no_violations(pages: dict[bool, Page]) -> None:
    page = pages[False]
    page.goto("/accounts/signup/")
    make_mistakes(page)
    assert violations_in(page) == []


@pytest.mark.parametrize("sight", SIGHTS, ids=lambda sight: sight.name)
def test_page_with_scripts_has_no_violations(pages: dict[bool, Page], sight: Sight) -> None:
    page = pages[True]
    page.goto(sight.address)
    sight.act(page)
    assert violations_in(page) == []


def test_room_page_and_its_menus_and_dialogs_have_no_violations(
    pages: dict[bool, Page], owner_of_rooms: BrowserContext, site: Site
) -> None:
    """The page is checked as a whole first. Then only what has opened is checked, with its buttons."""
    page, room = pages[True], create_room(owner_of_rooms)
    site.post_many(site.port, room.split("/")[2], TALK)
    page.set_viewport_size({"width": DESKTOP, "height": 800})
    page.goto(room)
    found = violations_in(page, within=".join-bar")
    page.get_by_role("button", name="Join to write").click()
    talk(page)
    found += violations_in(page)
    page.evaluate(BLOCK, True)
    expect(page.locator("[data-folded]").first).to_be_visible()
    found += violations_in(page, within="[data-folded]")
    author = page.evaluate(BLOCK, False)
    for layer, looks in zip(LAYERS, itertools.cycle((LOOKS, OTHER_LOOKS))):
        page.set_viewport_size({"width": DESKTOP, "height": 800})
        layer.act(page)
        expect(page.locator(f"#{layer.name}")).to_be_visible()
        buttons = f"[data-opens={layer.name}], [popovertarget={layer.name}]"
        found += violations_in(page, layer.looks or looks, within=f"#{layer.name}, {buttons}")
        page.keyboard.press("Escape")
        expect(page.locator(f"#{layer.name}")).not_to_be_visible()
    page.set_viewport_size({"width": PHONE, "height": 800})
    open_rooms(page)
    found += violations_in(page, ON_A_PHONE)
    open_account(page)
    expect(page.locator("#account")).to_be_visible()
    found += violations_in(page, ON_A_PHONE, within="#account, [popovertarget=account]")
    page.set_viewport_size({"width": DESKTOP, "height": 800})
    page.goto(f"/rooms/{page.evaluate(CONVERSE, author)}/")
    expect(page.get_by_role("list", name="Direct messages").get_by_role("link")).to_have_count(1)
    found += violations_in(page, within=".sidebar, .room-main")
    assert found == []


def violations(
    page: Page, width: int, scheme: str, within: str | None = None, rules: tuple[str, ...] = ()
) -> list[str]:
    """Run axe with these rules, or with all. A page that is wider than the window is a violation, too."""
    only = {"runOnly": list(rules)} if rules else {}
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    # Chromium now and then paints one element in the scheme before for a moment; what is wrong stays wrong.
    for _ in range(2):
        page.evaluate(SETTLED)
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        # No rule here reads style sheets or media.
        found = page.evaluate(RUN, [within, {"resultTypes": ["violations"], "preload": False, **only}])
        if not found:
            wider = page.evaluate(OVERFLOW)
            return [f"{width} {scheme} overflow: {wider} px"] if wider else []
    nodes = [(rule["id"], node) for rule in found for node in rule["nodes"]]
    return [f"{width} {scheme} {rule}: {node['html']} {node['failureSummary']}" for rule, node in nodes]


def test_rules_are_run_in_both_schemes(pages: dict[bool, Page]) -> None:
    """A grey that is readable on white only is found where the ground is dark."""
    page = pages[False]
    page.evaluate(SWAP, "/")
    page.evaluate("document.querySelector('h1').className = 'probe'")
    page.evaluate("document.styleSheets[0].insertRule('.probe { color: #201e1b !important }')")
    assert violations(page, DESKTOP, "light") == []
    assert "color-contrast" in " ".join(violations(page, DESKTOP, "dark"))
