"""The first load of a room from a production server: its size in bytes, and that nothing on the page moves."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Request

from tests.browser.conftest import join
from tests.site import Site

KIB = 1024
EVERYTHING_BYTES = 165 * KIB
SCRIPT_BYTES = 64 * KIB
REQUESTS = 12
NOTE_SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => {
  const moved = list.getEntries().flatMap(({ sources }) => sources.map(({ node }) => node?.outerHTML ?? node?.data));
  window.shifts.push(...moved);
}).observe({ type: "layout-shift", buffered: true });"""
MESSAGES = ["Something of an ordinary length, as people write it: **this** and that, and a `word` of code."] * 49


@pytest.fixture
def load(new_context: Callable[..., BrowserContext]) -> Callable[[str], tuple[list[Request], list[str]]]:
    """Return a function that opens a URL signed in and with an empty cache, and returns the requests and what moved."""

    def load(address: str) -> tuple[list[Request], list[str]]:
        context = new_context()
        context.add_init_script(NOTE_SHIFTS)
        join(context, "Ada", address)
        page = context.new_page()
        finished: list[Request] = []
        page.on("requestfinished", lambda request: finished.append(request))
        page.goto(address, wait_until="networkidle")
        return finished, page.evaluate("shifts")

    return load


def weight(requests: list[Request]) -> int:
    """Return the transferred bytes, compressed and with headers."""
    sizes = [request.sizes() for request in requests]
    return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)


def code(requests: list[Request]) -> int:
    """Return the transferred bytes of scripts."""
    return sum(request.sizes()["responseBodySize"] for request in requests if request.resource_type == "script")


def table(requests: list[Request]) -> str:
    """Return the sizes of the files, the largest first."""
    rows = sorted(((weight([request]), request.url) for request in requests), reverse=True)
    return "\n".join(f"{size:>8,} {url}" for size, url in rows)


def test_first_load_of_a_full_room_is_small_and_steady_and_only_from_this_site(
    load: Callable[[str], tuple[list[Request], list[str]]], site: Site, room: str
) -> None:
    site.post_many(site.port, room.split("/")[2], MESSAGES)
    requests, moved = load(room)
    script, everything = code(requests), weight(requests)
    print(f"{len(requests)} requests, {everything / KIB:.1f} KiB, script {script / KIB:.1f} KiB")
    assert 10 * KIB < script < SCRIPT_BYTES, table(requests)
    assert script < everything < EVERYTHING_BYTES, table(requests)
    assert len(requests) <= REQUESTS, table(requests)
    assert moved == []
    assert [request.url for request in requests if not request.url.startswith((site.url, "data:"))] == []
