"""Editing a message in place."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, write
from tests.browser.messages import choose, react, say, seen
from tests.browser.reading import edit, slug_of
from tests.browser.test_composer_tools import PASTE
from tests.site import Site


def edit_last(page: Page) -> None:
    page.get_by_label("Message #").press("ArrowUp")
    expect(page.get_by_label("Edit message")).to_be_focused()


def test_up_in_an_empty_composer_edits_the_last_own_message(visit: Visit, room: str, site: Site) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    write(ada, "helo **world**")
    seen(bob, "helo world")
    site.post_many(site.port, slug_of(room), ["hi"])
    seen(ada, "hi")
    ada.get_by_label("Message #").fill("two")
    ada.get_by_label("Message #").press("ArrowUp")
    expect(ada.get_by_label("Message #")).to_be_focused()  # in a text the key moves the caret
    ada.get_by_label("Message #").fill("")
    edit_last(ada)
    field = ada.get_by_label("Edit message")
    expect(field).to_have_value("helo **world**")
    field.fill("hello **world**")
    field.press("Enter")
    for page in (ada, bob):
        message = seen(page, "hello world")
        expect(message.locator("strong")).to_have_text("world")
        expect(message.get_by_text("edited", exact=True)).to_be_visible()
    expect(ada.get_by_label("Message #")).to_be_focused()
    edit_last(ada)
    ada.context.set_offline(True)
    field.fill("offline")
    ada.keyboard.press("Enter")
    expect(ada.get_by_role("button", name="Save")).to_be_disabled()
    ada.context.set_offline(False)
    expect(seen(bob, "offline")).to_be_visible()
    expect(field).to_have_count(0)


def test_keys_and_the_button_of_the_edit_form(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    say(ada, "as it was")
    message, field = ada.get_by_role("article"), ada.get_by_label("Edit message")
    choose(message, "Edit")
    field.fill("otherwise")
    ada.keyboard.press("Escape")
    expect(field).to_have_count(0)
    expect(message).to_contain_text("as it was")
    expect(ada.get_by_label("Message #")).to_be_focused()
    edit_last(ada)
    for key in ("Enter", "Escape"):  # an input method keeps its keys
        field.dispatch_event("keydown", {"key": key, "isComposing": True, "bubbles": True})
    expect(field).to_be_focused()
    field.fill(" ")
    ada.keyboard.press("Enter")
    expect(ada.get_by_role("dialog")).to_contain_text("Delete this message?")
    ada.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    problem = message.get_by_role("alert")
    field.fill("x" * 70_000)  # more than a frame holds
    ada.keyboard.press("Enter")
    expect(problem).to_contain_text("A message can have at most 8,000 characters.")
    expect(message.get_by_text("62,000 characters too many")).to_be_visible()
    field.fill("one")
    assert field.evaluate(PASTE, [0, "image/png"]) is False
    expect(problem).to_contain_text("You can’t attach files here.")
    ada.keyboard.press("Shift+Enter")
    ada.keyboard.type("two")
    ada.get_by_role("button", name="Save").click()
    expect(message.locator("br")).to_have_count(1)


def test_edit_form_shows_a_concurrent_change_and_keeps_the_text(visit: Visit, room: str, site: Site) -> None:
    ada = visit("Ada", room)
    say(ada, "first")
    message = ada.get_by_role("article")
    edit_last(ada)
    react(site, room, 1)
    expect(message).to_have_attribute("data-rev", "2")
    ada.get_by_label("Edit message").fill("second")
    ada.keyboard.press("Enter")  # a reaction is not a conflict
    expect(ada.get_by_label("Edit message")).to_have_count(0)
    expect(message).to_have_attribute("data-rev", "3")
    expect(message).to_contain_text("second")
    edit_last(ada)
    ada.get_by_label("Edit message").fill("mine")
    edit(site, room, 1, "theirs")
    conflict = ada.get_by_role("alert").filter(has_text="has changed since you started editing")
    expect(conflict).to_contain_text("theirs")
    expect(ada.get_by_label("Edit message")).to_have_value("mine")
    ada.get_by_label("Edit message").press("Enter")
    expect(message).to_have_attribute("data-rev", "5")
    expect(seen(ada, "mine")).to_be_visible()
    assert site.stored(slug_of(room))[0][3] == "mine"


def test_an_unfinished_edit_survives_a_reload(visit: Visit, room: str) -> None:
    page = visit("Ada", room)
    choose(say(page, "Hello"), "Edit")
    editor = page.get_by_label("Edit message")
    editor.fill("Hello, all of you")
    page.reload()
    choose(seen(page, "Hello"), "Edit")
    expect(editor).to_have_value("Hello, all of you")
    page.keyboard.press("Escape")
    choose(seen(page, "Hello"), "Edit")
    expect(editor).to_have_value("Hello")
