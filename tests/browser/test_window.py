"""The window of the conversation on the page: it moves with the reader, and its size is bounded."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit, write
from tests.browser.reading import delete, edit, fill, held, scroll_to, slug_of, top_of
from tests.site import Site, wait_until

MAX_MESSAGES = 300
OLDER = re.compile(r"/messages/\?before=")
PAGES = re.compile(r"/api/rooms/[^/]+/messages/\?")
# Scroll to an end of the loaded messages. Return the message there and its position, in one step, because a page that
# arrives in between has another message at its end.
SCROLL_ON = """at => {
  document.querySelector("[data-scroll]").scrollTop = at ? 1e6 : 0;
  const article = Array.from(document.querySelectorAll("article[data-seq]")).at(at);
  return [Number(article.dataset.seq), article.getBoundingClientRect().top];
}"""
# As on a reconnect: the element `goes` (if a test sets it) is hidden before the page gets the frame.
BAR_GOES_WITH_A_FRAME = """
const Plain = WebSocket;
window.WebSocket = class extends Plain {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => {
      if (data.includes('"type":"changes"')) window.goes?.toggleAttribute("hidden", true);
    });
  }
};
"""


def scroll_on(page: Page, *, up: bool) -> list[int]:
    """Scroll to the end of the loaded messages until more are loaded. Check that the text stays in place and nothing is
    missing."""
    at = 0 if up else -1
    seq, before = page.evaluate(SCROLL_ON, at)
    wait_until(lambda: held(page)[at] != seq, "the next page")
    assert abs(top_of(page, seq) - before) < 2
    here = held(page)
    assert here == list(range(here[0], here[-1] + 1))
    assert len(here) <= MAX_MESSAGES
    return here


def test_page_stays_small_and_steady_while_a_long_conversation_is_read(visit: Visit, room: str, site: Site) -> None:
    fill(site, room, 700)
    ada = visit("Ada", room)
    expect(ada.locator("article[data-seq='700']")).to_be_in_viewport()
    while held(ada)[0] > 1:
        here = scroll_on(ada, up=True)
    assert here[-1] < 400
    expect(ada.locator("[data-edge=older]")).not_to_be_visible()
    while held(ada)[-1] < 700:
        here = scroll_on(ada, up=False)
    assert here[0] > 300
    expect(ada.locator("[data-edge=newer]")).not_to_be_visible()


def test_jump_keys_and_own_messages_lead_to_both_ends_of_the_conversation(visit: Visit, room: str, site: Site) -> None:
    fill(site, room, 400)
    ada = visit("Ada", room)
    ada.get_by_role("region", name="Conversation").focus()
    ada.keyboard.press("Home")
    expect(ada.get_by_text("Number 1", exact=True)).to_be_in_viewport()
    expect(ada.get_by_text("This is the beginning of")).to_be_in_viewport()
    ada.keyboard.press("PageDown")
    expect(ada.get_by_text("Number 1", exact=True)).not_to_be_in_viewport()
    ada.keyboard.press("End")
    expect(ada.get_by_text("Number 400", exact=True)).to_be_in_viewport()
    ada.goto(f"{room}#5")
    expect(ada.locator("article[data-seq='5']")).to_be_in_viewport()
    site.post_many(site.port, slug_of(room), ["News for Ada"])
    jump = ada.get_by_role("button", name="1 new message")
    expect(jump).to_be_visible()
    expect(ada.get_by_text("News for Ada")).to_have_count(0)
    jump.click()
    expect(ada.get_by_text("News for Ada")).to_be_in_viewport()
    expect(ada.locator("[data-jump]")).not_to_be_visible()
    site.post_many(site.port, slug_of(room), ["More"])
    expect(ada.get_by_text("More", exact=True)).to_be_in_viewport()
    ada.goto(f"{room}#6")
    expect(ada.locator("article[data-seq='6']")).to_be_in_viewport()
    write(ada, "Where am I?")
    expect(ada.locator("article[data-seq='403']")).to_contain_text("Where am I?")
    expect(ada.locator("article[data-seq='403']")).to_be_in_viewport()
    expect(ada.get_by_role("article").filter(has_text="Where am I?")).to_have_count(1)


def test_changes_are_seen_far_back_too(visit: Visit, room: str, site: Site) -> None:
    fill(site, room, 400)
    ada = visit("Ada", f"{room}#40")
    expect(ada.locator("article[data-seq='40']")).to_be_in_viewport()
    before = top_of(ada, 40)
    edit(site, room, 15, "Put right\n\nin more\n\nlines")
    expect(ada.locator("article[data-seq='15']")).to_contain_text("Put right")
    delete(site, room, 41)
    expect(ada.locator("article[data-seq='41']")).to_contain_text("deleted")
    assert abs(top_of(ada, 40) - before) < 2


def test_text_being_read_stays_in_place_when_the_browser_window_is_resized(visit: Visit, room: str, site: Site) -> None:
    fill(site, room, 60)
    edit(site, room, 30, "Many words that break differently in a narrow column. " * 30)
    ada = visit("Ada", room)
    before = scroll_to(ada, ada.evaluate("document.getElementById('40').offsetTop"), 40)
    expect(ada.locator("[data-jump]")).to_be_visible()
    width = ada.locator("article[data-seq='30']").bounding_box()["width"]  # type: ignore[index]
    ada.set_viewport_size({"width": 500, "height": 720})
    assert ada.locator("article[data-seq='30']").bounding_box()["width"] < width  # type: ignore[index]
    assert abs(top_of(ada, 40) - before) < 2


def test_text_being_read_stays_in_place_when_the_bar_hides_as_a_change_arrives(
    visit: Visit, room: str, site: Site
) -> None:
    fill(site, room, 100)
    ada = visit("Ada", "about:blank")
    ada.add_init_script(BAR_GOES_WITH_A_FRAME)
    ada.goto(room)
    expect(ada.locator("article[data-seq='1']")).to_be_attached()
    bar = ada.locator("[data-connection]")
    bar.evaluate("bar => { bar.hidden = false; window.goes = bar; }")
    scroll_to(ada, ada.evaluate("document.getElementById('70').offsetTop"), 70)
    expect(ada.locator("[data-jump]")).to_be_visible()
    before = top_of(ada, 71)
    edit(site, room, 90, "Changed")
    expect(ada.locator("article[data-seq='90']")).to_contain_text("Changed")
    expect(bar).not_to_be_visible()
    assert abs(top_of(ada, 71) - before) < 2


def test_loading_history_is_not_announced_to_screen_readers_and_can_be_repeated(
    visit: Visit, room: str, site: Site
) -> None:
    fill(site, room, 200)
    ada = visit("Ada", "about:blank")
    log = ada.get_by_role("log")
    waiting: list[Route] = []
    ada.route(OLDER, lambda route: waiting.append(route), times=1)
    ada.goto(room)
    scroll_to(ada, 0, 151)
    expect(log).to_have_attribute("aria-busy", "true")
    expect(ada.get_by_text("Loading older messages…")).to_be_visible()
    assert ada.get_by_text("Loading older messages…").get_attribute("role") is None
    for route in waiting:
        route.continue_()
    expect(ada.locator("article[data-seq='120']")).to_be_attached()
    expect(log).not_to_have_attribute("aria-busy", "true")
    ada.route(PAGES, lambda route: route.abort())
    scroll_to(ada, 0, 120)
    expect(ada.get_by_text("Couldn’t load messages.")).to_be_visible()
    ada.unroute(PAGES)
    ada.get_by_role("button", name="Try again").click()
    expect(ada.locator("article[data-seq='70']")).to_be_attached()
    expect(ada.get_by_text("Couldn’t load messages.")).not_to_be_visible()
