"""Reconnecting after a long time offline: the missed messages arrive, and the reader stays in place."""

import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Visit, write
from tests.browser.reading import delete, edit, fill, shown, top_of
from tests.site import Site

LOST = 4000


class Line:
    """The WebSocket connections of a page, which a test can cut."""

    def __init__(self, page: Page):
        self._page, self._is_cut = page, False
        self._sockets: list[WebSocketRoute] = []
        page.route_web_socket(re.compile("/ws/chat/"), self._connect)

    def _connect(self, socket: WebSocketRoute) -> None:
        if self._is_cut:
            socket.close(code=LOST)
        else:
            socket.connect_to_server()
            self._sockets.append(socket)

    def cut(self) -> None:
        self._is_cut = True
        for socket in self._sockets:
            socket.close(code=LOST)
        expect(self._page.get_by_text("You’re offline.")).to_be_visible()

    def mend(self) -> None:
        self._is_cut = False
        self._page.evaluate("dispatchEvent(new Event('online'))")
        expect(self._page.get_by_text("You’re offline.")).not_to_be_visible()


@pytest.fixture
def ada(visit: Visit) -> Page:
    return visit("Ada", "about:blank")


@pytest.fixture
def line(ada: Page) -> Line:
    return Line(ada)


def read_back(page: Page, seq: int) -> float:
    """Scroll to a message and return its position."""
    page.evaluate("seq => document.getElementById(String(seq)).scrollIntoView({ block: 'center' })", seq)
    expect(page.locator(f"article[data-seq='{seq}']")).to_be_in_viewport()
    expect(page.locator("[data-jump]")).to_be_visible()
    return top_of(page, seq)


def test_reconnected_page_equals_one_that_stayed_connected(ada: Page, line: Line, room: str, site: Site) -> None:
    fill(site, room, 100)
    ada.goto(room)
    line.cut()
    mine = [f"Written meanwhile {number}" for number in range(1, 6)]
    for text in mine:
        write(ada, text)
    before = read_back(ada, 70)
    fill(site, room, 300)
    edit(site, room, 55, "Changed\n\nmeanwhile")
    delete(site, room, 72)
    line.mend()
    expect(ada.locator("article[data-seq='72']")).to_contain_text("deleted")
    expect(ada.locator("article[data-seq='55']")).to_contain_text("Changed")
    expect(ada.locator("article[data-state]")).to_have_count(0)
    assert abs(top_of(ada, 70) - before) < 2
    fresh = ada.context.new_page()
    fresh.goto(f"{room}#70")
    expect(fresh.locator("article[data-seq='70']")).to_be_in_viewport()
    assert_alike(ada, fresh, at_least=50)
    ada.get_by_role("button", name=re.compile("Jump to latest|new message")).click()
    expect(ada.get_by_text(mine[-1])).to_be_in_viewport()
    expect(ada.locator("article:nth-last-of-type(-n+5) [data-body]")).to_have_text(mine)
    fresh.goto("about:blank")
    fresh.goto(room)
    expect(fresh.get_by_text(mine[-1])).to_be_in_viewport()
    assert_alike(ada, fresh, at_least=40)


def assert_alike(page: Page, fresh: Page, *, at_least: int) -> None:
    """Compare the messages that both pages hold. Skip the first, which begins a window of its own."""
    here, there = shown(page), shown(fresh)
    both = sorted(here.keys() & there.keys(), key=int)[1:]
    assert len(both) >= at_least
    assert {seq: here[seq] for seq in both} == {seq: there[seq] for seq in both}


def test_when_too_much_was_missed_a_reader_far_back_stays_there_and_one_at_the_end_sees_the_newest(
    ada: Page, line: Line, room: str, site: Site
) -> None:
    fill(site, room, 100)
    ada.goto(room)
    line.cut()
    before = read_back(ada, 70)
    fill(site, room, 1100)
    edit(site, room, 55, "Changed\n\nmeanwhile")
    line.mend()
    expect(ada.locator("article[data-seq='55']")).to_contain_text("Changed")
    assert abs(top_of(ada, 70) - before) < 2
    ada.get_by_role("button", name=re.compile("1,1[0-9][0-9] new messages")).click()
    expect(ada.get_by_text("Number 1200")).to_be_in_viewport()
    line.cut()
    fill(site, room, 1100)
    line.mend()
    expect(ada.get_by_text("Number 2300")).to_be_in_viewport()
    expect(ada.get_by_text("Number 1200", exact=True)).to_have_count(0)
    expect(ada.locator("[data-jump]")).not_to_be_visible()
