"""Actions on messages, for the tests."""

import re

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import write
from tests.browser.reading import slug_of
from tests.site import Site

REACT = """
import uuid
from chat import protocol
from chat.actions.accounts import join_as_guest
from chat.actions.batch import Request
from chat.actions.messages import execute
from chat.models import Room
person, room = join_as_guest("Bob " + uuid.uuid4().hex[:12]), Room.objects.get(slug={slug!r})
execute(Request(person.pk, room.pk, protocol.React(seq={seq}, emoji={emoji!r}, on=True)))
"""


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


def offer_few_emoji(page: Page) -> None:
    """Offer 27 emoji of each group. Playwright reads the roles of all 1,900 for each locator, which takes seconds."""

    def answer(route: Route) -> None:
        names = route.fetch().json()
        for group in names["groups"]:
            group["emoji"] = group["emoji"][:27]
        route.fulfill(json=names)

    page.route("**/emoji/*.json", answer)


def react(site: Site, room: str, seq: int, emoji: str = "👍") -> None:
    """React to the message at `seq` as a new guest called Bob."""
    site.shell(REACT.format(slug=slug_of(room), seq=seq, emoji=emoji))
