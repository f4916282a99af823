"""Editing a message in place."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, write
from tests.browser.messages import choose, say, seen


def edit_last(page: Page) -> None:
    page.get_by_label("Message #").press("ArrowUp")
    expect(page.get_by_label("Edit message")).to_be_focused()


def test_up_in_an_empty_composer_edits_the_last_own_message(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    write(ada, "helo **world**")
    seen(bob, "helo world")
    say(bob, "hi")
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


def test_up_in_a_text_moves_the_caret(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    say(ada, "one")
    ada.get_by_label("Message #").fill("two")
    ada.get_by_label("Message #").press("ArrowUp")
    expect(ada.get_by_label("Message #")).to_be_focused()


def test_escape_leaves_everything_as_it_was(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    message = say(ada, "as it was")
    choose(message, "Edit")
    ada.get_by_label("Edit message").fill("otherwise")
    ada.keyboard.press("Escape")
    expect(ada.get_by_label("Edit message")).to_have_count(0)
    expect(message).to_contain_text("as it was")
    expect(ada.get_by_label("Message #")).to_be_focused()


def test_shift_enter_breaks_the_line_and_the_button_saves(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    say(ada, "one")
    edit_last(ada)
    ada.keyboard.press("Shift+Enter")
    ada.keyboard.type("two")
    ada.get_by_role("button", name="Save").click()
    expect(ada.get_by_role("article").locator("br")).to_have_count(1)


def test_edit_form_shows_a_concurrent_change_and_keeps_the_text(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    say(ada, "first")
    other = ada.context.new_page()
    other.goto(room)
    edit_last(ada)
    ada.get_by_label("Edit message").fill("mine")
    edit_last(other)
    other.get_by_label("Edit message").fill("theirs")
    other.keyboard.press("Enter")
    conflict = ada.get_by_role("alert").filter(has_text="has changed since you started editing")
    expect(conflict).to_contain_text("theirs")
    expect(ada.get_by_label("Edit message")).to_have_value("mine")
    ada.get_by_label("Edit message").press("Enter")
    expect(seen(other, "mine")).to_be_visible()


def test_reaction_during_an_edit_is_not_a_conflict(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    say(ada, "first")
    edit_last(ada)
    choose(seen(bob, "first"), "React with 👍")
    expect(ada.get_by_role("article")).to_have_attribute("data-rev", "2")
    ada.get_by_label("Edit message").fill("second")
    ada.keyboard.press("Enter")
    expect(seen(bob, "second")).to_be_visible()


def test_edit_made_offline_is_sent_after_reconnecting(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    say(ada, "first")
    edit_last(ada)
    ada.context.set_offline(True)
    ada.get_by_label("Edit message").fill("second")
    ada.keyboard.press("Enter")
    expect(ada.get_by_role("button", name="Save")).to_be_disabled()
    ada.context.set_offline(False)
    expect(seen(bob, "second")).to_be_visible()
    expect(ada.get_by_label("Edit message")).to_have_count(0)


def test_saving_an_empty_edit_asks_to_delete(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    say(ada, "first")
    edit_last(ada)
    ada.get_by_label("Edit message").fill(" ")
    ada.keyboard.press("Enter")
    expect(ada.get_by_role("dialog")).to_contain_text("Delete this message?")


def test_an_input_method_keeps_its_keys(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    write(ada, "first")
    expect(ada.get_by_role("article")).to_have_attribute("data-rev", "1")
    edit_last(ada)
    field = ada.get_by_label("Edit message")
    for key in ("Enter", "Escape"):
        field.dispatch_event("keydown", {"key": key, "isComposing": True, "bubbles": True})
    expect(field).to_be_focused()


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
