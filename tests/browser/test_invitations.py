"""Inviting people from the room page: someone whom a message names, and by a link."""

import uuid
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import send_form, write
from tests.browser.test_accessibility import violations_in
from tests.cast import PASSWORD


def sign_up(page: Page, name: str) -> str:
    name = f"{name} {uuid.uuid4().hex[:12]}"
    send_form(page.context, "/accounts/signup/", name=name, password1=PASSWORD, password2=PASSWORD, email="")
    return name


def test_someone_outside_is_added_from_the_message_box_and_others_by_a_link(used_page: Callable[..., Page]) -> None:
    page, theirs = used_page(), used_page()
    sign_up(page, "Ada")
    zoe = sign_up(theirs, "Zoe")
    path = send_form(page.context, "/rooms/", name=f"Room {uuid.uuid4().hex[:12]}", visibility="private")
    page.goto(path)
    write(page, f"hello @{zoe}")
    note, dialog = page.locator("[data-note-text]"), page.get_by_role("dialog", name="Invite people")
    expect(note).to_have_text(f"{zoe} isn’t in this room. Invite")
    note.get_by_role("button", name="Invite").click()
    name, said = dialog.get_by_label("Add someone by name"), dialog.get_by_role("status")
    expect(name).to_have_value(zoe)
    dialog.get_by_role("button", name="Add").click()
    expect(said).to_have_text(f"{zoe} is now in this room.")
    name.fill(zoe)
    # The browser shows a list of suggestions itself, outside of the page.
    expect(dialog.locator("#invite-names option")).to_have_text([zoe])
    name.press("Enter")
    expect(said).to_have_text(f"{zoe} is already in this room.")
    dialog.get_by_role("button", name="Create an invitation link").click()
    link, code = dialog.get_by_label("Invitation link"), dialog.get_by_alt_text("QR code of the invitation link")
    expect(said).to_have_text("25 people can join with this link, for 7 days.")
    expect(code).to_have_js_property("complete", True)
    assert code.evaluate("image => image.naturalWidth") > 0
    assert violations_in(page, within="#invite") == []
    theirs.goto(link.input_value())  # she is in the room already
    assert theirs.url.endswith(path)
