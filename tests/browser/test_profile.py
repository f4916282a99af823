"""The profile page, in the browser of its owner and of others."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import Visit, send_form, write
from tests.browser.messages import say
from tests.cast import PASSWORD

PROFILE = "/accounts/profile/"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1"


def person_in(page: Page, name: str) -> Locator:
    return page.locator("[data-people] .person").filter(has_text=name)


def test_a_new_name_and_colour_reach_the_people_list_of_others(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    elsewhere = ada.context.new_page()
    elsewhere.goto(PROFILE)
    name = f"Lovelace {uuid.uuid4().hex[:8]}"
    elsewhere.get_by_label("Name", exact=True).fill(name)
    elsewhere.get_by_label("Pink").check()
    elsewhere.get_by_role("button", name="Save", exact=True).click()
    expect(elsewhere.get_by_text("Profile saved.")).to_be_visible()
    expect(person_in(bob, name).locator(".avatar")).to_have_attribute("data-color", "5")
    write(ada, "under my new name")
    message = bob.locator("article").filter(has_text="under my new name")
    expect(message.locator("[data-author-name]")).to_have_text(name)
    expect(message.locator(".avatar")).to_have_attribute("data-color", "5")


def test_form_shows_what_is_chosen_and_where_it_is_wrong(visit: Visit) -> None:
    page = visit("Ada", PROFILE)
    name = page.get_by_label("Name", exact=True).input_value()
    page.get_by_label("Name", exact=True).fill("Zoë")
    page.get_by_label("Green").check()
    avatar = page.locator("[data-profile-avatar]")
    expect(avatar).to_have_text("Z")
    expect(avatar).to_have_attribute("data-color", "4")
    page.get_by_label("Token name").fill(" \u2800 ")
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_text("Use at least one visible character.")).to_be_in_viewport()
    expect(page.get_by_label("Token name")).to_be_focused()
    page.goto(PROFILE)
    expect(page.get_by_label("Name", exact=True)).to_have_value(name)
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Red")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Light", exact=True)).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Profile saved.")).to_be_visible()
    expect(page.get_by_role("radio", name="Red")).to_be_checked()
    expect(page.get_by_label("Light", exact=True)).to_be_checked()


def test_a_token_is_copied_or_selected_with_a_press_and_never_shown_again(visit: Visit) -> None:
    page = visit("Ada", PROFILE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_label("Token name").fill("Deploy script")
    page.get_by_role("button", name="Create token").click()
    field = page.get_by_label("Token “Deploy script”")
    expect(field).to_be_focused()
    secret = field.input_value()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.goto(PROFILE)
    expect(page.get_by_role("button", name="Revoke Deploy script")).to_be_visible()
    assert secret not in page.content()
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.get_by_label("Token name").fill("Other script")
    page.get_by_role("button", name="Create token").click()
    field = page.get_by_label("Token “Other script”")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status").filter(has_text="Selected.")).to_be_visible()
    assert page.evaluate("getSelection().toString()") == field.input_value()


def test_signing_out_elsewhere_ends_the_page_that_is_open_there(
    visit: Visit, new_context: Callable[..., BrowserContext], room: str
) -> None:
    page = visit("Ada", PROFILE)
    name = page.get_by_label("Name", exact=True).input_value()
    page.locator("#signing-in").get_by_role("link", name="Create an account").click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Confirm password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("/")
    phone = new_context(user_agent=IPHONE).new_page()
    send_form(phone.context, "/accounts/login/", username=name, password=PASSWORD)
    phone.goto(room)
    expect(phone.locator("[data-people] .person")).to_have_count(1)
    page.goto(PROFILE)
    page.get_by_role("button", name="Sign out of Safari on iPhone").click()
    expect(page.get_by_text("That device has been signed out.")).to_be_visible()
    expect(phone.get_by_text("You’ve been signed out.")).to_be_visible()


def test_personal_data_is_downloaded_as_a_file(visit: Visit, room: str, tmp_path: Path) -> None:
    page = visit("Ada", room)
    say(page, "for the file")
    page.goto(PROFILE)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my data").click()
    download.value.save_as(tmp_path / "data.json")
    assert download.value.suggested_filename == "my-chat-data.json"
    [message] = json.loads((tmp_path / "data.json").read_text())["messages"]
    assert message["body"] == "for the file"


def test_others_see_a_deleted_account_as_deleted_person(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    say(ada, "what stays")
    leaving = ada.context.new_page()
    leaving.goto(PROFILE)
    name = leaving.get_by_label("Name", exact=True).input_value()
    leaving.get_by_role("link", name="Delete my account").click()
    leaving.get_by_label("Type your name to confirm").fill(name)
    leaving.get_by_role("button", name="Permanently delete my account").click()
    expect(leaving.get_by_text("Your account has been deleted.")).to_be_visible()
    expect(ada.get_by_text("You’ve been signed out.")).to_be_visible()
    bob = visit("Bob", room)
    message = bob.locator("article").filter(has_text="what stays")
    expect(message.locator("[data-author-name]")).to_contain_text("Deleted person")
