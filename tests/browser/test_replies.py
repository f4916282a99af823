"""Replying to a message."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit, write
from tests.browser.messages import choose, say, seen
from tests.browser.reading import slug_of
from tests.site import Site


def test_reply_quotes_its_original_and_links_to_it(visit: Visit, room: str, site: Site) -> None:
    bob = visit("Bob", room)
    site.post_many(site.port, slug_of(room), ["Who has the map?"])
    question = seen(bob, "Who has the map?")
    question.hover()
    question.get_by_role("button", name="Reply").click()
    expect(bob.get_by_text("Replying to")).to_contain_text("Who has the map?")
    expect(bob.get_by_label("Message #")).to_be_focused()
    write(bob, "Not me")
    expect(bob.get_by_text("Replying to")).not_to_be_visible()
    site.post_many(site.port, slug_of(room), ["Me neither"], reply_to=1)
    for reply in ("Not me", "Me neither"):  # his own and that of another
        quote = seen(bob, reply).locator("[data-quote]")
        expect(quote).to_contain_text("Who has the map?")
        expect(bob.locator("[data-found]")).to_have_count(0)
        quote.click()
        expect(bob.get_by_role("article").first).to_have_attribute("data-found", "")
        bob.evaluate("document.querySelector('[data-found]').removeAttribute('data-found')")


def test_a_reply_can_be_given_up_and_survives_a_reload_and_a_lost_line(visit: Visit, room: str, site: Site) -> None:
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
    expect(say(ada, "Nothing quoted").locator("[data-quote]")).not_to_be_visible()
    choose(seen(ada, "Who has the map?"), "Reply")
    ada.context.set_offline(True)
    write(ada, "Me, I think")
    pending = ada.locator("article[data-state=waiting]")
    expect(pending.locator("[data-quote]")).to_contain_text("Who has the map?")
    ada.context.set_offline(False)
    expect(seen(ada, "Me, I think")).to_have_attribute("data-seq", "3")
    original = f"print(Message.objects.get(room__slug={slug_of(room)!r}, seq=3).reply_to)"
    assert site.shell(f"from chat.models import Message; {original}") == "1\n"


def test_quote_of_a_message_outside_the_page_is_loaded(visit: Visit, site: Site, room: str) -> None:
    slug = slug_of(room)
    [first] = site.post_many(site.port, slug, ["Far **back**"])
    site.post_many(site.port, slug, [f"message {number}" for number in range(120)])
    site.post_many(site.port, slug, ["What I meant"], reply_to=first)
    ada = visit("Ada", room)
    quote = seen(ada, "What I meant").locator("[data-quote]")
    expect(quote).to_contain_text("Far back")
    expect(quote).to_contain_text("Writer")
