"""Scrolling back in the history, and returning to the end."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.reading import TOP_OF, delete, fill, post_as_last_joined, scroll_to, slug_of
from tests.site import Site


def test_new_messages_move_only_a_reader_at_the_end(visit: Visit, room: str, site: Site) -> None:
    fill(site, room, 40)
    ada = visit("Ada", room)
    expect(ada.get_by_text("Number 40")).to_be_in_viewport()
    site.post_many(site.port, slug_of(room), ["The latest"])
    expect(ada.get_by_text("The latest")).to_be_in_viewport()
    before = scroll_to(ada, 200, 5)
    site.post_many(site.port, slug_of(room), ["News", "More news"])
    expect(ada.get_by_role("button", name="2 new")).to_be_visible()
    assert abs(ada.evaluate(TOP_OF, 5) - before) < 2
    ada.get_by_role("button", name="2 new").click()
    expect(ada.get_by_text("More news")).to_be_in_viewport()
    expect(ada.locator("[data-jump]")).not_to_be_visible()


def test_page_opens_at_the_first_unread_message_before_and_after_its_modules_load(
    visit: Visit, room: str, site: Site
) -> None:
    ada = visit("Ada", "about:blank")
    post_as_last_joined(site, room, "I was here")
    fill(site, room, 40)
    ada.route("**/js/library.*", lambda route: route.abort())
    ada.goto(room)
    expect(ada.get_by_role("separator").filter(has_text="New")).to_be_in_viewport()
    expect(ada.get_by_text("Number 41")).not_to_be_in_viewport()
    ada.unroute_all()
    ada.reload()
    expect(ada.get_by_role("article").first.locator("time[title]")).to_be_attached()
    expect(ada.get_by_role("separator").filter(has_text="New")).to_be_in_viewport()
    expect(ada.get_by_text("Number 2", exact=True)).to_be_in_viewport()
    expect(ada.get_by_text("Number 41")).not_to_be_in_viewport()
    bob = visit("Bob", "about:blank")
    bob.route("**/js/library.*", lambda route: route.abort())
    bob.goto(room)
    expect(bob.get_by_text("Number 41")).to_be_in_viewport()


# The visible order in a document: lines and groups.
STANDING = """(log) => Array.from(log.children, (each) => [each.id || each.className, "continued" in each.dataset])"""
AS_SENT = f"(html) => ({STANDING})(new DOMParser().parseFromString(html, 'text/html').querySelector('[data-log]'))"


def test_layout_does_not_shift_when_scripts_start(visit: Visit, room: str, site: Site) -> None:
    """The page is sent with its days and groups; only a reader in another time zone sees them put right."""
    ada = visit("Ada", "about:blank", timezone_id="UTC")
    fill(site, room, 60)
    delete(site, room, 52)
    site.post_many(site.port, slug_of(room), ["A reply"], reply_to=52)
    sent = ada.context.request.get(room).text()
    # Older messages, which come by themselves, are another matter.
    ada.route(re.compile(r"/messages/\?before="), lambda route: route.abort())
    ada.goto(room)
    expect(ada.locator("article time[title]")).to_have_count(50)
    standing = ada.context.new_page().evaluate(AS_SENT, sent)  # the page itself parses no HTML (Trusted Types)
    assert len(standing) > 50
    assert sum(continued for _, continued in standing) > 20
    assert ada.locator("[data-log]").evaluate(STANDING) == standing
