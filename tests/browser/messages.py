"""Actions on messages, for the tests."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import write


def say(page: Page, text: str) -> Locator:
    """Post a message and wait until it is stored. Return it on its author's page."""
    write(page, text)
    message = page.get_by_role("article").filter(has_text=text).last
    expect(message).to_have_attribute("data-rev", re.compile(r"\d+"))
    return message


def seen(page: Page, text: str) -> Locator:
    """Return the message as another person sees it."""
    message = page.get_by_role("article").filter(has_text=text).last
    expect(message).to_be_visible()
    return message


def choose(message: Locator, action: str) -> None:
    """Open the menu of a message by mouse and choose an action."""
    message.hover()
    message.get_by_role("button", name="More").click()
    message.page.get_by_role("menuitem", name=action).click()
