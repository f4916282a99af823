"""The actions on a message, by mouse, by keyboard and by touch."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, write
from tests.browser.messages import choose, say, seen
from tests.browser.test_accessibility import SETTLED

PHONE = {
    "has_touch": True,
    "is_mobile": True,
    "viewport": {"width": 360, "height": 740},
    "reduced_motion": "reduce",
}
CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


def offered(page: Page) -> list[str]:
    return [text.strip() for text in page.get_by_role("menuitem").all_inner_texts()[7:]]


def test_buttons_show_when_the_pointer_is_at_a_message(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    message = say(ada, "hello")
    ada.get_by_label("Message #").hover()
    expect(message.get_by_role("button", name="Reply")).not_to_be_visible()
    message.hover()
    expect(message.get_by_role("button", name="Reply")).to_be_visible()


def test_own_messages_can_be_changed_and_those_of_others_not(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    say(ada, "mine").hover()
    ada.get_by_role("button", name="More").click()
    assert offered(ada) == ["Reply", "Edit", "Copy text", "Copy link", "Mark as unread", "Delete…"]
    seen(bob, "mine").hover()
    bob.get_by_role("button", name="More").click()
    assert offered(bob) == ["Reply", "Copy text", "Copy link", "Mark as unread", "Report…"]


def test_the_owner_of_a_room_can_moderate_messages_of_others(visit: Visit) -> None:
    owner = visit("Owner", "/")
    owner.get_by_text("New room").click()
    owner.get_by_label("Name", exact=True).fill(f"Own {id(owner)}")
    owner.get_by_role("button", name="Create room").click()
    expect(owner.get_by_role("log")).to_be_attached()
    bob = visit("Bob", "/" + owner.url.split("/", 3)[3])
    say(bob, "to be moderated")
    choose(seen(owner, "to be moderated"), "Delete…")
    owner.get_by_role("button", name="Delete", exact=True).click()
    expect(bob.get_by_role("article")).to_contain_text("This message was deleted.")


def test_actions_work_by_keyboard_and_restore_the_focus(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    say(ada, "one")
    last = say(ada, "two")
    last.focus()
    ada.keyboard.press("ArrowUp")
    first = ada.get_by_role("article").first
    expect(first).to_be_focused()
    ada.keyboard.press("Enter")
    expect(ada.get_by_role("menuitem").first).to_be_focused()
    ada.keyboard.press("End")
    expect(ada.get_by_role("menuitem", name="Delete…")).to_be_focused()
    ada.keyboard.press("Escape")
    expect(ada.get_by_role("menu")).not_to_be_visible()
    expect(first).to_be_focused()


def test_the_log_is_one_stop_for_the_tab_key_and_its_buttons_follow(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    say(ada, "one")
    last = say(ada, "two")
    expect(ada.locator("article[tabindex='0']")).to_have_count(1)
    ada.get_by_role("region", name="Conversation").focus()
    ada.keyboard.press("Tab")
    expect(last).to_be_focused()
    for name in ("React", "Reply", "More"):
        button = last.get_by_role("button", name=name)
        while not button.evaluate("it => it === document.activeElement"):
            ada.keyboard.press("Tab")
            assert last.evaluate("it => it.contains(document.activeElement)"), f"{name} was not reached"


def test_menu_is_a_sheet_by_touch_opened_by_its_button(visit: Visit, room: str) -> None:
    ada = visit("Ada", room, **PHONE)
    ada.get_by_label("Message #").fill("hello")
    ada.get_by_role("button", name="Send").tap()
    ada.get_by_role("button", name="More").tap()
    ada.evaluate(SETTLED)
    box = ada.get_by_role("menu").bounding_box()
    assert box
    assert (box["x"], round(box["width"])) == (0, 360)
    assert round(box["y"] + box["height"]) == 740
    for item in ada.get_by_role("menuitem").all():
        size = item.bounding_box()
        assert size
        assert min(size["width"], size["height"]) >= 44
    ada.touchscreen.tap(180, 100)
    expect(ada.get_by_role("menu")).not_to_be_visible()


def test_long_press_opens_the_menu_which_stays_open(visit: Visit, room: str) -> None:
    ada = visit("Ada", room, **PHONE)
    ada.get_by_label("Message #").fill("hello")
    ada.get_by_role("button", name="Send").tap()
    body = seen(ada, "hello").get_by_text("hello").bounding_box()
    assert body
    touch = {"x": body["x"] + 5, "y": body["y"] + 5}
    fingers = ada.context.new_cdp_session(ada)
    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [touch]})
    expect(ada.get_by_role("menu")).to_be_visible()
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    ada.get_by_role("menuitem", name="Reply").tap()
    expect(ada.get_by_text("Replying to")).to_be_visible()


def test_text_and_link_can_be_copied(visit: Visit, room: str) -> None:
    ada = visit("Ada", room, **CLIPBOARD)
    write(ada, "**bold** words")
    message = seen(ada, "bold words")
    choose(message, "Copy text")
    expect(ada.get_by_text("Copied", exact=True)).to_be_visible()
    assert ada.evaluate("navigator.clipboard.readText()") == "bold words"
    choose(message, "Copy link")
    expect(ada.get_by_text("Link copied")).to_be_visible()
    ada.goto(ada.evaluate("navigator.clipboard.readText()"))
    expect(ada.get_by_role("article")).to_have_attribute("data-found", "")


def test_deleting_asks_first_and_leaves_a_line(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    message = say(ada, "a slip")
    choose(message, "Delete…")
    expect(ada.get_by_role("dialog")).to_contain_text("a slip")
    ada.get_by_role("button", name="Cancel").click()
    expect(ada.get_by_role("dialog")).not_to_be_visible()
    expect(message).to_contain_text("a slip")
    choose(message, "Delete…")
    ada.get_by_role("button", name="Delete", exact=True).click()
    for page in (ada, bob):
        expect(page.get_by_role("article")).to_contain_text("This message was deleted.")
        expect(page.get_by_role("article")).not_to_contain_text("a slip")


def test_a_message_that_was_deleted_can_be_linked_to_and_nothing_else(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    choose(say(ada, "a slip"), "Delete…")
    ada.get_by_role("button", name="Delete", exact=True).click()
    tombstone = seen(ada, "This message was deleted.")
    tombstone.hover()
    expect(tombstone.get_by_role("button", name="Reply")).not_to_be_visible()
    tombstone.get_by_role("button", name="More").click()
    assert [it.strip() for it in ada.get_by_role("menuitem").all_inner_texts() if it.strip()][-2:] == [
        "Copy link",
        "Mark as unread",
    ]


def test_mark_unread_moves_the_line_and_counts_at_the_side_of_another_tab(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    for text in ("one", "two", "three"):
        say(bob, text)
    elsewhere = ada.context.new_page()
    elsewhere.goto("/rooms/lobby/")
    choose(seen(ada, "two"), "Mark as unread")
    expect(ada.locator(".unread + article")).to_contain_text("two")
    badge = elsewhere.locator(f"a[href='{room}'] .badge")
    expect(badge).to_have_text("2 unread")
