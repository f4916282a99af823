"""The offer of emails at a missed mention, and the settings for being away."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, send_form, write
from tests.cast import PASSWORD

PROFILE = "/accounts/profile/"


def become_member(page: Page) -> None:
    send_form(page.context, "/accounts/claim/", password1=PASSWORD, password2=PASSWORD, email="ada@example.org")


def test_a_member_who_missed_a_mention_is_offered_emails_until_they_choose(visit: Visit, room: str) -> None:
    ada, bob, guest = visit("Ada", room), visit("Bob", room), visit("Guest", room)
    member = visit("Zoe", room, timezone_id="Europe/Oslo")
    become_member(ada)
    become_member(member)
    names = [it.locator("[data-author-name]").first.text_content() for it in (ada, guest, member)]
    asked: list[str] = []
    guest.on("request", lambda request: asked.append(request.url) if "/api/notifications/" in request.url else None)
    for page in (ada, guest, member):
        page.goto("/rooms/lobby/")
    write(bob, " and ".join(f"@{it}" for it in names))
    for page in (ada, guest):
        expect(page.locator("[data-activity] [data-count]").first).to_have_text("1")
    ada.get_by_role("button", name="No thanks").click()
    expect(ada.get_by_text("Want an email")).to_have_count(0)
    with ada.expect_response("**/api/notifications/") as answer:
        ada.reload()
    assert answer.value.json()["mail"]["chosen"]
    for page in (ada, guest):
        expect(page.locator("[data-activity] [data-count]").first).to_have_text("1")
        expect(page.get_by_text("Want an email")).to_have_count(0)
    assert asked == []
    accepts_the_offer(member)


def accepts_the_offer(ada: Page) -> None:
    """Check that the offer leads to the settings, and that they have the time zone of the browser."""
    ada.get_by_role("link", name="Set up emails").click()
    ada.wait_for_url(re.compile(f"{PROFILE}#away$"))
    ada.get_by_label("Mentions, replies and direct messages").check()
    ada.get_by_label("Quiet from").fill("22:00")
    expect(ada.get_by_label("Time zone")).to_have_value("Europe/Oslo")
    ada.get_by_label("Quiet until").fill("07:00")
    ada.get_by_role("button", name="Save notifications").click()
    expect(ada.get_by_text("We’ve sent a link to ada@example.org")).to_be_visible()
    expect(ada.get_by_label("Mentions, replies and direct messages")).to_be_checked()
    expect(ada.get_by_label("Quiet from")).to_have_value("22:00")
