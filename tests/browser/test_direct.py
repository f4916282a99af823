"""Direct conversations on the page, from a name, Ctrl+K and the page that chooses people; presence; blocks."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit, write
from tests.browser.reading import slug_of
from tests.site import Site


def name_of(page: Page) -> str:
    return page.locator("[data-account]").get_attribute("title") or ""


def direct(page: Page, name: str) -> Locator:
    return page.get_by_role("list", name="Direct messages").get_by_role("link", name=name)


def open_card(page: Page, name: str) -> None:
    page.locator("article").get_by_role("button", name=name, exact=True).last.click()


def test_two_people_write_to_each_other_from_a_name_and_close_the_conversation(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    write(bob, "Hello all")
    his, hers = name_of(bob), name_of(ada)
    expect(ada.get_by_text("Hello all")).to_be_visible()
    expect(ada.get_by_role("heading", name="Direct messages")).to_have_count(0)
    open_card(ada, his)
    ada.get_by_role("dialog", name=his).get_by_role("button", name="Message").click()
    expect(ada.get_by_role("heading", level=1, name=his)).to_be_visible()
    expect(ada.get_by_label(f"Message {his}")).to_be_focused()
    # He gets no link before there is a message, and she does not see before that he is online.
    expect(ada.locator("[data-section=direct] [data-online]")).to_have_count(0)
    expect(bob.locator("[data-section=direct] li")).to_have_count(0)
    ada.get_by_label(f"Message {his}").fill("Just for you")
    ada.keyboard.press("Enter")
    expect(direct(bob, hers)).to_have_accessible_name(re.compile(r"1 unread"))
    expect(direct(bob, hers)).to_have_accessible_name(re.compile("online"))
    expect(ada.locator("[data-section=direct] [data-online]")).to_have_count(1)
    expect(bob).to_have_title(re.compile(r"^\(1\)"))
    # By keyboard: the link, then its button. The focus goes on, and the next message opens the conversation again.
    link = direct(bob, hers)
    link.focus()
    bob.keyboard.press("Tab")
    expect(bob.get_by_role("button", name=f"Close conversation with {hers}")).to_be_focused()
    bob.keyboard.press("Enter")
    expect(link).to_have_count(0)
    expect(bob.get_by_role("button", name="Jump to a room")).to_be_focused()
    ada.get_by_label(f"Message {his}").fill("Are you there?")
    ada.keyboard.press("Enter")
    expect(link).to_have_accessible_name(re.compile(r"1 unread"))
    link.click()
    expect(bob.get_by_role("article")).to_have_count(2)
    bob.get_by_role("heading", level=1).get_by_role("button").click()
    bob.get_by_role("button", name="Close conversation", exact=True).click()
    bob.wait_for_url("**/")
    expect(bob.get_by_role("heading", level=1, name="Rooms")).to_be_visible()
    expect(bob.locator("[data-section=direct] li")).to_have_count(0)
    # A block replaces the message box by a button that ends it.
    ada.get_by_role("list", name="People in this conversation").get_by_role("button", name=his).click()
    ada.get_by_role("dialog", name=his).get_by_role("button", name="Block", exact=True).click()
    expect(ada.get_by_label(f"Message {his}")).not_to_be_visible()
    ada.get_by_role("button", name="Unblock").click()
    expect(ada.get_by_label(f"Message {his}")).to_be_focused()


def test_blocked_person_is_folded_at_once_shown_on_request_and_unblocked(visit: Visit, room: str, site: Site) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    his = name_of(bob)
    write(bob, "Spam")
    article = ada.get_by_role("article")
    expect(article).to_contain_text("Spam")
    open_card(ada, his)
    ada.get_by_role("dialog", name=his).get_by_role("button", name="Block", exact=True).click()
    expect(ada.get_by_text("Spam")).not_to_be_visible()
    expect(article).to_have_accessible_name("Message from someone you blocked. Show")
    expect(article).to_be_focused()
    write(bob, "More spam")
    expect(article).to_have_count(2)
    expect(ada.get_by_text("More spam")).not_to_be_visible()
    ada.get_by_role("button", name="Show").last.click()
    expect(ada.get_by_text("More spam")).to_be_visible()
    expect(ada.get_by_text("Spam", exact=True)).not_to_be_visible()
    open_card(ada, his)
    card = ada.get_by_role("dialog", name=his)
    expect(card.get_by_role("button", name="Message")).not_to_be_visible()
    card.get_by_role("button", name="Unblock").click()
    expect(ada.get_by_text("Spam", exact=True)).to_be_visible()


def test_people_are_found_by_keyboard_in_the_switcher_and_on_the_page_for_new_messages(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    his = name_of(bob)
    ada.keyboard.press("Control+k")
    ada.keyboard.type(his)
    expect(ada.get_by_role("option", selected=True)).to_contain_text(his)
    ada.keyboard.press("Enter")
    # A key is lost before the scripts of the next page have run. They have run when the page has loaded.
    ada.wait_for_url("**/rooms/d-*/")
    expect(ada.get_by_role("heading", level=1, name=his)).to_be_visible()
    ada.keyboard.press("Control+k")
    ada.keyboard.type(his)
    expect(ada.get_by_role("option")).to_have_text([re.compile("Direct message")])
    ada.keyboard.press("Escape")
    ada.goto("/direct/")
    search = ada.get_by_label("Find people")
    expect(search).to_be_focused()
    ada.keyboard.press("Enter")
    for name in (his, "Owner"):
        ada.keyboard.type(name)
        expect(ada.get_by_role("list", name="Found").get_by_role("checkbox").first).to_have_accessible_name(
            re.compile(re.escape(name))
        )
        ada.keyboard.press("Enter")
        expect(search).to_be_focused()
        expect(search).to_have_value("")
    expect(ada.get_by_role("list", name="Chosen").get_by_role("checkbox")).to_have_count(2)
    ada.keyboard.press("Enter")
    expect(ada.get_by_role("heading", level=1, name=re.compile(r"Bob .*, Owner|Owner .*, Bob"))).to_be_visible()
    expect(ada.get_by_role("list", name="People in this conversation").get_by_role("button")).to_have_count(2)
    assert slug_of(room) not in ada.url
