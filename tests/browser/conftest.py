"""A browser, a real server, and people at the site.

Everything ends with this package: Playwright keeps an event loop in its thread, beside which no other could run.
"""

import os
import re
import secrets
import shutil
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Playwright,
    WebError,
    expect,
    sync_playwright,
)

from chatsite.config import vapid_key
from tests.site import Site

# The first has no windows to draw, and takes half the time.
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

Visit = Callable[..., Page]

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file together, so that what they share is made once."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.xdist_group(item.path.name))


# Nothing here depends on how fast the machine is: this is only when to give up.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"), CHAT_VAPID_KEY=vapid_key.new(), EMAIL_URL="dummymail://")
    site.port = site.start("uvicorn")
    site.url = f"http://127.0.0.1:{site.port}"
    yield site
    site.stop()


@pytest.fixture(scope="module", autouse=True)
def rooms_of_other_files(site: Site) -> Iterator[None]:
    """Hide the rooms of this file from the next ones. Each page would list them, and each check would include them."""
    yield
    site.shell("from chat.models import Room; Room.objects.public().exclude(slug='lobby').update(visibility='private')")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = _launch(playwright)
        yield browser
        browser.close()


def _launch(playwright: Playwright) -> Browser:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    # The pages of a profile share a process. To start one takes as long as to load a room. The limit is for the empty
    # page, with which each tab begins.
    arguments = ["--disable-background-networking", "--process-per-site", "--renderer-process-limit=1"]
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    try:
        return playwright.chromium.launch(executable_path=found, args=arguments)
    except Error as error:
        reason = f"No Chromium starts: {error.message.splitlines()[0]} Install one, or set CHROMIUM to its path."
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="package")
def idle() -> dict[str, list[BrowserContext]]:
    """Browser profiles that another test has used, by their options. Their caches hold the site's static files.

    The first page of each stays open, so that its process does.
    """
    return defaultdict(list)


@pytest.fixture
def problems() -> Iterator[list[str]]:
    """Errors in the pages of this test. Each fails it."""
    problems: list[str] = []
    yield problems
    assert problems == []


@pytest.fixture
def new_context(browser: Browser, site: Site, problems: list[str]) -> Iterator[Callable[..., BrowserContext]]:
    """Open a new browser profile."""
    contexts: list[BrowserContext] = []

    def open_context(**options: object) -> BrowserContext:
        context = browser.new_context(base_url=site.url, **options)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        context.on("weberror", lambda error: problems.append(str(error.error)))
        contexts.append(context)
        return context

    yield open_context
    for context in contexts:
        context.close()


@pytest.fixture
def used_page(
    browser: Browser, site: Site, idle: dict[str, list[BrowserContext]], problems: list[str]
) -> Iterator[Callable[..., Page]]:
    """Open a page in a profile that holds nothing but cached files. Another test uses the profile afterwards."""
    in_use: list[tuple[str, BrowserContext]] = []

    def note(error: WebError) -> None:
        problems.append(str(error.error))

    def open_page(**options: object) -> Page:
        kind = repr(sorted(options.items()))
        if idle[kind]:
            context = idle[kind].pop()
        else:
            context = browser.new_context(base_url=site.url, **options)
            context.new_page().goto("/healthz")
        context.set_default_timeout(20_000)
        context.on("weberror", note)
        in_use.append((kind, context))
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Storage.clearDataForOrigin", {"origin": site.url, "storageTypes": "all"})
        session.detach()
        return page

    yield open_page
    for kind, context in in_use:
        for page in context.pages[1:]:
            page.close()
        context.remove_listener("weberror", note)
        context.unroute_all()
        context.set_offline(False)
        context.clear_permissions()
        context.clear_cookies()
        idle[kind].append(context)


@pytest.fixture
def visit(
    request: pytest.FixtureRequest, new_context: Callable[..., BrowserContext], used_page: Callable[..., Page]
) -> Visit:
    """`visit("Ada", "/rooms/lobby/")` joins as a guest and returns their page. Each name is used once.

    Where `is_new`, no test has used the profile: a script for all of its pages cannot be removed. The guest becomes a
    member of the test's `room` and of the one they visit, unless `joins` is false.
    """
    rooms = [request.getfixturevalue("room")] if "room" in request.fixturenames else []

    def visit(
        name: str, path: str = "/rooms/lobby/", *, is_new: bool = False, joins: bool = True, **options: object
    ) -> Page:
        page = new_context(**options).new_page() if is_new else used_page(**options)
        join(page.context, name, *({*rooms, path} if joins else ()))
        page.goto(path)
        return page

    return visit


def join_as_guest(page: Page, name: str, path: str) -> None:
    join(page.context, name, path)
    page.goto(path)


@pytest.fixture(scope="package")
def owner_of_rooms(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    owner = browser.new_context(base_url=site.url)
    join(owner, "Owner")
    yield owner
    owner.close()


@pytest.fixture
def room(owner_of_rooms: BrowserContext) -> str:
    """The path of a new room without messages."""
    return create_room(owner_of_rooms)


@pytest.fixture
def owner(used_page: Callable[..., Page]) -> Page:
    """The page of a person in a room they created."""
    page = used_page()
    join(page.context, "Owner")
    page.goto(create_room(page.context))
    return page


def join(context: BrowserContext, name: str, *paths: str) -> None:
    """Join as a guest without the form, and those of the paths that are rooms. Most tests begin after that step."""
    send_form(context, "/join/", name=f"{name} {uuid.uuid4().hex[:12]}")
    for slug in filter(None, (re.match("/rooms/([^/]+)/", path) for path in paths)):
        join_room(context, slug[1])


def create_room(context: BrowserContext) -> str:
    """Create a public room and return its path."""
    return send_form(context, "/rooms/", name=f"Room {uuid.uuid4().hex[:12]}", visibility="public")


def join_room(context: BrowserContext, slug: str) -> None:
    """Become a member of a room. A membership stays as it is."""
    answer = context.request.put(f"/api/rooms/{slug}/membership/", data={}, headers=headers_of(context))
    assert answer.status == 200, answer.text()


def send_form(context: BrowserContext, path: str, **fields: str) -> str:
    """Send the form that a page has and return the path to which the answer leads. No page is loaded."""
    headers = headers_of(context)
    form = {"csrfmiddlewaretoken": headers["X-CSRFToken"], **fields}
    answer = context.request.post(path, form=form, headers=headers, max_redirects=0)
    assert answer.status == 302, answer.text()
    return urlsplit(answer.headers["location"]).path


def headers_of(context: BrowserContext) -> dict[str, str]:
    """Return the headers of a request with the cookies of a profile and a CSRF token."""
    cookies = {cookie["name"]: cookie["value"] for cookie in context.cookies()}
    token = cookies.get("csrftoken") or secrets.token_hex(16)
    cookie = "; ".join(f"{name}={value}" for name, value in {**cookies, "csrftoken": token}.items())
    # A connection that is kept open may be closed by the server just when it is used again.
    return {"Cookie": cookie, "Connection": "close", "X-CSRFToken": token}


def write(page: Page, text: str) -> None:
    page.get_by_label("Message #").fill(text)
    page.keyboard.press("Enter")
