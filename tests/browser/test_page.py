"""The room page on any screen, without scripts, without motion, and with names of any length."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.messages import choose, say
from tests.browser.reading import fill
from tests.site import Site

PHONE = {"width": 360, "height": 740}
LONGEST = "W" * 40


def widths_that_overflow(page: Page) -> list[int]:
    """Resize the page to each width, and return those at which it is wider than the window."""
    found = []
    for width in (360, 768, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(width)
    return found


def test_page_fills_the_window_of_a_phone_and_opens_no_keyboard(visit: Visit, room: str) -> None:
    page = visit("Ada", room, viewport=PHONE, has_touch=True, is_mobile=True)
    composer = page.get_by_label("Message #")
    expect(composer).to_be_in_viewport()
    expect(composer).not_to_be_focused()
    assert page.evaluate("document.querySelector('[data-room]').getBoundingClientRect().height") == PHONE["height"]
    sizes = page.locator("meta[name=viewport]").get_attribute("content") or ""
    assert "interactive-widget=resizes-content" in sizes
    assert "user-scalable" not in sizes
    assert "maximum-scale" not in sizes


def test_long_names_never_overflow_the_window(used_page: Callable[..., Page]) -> None:
    page = used_page()
    page.goto("/?next=/")
    page.get_by_label("Your name").fill(LONGEST)
    page.get_by_role("button", name="Join").click()
    page.get_by_role("link", name="New room").click()
    page.get_by_label("Name", exact=True).fill(LONGEST)
    page.get_by_label("Topic").fill("W" * 200)
    assert widths_that_overflow(page) == []
    page.get_by_role("button", name="Create room").click()
    page.wait_for_url("**/rooms/*/")
    say(page, "W" * 300)
    assert widths_that_overflow(page) == []


def test_newest_messages_are_there_without_any_script(visit: Visit, room: str, site: Site) -> None:
    page = visit("Ada", room)
    fill(site, room, 3)
    state = page.context.storage_state()
    assert page.context.browser
    context = page.context.browser.new_context(base_url=site.url, storage_state=state, java_script_enabled=False)
    plain = context.new_page()
    plain.goto(room)
    expect(plain.get_by_role("article")).to_have_count(3)
    expect(plain.get_by_text("Number 3", exact=True)).to_be_visible()
    context.close()


@pytest.mark.parametrize(("zone", "clock"), [("Asia/Kolkata", 5.5), ("America/Caracas", -4)])
def test_times_are_those_of_the_reader(visit: Visit, room: str, zone: str, clock: float) -> None:
    page = visit("Ada", room, timezone_id=zone, locale="en-GB")
    say(page, "Now")
    time = page.get_by_role("article").locator("time")
    hours, minutes = (time.get_attribute("datetime") or "")[11:16].split(":")
    here = int(hours) * 60 + int(minutes) + int(clock * 60)
    expect(time).to_have_text(f"{here // 60 % 24:02}:{here % 60:02}")
    whole = time.get_attribute("title") or ""
    assert whole.split(" at ")[-1].startswith(f"{here // 60 % 24:02}:{here % 60:02}:")


def test_composer_grows_a_message_is_a_named_article_and_escape_closes_the_innermost_first(
    visit: Visit, room: str
) -> None:
    page = visit("Ada", room)
    composer = page.get_by_label("Message #")

    def height() -> float:
        box = composer.bounding_box()
        assert box
        return box["height"]

    small = height()
    composer.fill("One\ntwo\nthree\nfour")
    tall = height()
    assert tall > 2 * small
    composer.fill("One\n" * 200)
    assert tall < height() < 500
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport()
    composer.fill("")
    assert height() == small
    # The message.
    message = say(page, "Hello")
    article = page.get_by_role("article")
    author, time = article.locator("[data-author-name]").text_content(), article.locator("time").text_content()
    expect(article).to_have_accessible_name(f"{author} guest {time}")
    expect(article).to_have_accessible_description("Hello")
    choose(message, "Edit")
    editor = page.get_by_label("Edit message")
    expect(editor).to_be_focused()
    page.keyboard.press("Control+k")
    expect(page.locator("#switcher")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#switcher")).not_to_be_visible()
    expect(editor).to_be_visible()
    page.keyboard.press("Escape")
    expect(editor).to_have_count(0)


def test_nothing_is_animated_with_reduced_motion(visit: Visit, room: str, site: Site) -> None:
    page = visit("Ada", room, reduced_motion="reduce")
    fill(site, room, 40)
    expect(page.get_by_text("Number 40", exact=True)).to_be_visible()
    page.goto(f"{room}#3")
    expect(page.locator("article[data-seq='3']")).to_be_in_viewport()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    running = "document.getAnimations().map(it => it.effect.getComputedTiming().duration).filter(it => it > 10)"
    assert page.evaluate(running) == []
    assert page.evaluate("getComputedStyle(document.querySelector('[data-scroll]')).scrollBehavior") == "auto"


def test_error_is_a_sentence_with_a_way_out(visit: Visit) -> None:
    page = visit("Ada", "/nothing")
    for address in ("/nothing", "/rooms/no-such-room/", "/accounts/reset/x/y/"):
        if not page.url.endswith(address):
            page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        way = page.get_by_role("main").get_by_role("link").or_(page.get_by_role("main").get_by_role("button")).first
        expect(way).to_be_visible()
