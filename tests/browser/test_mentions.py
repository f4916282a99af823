"""Mentions, and the autocomplete of names."""

import uuid
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, join, send_form, write
from tests.browser.messages import say, seen
from tests.browser.reading import slug_of
from tests.site import Site, call


def name_of(page: Page) -> str:
    return page.locator(".me-name").text_content() or ""


def test_name_with_spaces_is_completed_and_mentioned(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada Lovelace", room), visit("Bob", room)
    say(ada, "hello")
    seen(bob, "hello")
    composer = bob.get_by_label("Message #")
    composer.press_sequentially("Well, @lovel")
    option = bob.get_by_role("option")
    expect(option.locator("[data-name]")).to_have_text(name_of(ada))
    expect(composer).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "")
    composer.press("Enter")
    expect(composer).to_have_value(f"Well, @{name_of(ada)} ")
    composer.press_sequentially("what now?")
    composer.press("Enter")
    message = seen(ada, "what now?")
    expect(message).to_have_attribute("data-mentions-me", "")
    expect(message.locator("[data-me]")).to_have_text(f"@{name_of(ada)}")
    expect(seen(bob, "what now?").locator(".mention")).to_have_text(f"@{name_of(ada)}")
    expect(bob.locator("article[data-mentions-me]")).to_have_count(0)
    ada.reload()
    expect(seen(ada, "what now?")).to_have_attribute("data-mentions-me", "")


def test_suggestions_of_authors_and_emoji_are_chosen_by_keys_and_mouse(visit: Visit, room: str, site: Site) -> None:
    ada, authors = visit("Ada", room), [site.guest(site.port, f"Bob {uuid.uuid4().hex[:12]}") for _ in range(2)]
    for author in authors:
        post = {"client_id": str(uuid.uuid4()), "body": "hi"}
        call(site.port, f"/api/rooms/{slug_of(room)}/messages/", post, author)
    expect(ada.get_by_role("article")).to_have_count(2)
    composer, option = ada.get_by_label("Message #"), ada.get_by_role("option")
    composer.press_sequentially("@bob")
    expect(option).to_have_count(2)
    expect(option.nth(0)).to_have_attribute("aria-selected", "true")
    composer.press("ArrowDown")
    expect(option.nth(1)).to_have_attribute("aria-selected", "true")
    composer.press("Escape")
    expect(option).to_have_count(0)
    expect(composer).to_have_value("@bob")
    composer.fill("")
    composer.press_sequentially("@bob")
    chosen = option.nth(1).locator("[data-name]").text_content() or ""
    option.nth(1).click()
    expect(composer).to_have_value(f"@{chosen} ")
    expect(composer).to_be_focused()
    # A name that is typed whole comes first, and Enter sends it.
    short = f"Zee{uuid.uuid4().hex[:12]}"
    for name in (short, f"{short}land"):
        post = {"client_id": str(uuid.uuid4()), "body": "hi"}
        call(site.port, f"/api/rooms/{slug_of(room)}/messages/", post, site.guest(site.port, name))
    expect(ada.get_by_role("article")).to_have_count(4)
    composer.fill("")
    composer.press_sequentially(f"thanks @{short.lower()}")
    expect(option.locator("[data-name]")).to_have_text([short, f"{short}land"])
    composer.press("Enter")
    expect(seen(ada, "thanks").locator(".mention")).to_have_text(f"@{short.lower()}")
    composer.press_sequentially("so :thumbs")
    expect(option.first).to_contain_text("thumbs_up")
    composer.press("Tab")
    expect(composer).to_have_value("so 👍 ")
    composer.press_sequentially(":tada:")
    expect(composer).to_have_value("so 👍 🎉")


def test_a_whole_name_is_sent_by_enter_and_an_edit_completes_names_too(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    expect(ada.get_by_role("complementary").get_by_role("listitem")).to_have_count(2)
    write(ada, f"`@{name_of(bob)}` in code")  # which mentions no one
    expect(seen(bob, "in code")).not_to_have_attribute("data-mentions-me", "")
    ada.get_by_label("Message #").press_sequentially(f"Thanks, @{name_of(bob)}")
    expect(ada.get_by_role("option")).to_have_count(0)
    ada.keyboard.press("Enter")
    expect(seen(bob, "Thanks")).to_have_attribute("data-mentions-me", "")
    say(ada, "hello")
    ada.get_by_label("Message #").press("ArrowUp")
    field = ada.get_by_label("Edit message")
    expect(field).to_be_focused()
    field.press_sequentially(" @bob")
    expect(ada.get_by_role("option")).to_have_count(1)
    field.press("Enter")
    field.press("Enter")
    expect(seen(bob, "hello")).to_have_attribute("data-mentions-me", "")


def test_a_mention_of_many_asks_first_and_people_outside_are_named(used_page: Callable[..., Page], site: Site) -> None:
    page, stranger = used_page(), f"Zoe {uuid.uuid4().hex[:12]}"
    site.guest(site.port, stranger)
    join(page.context, "Owner")
    path = send_form(page.context, "/rooms/", name=f"Room {uuid.uuid4().hex[:12]}", visibility="private")
    details = {"details": {"members": 215}}
    page.route(f"**/api{path}", lambda route: route.fulfill(json=details))
    page.goto(path)
    composer, dialog = page.get_by_label("Message #"), page.get_by_role("dialog")
    composer.press_sequentially("@ro")
    expect(page.get_by_role("option")).to_have_text("@room")
    composer.press("Enter")
    composer.press_sequentially(f"and @{stranger}")
    composer.press("Enter")
    expect(dialog).to_contain_text("This notifies 214 people. Send?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(composer).to_have_value(f"@room and @{stranger}")
    composer.press("Enter")
    dialog.get_by_role("button", name="Send").click()
    expect(page.locator("article .mention")).to_have_text(["@room", f"@{stranger}"])
    expect(page.locator("[data-note-text]")).to_have_text(f"{stranger} isn’t in this room.")
    details["details"]["members"] = 26
    composer.fill("@room again")
    composer.press("Enter")
    expect(page.locator("[data-failure-text]").last).to_contain_text("Try again in 5 minutes.")
    composer.fill("later")  # does not wait for the one before
    composer.press("Enter")
    expect(page.locator("article:not([data-state])")).to_have_count(2)
