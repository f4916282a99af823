"""Replying to a message."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit, write
from tests.browser.messages import choose, say, seen
from tests.site import Site


def test_reply_quotes_its_original_and_links_to_it(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    say(ada, "Who has the map?")
    question = seen(bob, "Who has the map?")
    question.hover()
    question.get_by_role("button", name="Reply").click()
    expect(bob.get_by_text("Replying to")).to_contain_text("Who has the map?")
    expect(bob.get_by_label("Message #")).to_be_focused()
    write(bob, "Not me")
    expect(bob.get_by_text("Replying to")).not_to_be_visible()
    for page in (ada, bob):
        quote = seen(page, "Not me").locator("[data-quote]")
        expect(quote).to_contain_text("Who has the map?")
        quote.click()
        expect(page.get_by_role("article").first).to_have_attribute("data-found", "")


def test_a_reply_can_be_given_up_and_survives_a_reload(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    choose(say(ada, "Who has the map?"), "Reply")
    ada.reload()
    bar = ada.get_by_text("Replying to")
    expect(bar).to_contain_text("Who has the map?")
    ada.get_by_role("button", name="Cancel reply").click()
    expect(bar).not_to_be_visible()
    expect(ada.get_by_label("Message #")).to_be_focused()
    choose(seen(ada, "Who has the map?"), "Reply")
    expect(bar).to_be_visible()
    ada.keyboard.press("Escape")
    expect(bar).not_to_be_visible()
    write(ada, "Nothing quoted")
    expect(seen(ada, "Nothing quoted").locator("[data-quote]")).not_to_be_visible()


def test_reply_written_offline_is_sent_as_a_reply(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    choose(say(ada, "Who has the map?"), "Reply")
    ada.context.set_offline(True)
    write(ada, "Me, I think")
    pending = ada.locator("article[data-state=waiting]")
    expect(pending.locator("[data-quote]")).to_contain_text("Who has the map?")
    ada.context.set_offline(False)
    expect(seen(bob, "Me, I think").locator("[data-quote]")).to_contain_text("Who has the map?")


def test_quote_of_a_message_outside_the_page_is_loaded(visit: Visit, site: Site, room: str) -> None:
    slug = room.split("/")[2]
    [first] = site.post_many(site.port, slug, ["Far **back**"])
    site.post_many(site.port, slug, [f"message {number}" for number in range(120)])
    site.post_many(site.port, slug, ["What I meant"], reply_to=first)
    ada = visit("Ada", room)
    quote = seen(ada, "What I meant").locator("[data-quote]")
    expect(quote).to_contain_text("Far back")
    expect(quote).to_contain_text("Writer")
