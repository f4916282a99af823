"""Searching messages in a browser."""

import re
import uuid
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, join
from tests.site import Site


def test_messages_are_found_and_opened_without_scripts(used_page: Callable[..., Page], room: str, site: Site) -> None:
    word = f"w{uuid.uuid4().hex}"
    site.post_many(site.port, room.split("/")[2], [f"Here is the {word}, at last"])
    page = used_page(java_script_enabled=False)
    join(page.context, "Ada")
    page.goto("/search/")
    page.get_by_role("main").get_by_label("Search messages").fill(word.upper())
    page.keyboard.press("Enter")
    hit = page.get_by_role("list", name="Results").get_by_role("link")
    expect(hit).to_have_count(1)
    expect(hit.locator("mark")).to_have_text(word)
    hit.click()
    expect(page).to_have_url(re.compile(rf"{room}#1$"))
    expect(page.locator("article[data-seq='1']")).to_contain_text(word)
    page.goto(f"/search/?q={word}&room={room.split('/')[2]}")
    expect(hit).to_have_count(1)
    page.goto(f"/search/?q={word}x")
    expect(page.get_by_role("heading", name="No results")).to_be_visible()


def test_the_box_is_ready_to_be_written_in_except_by_touch(visit: Visit) -> None:
    desktop = visit("Ada", "/search/")
    expect(desktop.get_by_role("main").get_by_label("Search messages")).to_be_focused()
    phone = visit("Bob", "/search/", has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
    expect(phone.get_by_role("button", name="Search")).to_be_visible()
    expect(phone.get_by_role("main").get_by_label("Search messages")).not_to_be_focused()
