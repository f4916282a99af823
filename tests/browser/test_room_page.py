"""The room page outside of the conversation: drawers, the member list, the room link, printing."""

import json
import re

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Visit, write
from tests.browser.reading import slug_of
from tests.site import Site

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def swipe(page: Page, start: int, end: int) -> None:
    """Move a finger from one position to another at mid height."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *places: int) -> None:
        points = [{"x": x, "y": 300} for x in places]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", start)
    for step in range(1, 9):
        touch("touchMove", start + (end - start) * step // 8)
    touch("touchEnd")


# ---- Drawers


def test_drawers_of_a_phone_close_by_a_swipe_towards_their_edge_a_tap_beside_them_and_escape(
    visit: Visit, room: str
) -> None:
    ada = visit("Ada", room, **PHONE)
    rooms, people = ada.get_by_role("navigation", name="Rooms"), ada.get_by_role("complementary", name="People")
    button = ada.get_by_role("button", name="Rooms", exact=True)
    expect(ada.get_by_role("link", name="Lobby")).not_to_be_visible()
    button.click()
    expect(ada.get_by_role("link", name="Lobby")).to_be_visible()
    ada.keyboard.press("Escape")
    expect(ada.get_by_role("link", name="Lobby")).not_to_be_visible()
    button.click()
    expect(rooms).to_be_visible()
    ada.touchscreen.tap(350, 400)
    expect(rooms).not_to_be_visible()
    button.click()
    expect(rooms).to_be_visible()
    swipe(ada, 200, 160)  # a small push leaves it where it is
    expect(rooms).to_have_attribute("data-settling", "")
    expect(rooms).to_have_css("transform", "none")
    expect(rooms).to_be_visible()
    swipe(ada, 60, 260)
    expect(rooms).to_be_visible()
    swipe(ada, 260, 60)
    expect(rooms).not_to_be_visible()
    ada.get_by_role("button", name="People online").click()
    expect(people).to_be_visible()
    swipe(ada, 150, 340)
    expect(people).not_to_be_visible()


# ---- The room link


def test_empty_room_shows_its_link_which_can_be_copied(visit: Visit, room: str, site: Site) -> None:
    ada = visit("Ada", room)
    ada.context.grant_permissions(["clipboard-read", "clipboard-write"])
    field, copied = ada.get_by_role("textbox", name="Room link"), ada.get_by_role("button", name="Copied")
    expect(ada.get_by_text("No messages yet.")).to_be_visible()
    expect(field).to_have_value(site.url + room)
    expect(ada.get_by_role("img", name="QR code for this room")).to_be_visible()
    assert ada.evaluate("document.querySelector('.qr').decode().then(() => true)")
    ada.get_by_role("heading", level=1).get_by_role("button").click()
    ada.get_by_role("button", name="Invite people").click()
    ada.get_by_role("dialog").get_by_role("button", name="Copy").click()
    expect(ada.get_by_role("dialog").get_by_role("button", name="Copied")).to_be_visible()
    assert ada.evaluate("navigator.clipboard.readText()") == site.url + room
    ada.keyboard.press("Escape")
    expect(copied).to_have_count(0)
    # Where the browser has no clipboard interface, the link is copied by a command.
    ada.evaluate("navigator.clipboard.writeText('')")
    ada.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    ada.get_by_role("button", name="Copy").first.click()
    expect(copied).to_be_visible()
    composer = ada.get_by_label("Message #")
    composer.focus()
    ada.keyboard.press("Control+v")
    expect(composer).to_have_value(re.compile(f"{room}$"))
    write(ada, "Not empty any more")
    expect(ada.get_by_role("article")).to_be_visible()
    expect(field).not_to_be_visible()


def test_print_shows_the_conversation_without_controls(visit: Visit, room: str, site: Site) -> None:
    site.post_many(site.port, slug_of(room), ["To be kept on paper"])
    ada = visit("Ada", room)
    ada.emulate_media(media="print")
    expect(ada.get_by_text("To be kept on paper")).to_be_visible()
    expect(ada.locator("button:visible:not(.room-name)")).to_have_count(0)
    expect(ada.get_by_role("textbox")).to_have_count(0)
    expect(ada.get_by_role("navigation")).to_have_count(0)


# ---- People


def test_a_new_name_is_shown_on_all_messages_of_its_person(visit: Visit, room: str, site: Site) -> None:
    """Told by the socket as the server tells it: a person whom the page knows comes with another name."""
    lines: list[WebSocketRoute] = []

    def listen(line: WebSocketRoute) -> None:
        line.connect_to_server()
        lines.append(line)

    site.post_many(site.port, slug_of(room), ["The question"])
    site.post_many(site.port, slug_of(room), ["The answer"], reply_to=1)
    ada = visit("Ada", "about:blank")
    ada.route_web_socket(re.compile("/ws/chat/"), listen)
    ada.goto(room)
    people = ada.get_by_role("complementary").get_by_role("listitem")
    expect(people).to_have_count(1)
    bob_id = int(str(ada.locator("article[data-seq='1']").get_attribute("data-author")))
    person = {"id": bob_id, "name": "Bob", "guest": True}
    lines[0].send(json.dumps({"type": "people", "joined": [person], "left": [], "count": 2}))
    expect(people).to_have_count(2)
    person["name"] = "Zed"
    lines[0].send(json.dumps({"type": "people", "joined": [person], "left": [], "count": 2}))
    expect(ada.locator("article[data-seq='1'] [data-author-name]")).to_have_text("Zed")
    expect(ada.locator("article[data-seq='1'] [data-avatar]")).to_have_text("Z")
    expect(ada.locator("article[data-seq='2'] [data-quote-author]")).to_have_text("Zed")
    expect(ada.get_by_role("complementary")).to_contain_text("Zed")
    expect(people).to_have_count(2)
    coloured = person | {"color": 4}
    lines[0].send(json.dumps({"type": "people", "joined": [coloured], "left": [], "count": 2}))
    expect(ada.locator("article[data-seq='1'] [data-avatar]")).to_have_attribute("data-color", "4")
