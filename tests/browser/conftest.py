"""A browser, a real server, and people at the site.

Everything ends with this package: Playwright keeps an event loop in its thread, beside which no other could run.
"""

import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    APIResponse,
    Browser,
    BrowserContext,
    Error,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.site import Site

# The first has no windows to draw, and takes half the time.
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

Visit = Callable[..., Page]

# Nothing here depends on how fast the machine is: this is only when to give up.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    site.port = site.start("runserver")
    site.url = f"http://127.0.0.1:{site.port}"
    yield site
    site.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = _launch(playwright)
        yield browser
        browser.close()


def _launch(playwright: Playwright) -> Browser:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    arguments = ["--disable-background-networking", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    try:
        return playwright.chromium.launch(executable_path=found, args=arguments)
    except Error as error:
        reason = f"No Chromium starts: {error.message.splitlines()[0]} Install one, or set CHROMIUM to its path."
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def new_context(browser: Browser, site: Site) -> Iterator[Callable[..., BrowserContext]]:
    """Opens a browser's profile of its own; whatever breaks in its pages fails the test."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_context(**options: object) -> BrowserContext:
        context = browser.new_context(base_url=site.url, **options)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        context.on("weberror", lambda error: problems.append(str(error.error)))
        contexts.append(context)
        return context

    yield open_context
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def visit(new_context: Callable[..., BrowserContext]) -> Visit:
    """`visit("Ada", "/rooms/lobby/")` joins as a guest and returns their page. Each name is used once."""

    def visit(name: str, path: str = "/rooms/lobby/", **options: object) -> Page:
        page = new_context(**options).new_page()
        join_as_guest(page, name, path)
        return page

    return visit


def join_as_guest(page: Page, name: str, path: str) -> None:
    join(page.context, name)
    page.goto(path)


@pytest.fixture
def room(browser: Browser, site: Site) -> Iterator[str]:
    """The address of a new room where nobody has written."""
    owner = browser.new_context(base_url=site.url)
    join(owner, "Owner")
    answer = send_form(owner, "/rooms/", name=f"Room {uuid.uuid4().hex[:12]}", visibility="public")
    yield urlsplit(answer.url).path
    owner.close()


def join(context: BrowserContext, name: str) -> None:
    """Join as a guest without the form. Most tests begin after that step."""
    send_form(context, "/join/", name=f"{name} {uuid.uuid4().hex[:12]}")


def send_form(context: BrowserContext, address: str, **fields: str) -> APIResponse:
    """Send the form of the home page."""
    [token, *_] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', context.request.get("/").text())
    answer = context.request.post(address, form={"csrfmiddlewaretoken": token, **fields})
    assert answer.ok, answer.text()
    return answer


def write(page: Page, text: str) -> None:
    page.get_by_label("Message #").fill(text)
    page.keyboard.press("Enter")
