"""The main tasks by keyboard alone."""

import re
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.site import Site

# More stops than any page has between two things.
MAX_STOPS = 150
# The name of the focused element, and whether its focus is visible: by its outline, or the composer's box's outline.
FOCUSED = """() => {
  const element = document.activeElement;
  const name = element.getAttribute("aria-label") || element.labels?.[0]?.textContent || element.textContent;
  const isOutlined = getComputedStyle(element).outlineStyle !== "none";
  const isBoxed = element.closest("[data-composer]:focus-within") !== null;
  return [name.replace(/\\s+/g, " ").trim(), isOutlined || isBoxed];
}"""
TALK = """
from datetime import timedelta
from django.utils import timezone
from chat.actions.imports.messages import Entry, import_history
from chat.actions.accounts import join_as_guest
from chat.actions.rooms import create_room
ada = join_as_guest("Ada of the keys")
room = create_room(ada, "Room of the keys")
began = timezone.now() - timedelta(hours=2)
import_history(room, [Entry(ada, f"Number {n}", began + timedelta(minutes=n)) for n in range(1, 81)])
print(room.slug)
"""


class Keyboard:
    """A keyboard. Each step of a walk is one call."""

    def __init__(self, page: Page):
        self.page = page

    def go_to(self, name: str, key: str = "Tab") -> None:
        """Press Tab until an element of this name has the focus, and check that the focus is visible."""
        for _ in range(MAX_STOPS):
            self.page.keyboard.press(key)
            focused, is_seen = self.page.evaluate(FOCUSED)
            if re.fullmatch(name, focused):
                assert is_seen, f"{name} does not show the focus"
                return
        pytest.fail(f"{name} cannot be reached with {key}")

    def press(self, name: str, key: str = "Enter") -> None:
        self.go_to(name)
        self.page.keyboard.press(key)

    def write(self, name: str, text: str) -> None:
        self.go_to(name)
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text, exact=True).last).to_be_in_viewport()


@pytest.fixture(scope="module")
def room(site: Site) -> str:
    """The address of a room with eighty messages."""
    return f"/rooms/{site.shell(TALK).strip()}/"


def test_a_stranger_joins_and_posts(used_page: Callable[..., Page], room: str) -> None:
    page = used_page()
    keyboard = Keyboard(page)
    page.goto(f"/?next={room}")
    keyboard.write("Your name", f"Ada {uuid.uuid4().hex[:12]}")
    page.wait_for_url(lambda url: urlsplit(url).path == room)
    keyboard.press("Join to write")
    keyboard.sees("Enter to send, Shift+Enter for a new line")
    keyboard.write("Message #.*", "By keys alone")
    keyboard.sees("By keys alone")
    keyboard.page.keyboard.type("And the focus is still there")
    page.keyboard.press("Enter")
    keyboard.sees("And the focus is still there")


def test_first_tab_stop_skips_to_the_conversation_and_rooms_are_changed(visit: Visit, room: str, site: Site) -> None:
    keyboard = Keyboard(visit("Ada", room))
    keyboard.sees("Number 80")
    keyboard.press("Skip to content")
    keyboard.go_to("Conversation")
    keyboard.page.keyboard.press("Home")
    expect(keyboard.page.get_by_text("Number 1", exact=True)).to_be_attached()
    keyboard.page.keyboard.press("Home")
    keyboard.sees("Number 1")
    keyboard.page.keyboard.press("End")
    keyboard.sees("Number 80")
    # Another room and the way back.
    site.post_many(site.port, "lobby", ["Here"])  # the newest message puts it first in the list
    keyboard.page.goto(room)
    keyboard.press("Lobby.*")
    keyboard.page.wait_for_url("**/rooms/lobby/")
    keyboard.page.go_back()
    keyboard.page.wait_for_url(f"**{room}")
    keyboard.sees("Number 80")


def test_messages_are_searched_and_opened_a_room_is_made_and_a_person_signs_out(visit: Visit, room: str) -> None:
    keyboard = Keyboard(visit("Ada", "/search/"))
    expect(keyboard.page.get_by_role("main").get_by_label("Search messages")).to_be_focused()
    keyboard.page.keyboard.type('"Number 7"')
    keyboard.page.keyboard.press("Enter")
    keyboard.page.wait_for_url("**/search/?q=*")
    keyboard.press(".*Room of the keys.*Number 7")
    keyboard.page.wait_for_url(f"**{room}#7")
    keyboard.sees("Number 7")
    # A new room.
    keyboard.press("New room")
    expect(keyboard.page.get_by_role("dialog", name="New room").get_by_label("Name")).to_be_focused()
    keyboard.page.keyboard.type("!!!")
    keyboard.page.keyboard.press("Enter")
    keyboard.sees("A name needs at least one letter or digit.")
    expect(keyboard.page.get_by_role("dialog", name="New room").get_by_label("Name")).to_be_focused()
    keyboard.page.keyboard.press("Escape")
    expect(keyboard.page.get_by_role("link", name="New room")).to_be_focused()
    keyboard.page.keyboard.press("Enter")
    keyboard.page.keyboard.press("Control+a")
    keyboard.page.keyboard.type(f"Keys {uuid.uuid4().hex[:12]}")
    keyboard.page.keyboard.press("Enter")
    keyboard.page.wait_for_url("**/rooms/keys-*/")
    keyboard.sees("No messages yet. Say hello, or invite someone.")
    # The end of the session.
    keyboard.press("Your account.*")
    keyboard.press("Sign out")
    keyboard.page.wait_for_url("**/")
    expect(keyboard.page.get_by_label("Your name")).to_be_visible()
