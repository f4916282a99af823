"""Reading a room without joining it, joining, leaving, the members, and the card of a person."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, write
from tests.browser.reading import slug_of
from tests.site import Site


def open_menu(page: Page) -> None:
    page.get_by_role("heading", level=1).get_by_role("button").click()


def test_a_public_room_is_read_joined_by_enter_and_left(visit: Visit, room: str, site: Site) -> None:
    site.post_many(site.port, slug_of(room), ["For everyone"])
    ada = visit("Ada", room, joins=False)
    join, box = ada.get_by_role("button", name="Join to write"), ada.get_by_label("Message #")
    expect(ada.locator("[data-people] li")).to_have_count(1)
    expect(join).to_be_focused()
    expect(ada.locator("[data-join]")).to_contain_text("with 2 members")  # the owner and the author
    expect(box).not_to_be_visible()
    expect(ada.get_by_role("button", name="Notifications")).not_to_be_visible()
    assert ada.request.get(f"/api/rooms/{slug_of(room)}/").json()["details"]["members"] == 2
    ada.keyboard.press("Enter")
    expect(box).to_be_focused()
    write(ada, "Here I am")
    expect(ada.get_by_role("article").last).to_contain_text("Here I am")
    open_menu(ada)
    ada.get_by_role("button", name="Star").click()
    expect(ada.get_by_role("button", name="Star")).to_have_attribute("aria-pressed", "true")
    ada.get_by_role("button", name="Details").click()
    expect(ada.get_by_role("dialog", name="Room details")).to_contain_text(re.compile(r"Members\s*3\s*Owners\s*Owner"))
    ada.keyboard.press("Escape")
    open_menu(ada)
    ada.get_by_role("link", name="Leave room…").click()
    ada.get_by_role("dialog", name="Leave").get_by_role("button", name="Leave").click()
    expect(join).to_be_visible()
    expect(box).not_to_be_visible()
    expect(ada.get_by_role("heading", level=1).get_by_role("button")).to_be_focused()
    ada.reload()
    expect(join).to_be_focused()


def test_owner_finds_a_member_and_opens_their_card_by_keyboard(owner: Page, site: Site) -> None:
    site.post_many(site.port, owner.url.split("/")[4], ["Who wrote this?"])
    article = owner.get_by_role("article")
    author = article.locator("[data-author-name]").text_content() or ""
    article.focus()
    owner.keyboard.press("Enter")
    owner.get_by_role("menuitem", name="About the author").press("Enter")
    card = owner.get_by_role("dialog", name=author)
    expect(card).to_be_focused()
    expect(card).to_contain_text("Guest since")
    expect(card.get_by_role("listitem")).to_have_text(["Lobby", re.compile("^Room ")])
    expect(card.get_by_role("button", name="Moderate…")).to_be_visible()
    owner.keyboard.press("Escape")
    expect(article).to_be_focused()
    open_menu(owner)
    owner.get_by_role("button", name="Members", exact=True).first.click()
    search, members = owner.get_by_label("Find a member"), owner.get_by_role("list", name="Members")
    expect(search).to_be_focused()
    expect(members.get_by_role("listitem")).to_have_count(2)
    owner.keyboard.type(author)
    expect(members.get_by_role("listitem")).to_have_count(1)
    owner.keyboard.press("Tab")
    owner.keyboard.press("Enter")
    expect(card).to_be_focused()
    owner.keyboard.press("Escape")
    expect(members.get_by_role("button")).to_be_focused()
    open_menu(owner)
    owner.get_by_role("link", name="Leave room…").click()
    owner.get_by_role("dialog", name="Leave").get_by_role("button", name="Leave").click()
    expect(owner.get_by_role("dialog", name="Leave").get_by_role("alert")).to_contain_text("You’re the only owner")
