"""The layout of a conversation: what stays in reach, and what is not cut or covered."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Visit, join
from tests.browser.messages import choose, say, seen
from tests.browser.reading import slug_of
from tests.site import Site

IS_CUT = "it => it.scrollWidth > it.clientWidth"
TALL = "A line.\n" * 60


def test_buttons_of_a_tall_message_stay_in_reach_below_the_day(visit: Visit, site: Site, room: str) -> None:
    ada = visit("Ada", room)
    site.post_many(site.port, slug_of(room), [TALL, "after it"])
    tall = seen(ada, "A line.")
    ada.locator("[data-scroll]").evaluate("it => { it.scrollTop = 400; }")
    box = ada.locator("[data-scroll]").bounding_box()
    assert box
    ada.mouse.move(box["x"] + 200, box["y"] + 300)
    buttons, day = tall.get_by_role("group", name="Message actions"), ada.locator(".day").first
    expect(buttons).to_be_in_viewport(ratio=1)
    tools, line = buttons.bounding_box(), day.bounding_box()
    assert tools
    assert line
    assert tools["y"] >= line["y"]
    above, below = (
        it.evaluate("it => Number(getComputedStyle(it).zIndex)") for it in (day, tall.locator(".tools-rail"))
    )
    assert above > below


def test_name_of_a_quoted_author_is_whole_if_there_is_space_and_links_within_the_site_open_in_the_tab(
    new_context: Callable[..., BrowserContext], room: str
) -> None:
    context = new_context()
    join(context, "Marta Kowalska", room)
    ada = context.new_page()
    ada.goto(room)
    say(ada, "short")
    choose(seen(ada, "short"), "Reply")
    answer = say(ada, "the answer to a question that was long")
    author = answer.locator("[data-quote-author]")
    expect(author).to_have_text(re.compile("^Marta Kowalska "))
    assert not author.evaluate(IS_CUT)
    # Nor is it wider than itself, where it is short.
    author.evaluate("it => { it.textContent = 'Al'; }")
    assert author.evaluate("it => it.clientWidth") < 40
    links = say(ada, f"{ada.url} and https://example.org").get_by_role("link", name="http")
    assert links.evaluate_all("all => all.map((it) => it.target)") == ["", "_blank"]


def test_phone_has_a_wide_emoji_sheet_and_selectable_text(visit: Visit, room: str) -> None:
    ada = visit("Ada", room, has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
    ada.get_by_label("Message #").fill("hello")
    ada.get_by_role("button", name="Send").tap()
    message = seen(ada, "hello")
    assert message.locator("[data-body]").evaluate("it => getComputedStyle(it).userSelect") == "text"
    ada.get_by_role("button", name="Files and formatting").tap()
    ada.get_by_role("button", name="Emoji", exact=True).tap()
    box = ada.get_by_role("dialog", name="Emoji").bounding_box()
    assert box
    assert (box["x"], box["width"]) == (0, 360)


def test_times_are_local_before_the_modules_run(visit: Visit, site: Site, room: str) -> None:
    site.post_many(site.port, slug_of(room), ["Now"])
    ada = visit("Ada", "about:blank", timezone_id="America/New_York", locale="en-US")
    ada.route("**/js/library.*", lambda route: route.abort())
    ada.goto(room)
    time = ada.get_by_role("article").locator("time")
    local = "it => new Date(it.dateTime).toLocaleTimeString('en-US', { timeStyle: 'short' })"
    assert time.text_content() == time.evaluate(local)
    assert re.fullmatch(r"1?\d:\d\d\W[AP]M", time.text_content() or "")
