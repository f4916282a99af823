"""The position where a reader continues, and the messages that count as read."""

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.reading import fill, held, read_as_last_joined, scroll_to, slug_of, top_of
from tests.site import Site, wait_until

OLDER = re.compile(r"/messages/\?before=")
PAGE_DATA = re.compile(r'id="page-data" type="application/json">(.*?)</script>')


def reads_up_to(page: Page, room: str, seq: int) -> None:
    """Wait until a newly loaded page gets this read position."""

    def position() -> int:
        found = PAGE_DATA.search(page.request.get(room).text())
        assert found
        return int(json.loads(found[1])["read"])

    wait_until(lambda: position() == seq, f"the read position {seq}")


@pytest.fixture
def ada(visit: Visit, room: str, site: Site) -> Page:
    """Return the empty page of ada, who has read the first hundred messages of the room."""
    fill(site, room, 100)
    ada = visit("Ada", "about:blank")
    read_as_last_joined(site, room, 100)
    return ada


def test_page_opens_at_the_first_of_many_unread_messages_and_where_reading_stopped(
    ada: Page, room: str, site: Site
) -> None:
    fill(site, room, 200)
    ada.goto(room)
    expect(ada.get_by_role("separator").filter(has_text="New")).to_be_in_viewport()
    expect(ada.get_by_text("Number 101", exact=True)).to_be_in_viewport()
    expect(ada.get_by_text("Number 100", exact=True)).to_be_attached()
    expect(ada.get_by_role("button", name=re.compile(r"1\d\d new messages"))).to_be_visible()
    seq = int(ada.locator("article:below(.unread)").first.get_attribute("data-seq") or 0)
    assert seq == 101
    last = ada.evaluate(
        "Math.max(...[...document.querySelectorAll('article')].filter(it => it.getBoundingClientRect().bottom <= "
        "document.querySelector('[data-scroll]').getBoundingClientRect().bottom).map(it => it.dataset.seq))"
    )
    reads_up_to(ada, room, last)
    ada.reload()
    expect(ada.locator(f"article[data-seq='{last + 1}']")).to_be_in_viewport()
    expect(ada.locator(".unread + article")).to_have_attribute("data-seq", str(last + 1))


def test_skipped_messages_stay_unread_until_the_end_is_seen(ada: Page, room: str, site: Site) -> None:
    fill(site, room, 400)
    ada.goto(f"{room}#300")
    expect(ada.locator("article[data-seq='300']")).to_be_in_viewport()
    expect(ada.get_by_role("button", name="400 new messages")).to_be_visible()
    ada.get_by_role("button", name="400 new messages").click()
    reads_up_to(ada, room, 500)


def test_unread_line_stays_in_place_while_the_window_moves(ada: Page, room: str, site: Site) -> None:
    fill(site, room, 500)
    ada.goto(room)
    line = ada.locator(".unread")
    expect(ada.locator(".unread + article")).to_have_attribute("data-seq", "101")
    while held(ada)[0] > 1:
        oldest = held(ada)[0]
        scroll_to(ada, 0, oldest)
        expect(ada.locator(f"article[data-seq='{max(1, oldest - 50)}']")).to_be_attached()
    expect(ada.locator(".unread + article")).to_have_attribute("data-seq", "101")
    ada.get_by_role("button", name="new messages").click()
    expect(ada.get_by_text("Number 600")).to_be_in_viewport()
    expect(line).to_have_count(0)
    ada.evaluate("location.hash = '#103'")
    expect(ada.locator(".unread + article")).to_have_attribute("data-seq", "101")


def test_each_day_has_a_line_for_any_window_but_messages_that_arrive_in_view_have_none(
    ada: Page, room: str, site: Site
) -> None:
    waiting: list[Route] = []
    ada.route(OLDER, lambda route: waiting.append(route))
    ada.goto(room)
    assert held(ada)[0] == 51
    first = ada.locator("[data-log] > *").first
    expect(first).to_have_attribute("role", "separator")
    expect(ada.locator("article[data-seq='51']")).not_to_have_attribute("data-continued", "")
    before = scroll_to(ada, 0, 51)
    for route in waiting:
        route.continue_()
    ada.unroute(OLDER)
    expect(ada.locator("article[data-seq='1']")).to_be_attached()
    assert abs(top_of(ada, 51) - before) < 2
    expect(ada.locator(".day")).to_have_count(1)
    expect(ada.locator("article[data-seq='51']")).to_have_attribute("data-continued", "")
    ada.get_by_role("region", name="Conversation").press("End")
    expect(ada.get_by_text("Number 100", exact=True)).to_be_in_viewport()
    site.post_many(site.port, slug_of(room), ["Live"])
    expect(ada.get_by_text("Live", exact=True)).to_be_in_viewport()
    expect(ada.locator(".unread")).to_have_count(0)
