"""The actions on a message, by mouse, by keyboard and by touch."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, write
from tests.browser.messages import choose, say, seen
from tests.browser.reading import slug_of
from tests.browser.test_accessibility import SETTLED
from tests.site import Site, wait_until

PHONE = {
    "has_touch": True,
    "is_mobile": True,
    "viewport": {"width": 360, "height": 740},
    "reduced_motion": "reduce",
}
CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


def offered(page: Page) -> list[str]:
    return [text.strip() for text in page.get_by_role("menuitem").all_inner_texts()[7:]]


def test_own_messages_can_be_changed_and_those_of_others_not(visit: Visit, site: Site, room: str) -> None:
    ada = visit("Ada", room)
    site.post_many(site.port, slug_of(room), ["theirs"])
    theirs = seen(ada, "theirs")
    mine = say(ada, "mine")
    ada.get_by_label("Message #").hover()
    expect(mine.get_by_role("button", name="Reply")).not_to_be_visible()
    mine.hover()
    expect(mine.get_by_role("button", name="Reply")).to_be_visible()
    mine.get_by_role("button", name="More").click()
    assert offered(ada) == [
        "Reply",
        "Edit",
        "Copy text",
        "Copy link",
        "Mark as unread",
        "Save",
        "About the author",
        "Delete…",
    ]
    ada.keyboard.press("Escape")
    theirs.hover()
    theirs.get_by_role("button", name="More").click()
    assert offered(ada) == ["Reply", "Copy text", "Copy link", "Mark as unread", "Save", "About the author", "Report…"]


def test_the_owner_of_a_room_can_moderate_messages_of_others(visit: Visit, site: Site) -> None:
    owner = visit("Owner", "/")
    owner.get_by_role("link", name="New room").click()
    owner.get_by_label("Name", exact=True).fill(f"Own {id(owner)}")
    owner.get_by_role("button", name="Create room").click()
    expect(owner.get_by_role("log")).to_be_attached()
    slug = slug_of("/" + owner.url.split("/", 3)[3])
    site.post_many(site.port, slug, ["to be moderated"])
    choose(seen(owner, "to be moderated"), "Delete…")
    owner.get_by_role("button", name="Delete", exact=True).click()
    expect(owner.get_by_role("article")).to_contain_text("This message was deleted.")
    left = f"print(Message.objects.filter(room__slug={slug!r}, deleted_at=None).count())"
    wait_until(lambda: site.shell(f"from chat.models import Message; {left}") == "0\n", "the deletion")


def test_actions_work_by_keyboard_and_the_log_is_one_stop_for_the_tab_key(visit: Visit, room: str) -> None:
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
    for name, said in (("Save", "Saved"), ("Remove from saved", "Removed from"), ("Save", "Saved")):
        ada.keyboard.press("Enter")
        ada.get_by_role("menuitem", name=name, exact=True).press("Enter")
        expect(ada.locator("[data-notice]")).to_contain_text(said)
    ada.get_by_label("Message #").press("Alt+a")
    expect(ada.get_by_role("heading", name="Activity")).to_be_visible()


def test_menu_is_a_sheet_by_touch_opened_by_its_button_or_a_long_press(visit: Visit, room: str) -> None:
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
    head = seen(ada, "hello").locator(".message-head").bounding_box()
    assert head
    touch = {"x": head["x"] + 5, "y": head["y"] + 5}
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


def test_deleting_asks_first_and_leaves_a_line_that_can_be_linked_to(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    message = say(ada, "a slip")
    choose(message, "Delete…")
    expect(ada.get_by_role("dialog")).to_contain_text("a slip")
    ada.get_by_role("button", name="Cancel").click()
    expect(ada.get_by_role("dialog")).not_to_be_visible()
    expect(message).to_contain_text("a slip")
    choose(message, "Delete…")
    ada.get_by_role("button", name="Delete", exact=True).click()
    tombstone = seen(ada, "This message was deleted.")
    expect(ada.get_by_role("article")).not_to_contain_text("a slip")
    tombstone.hover()
    expect(tombstone.get_by_role("button", name="Reply")).not_to_be_visible()
    tombstone.get_by_role("button", name="More").click()
    assert [it.strip() for it in ada.get_by_role("menuitem").all_inner_texts() if it.strip()][-3:] == [
        "Copy link",
        "Mark as unread",
        "About the author",
    ]


def test_mark_unread_moves_the_line_and_counts_at_the_side_of_another_tab(visit: Visit, room: str, site: Site) -> None:
    ada = visit("Ada", room)
    site.post_many(site.port, slug_of(room), ["one", "two", "three"])
    seen(ada, "three")
    elsewhere = ada.context.new_page()
    elsewhere.goto("/rooms/lobby/")
    choose(seen(ada, "two"), "Mark as unread")
    expect(ada.locator(".unread + article")).to_contain_text("two")
    badge = elsewhere.locator(f"a[href='{room}'] .badge")
    expect(badge).to_have_text("2 unread")
