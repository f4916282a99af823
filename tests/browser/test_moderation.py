"""Moderation on the room page: reports, and the tools of moderators."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, headers_of, write
from tests.browser.messages import choose, say, seen
from tests.browser.test_accessibility import violations
from tests.browser.test_message_actions import offered


def path_of(page: Page) -> str:
    return "/" + page.url.split("/", 3)[3]


def name_of(page: Page) -> str:
    return page.evaluate("JSON.parse(document.getElementById('page-data').textContent).you.name")


def let_post(owner: Page, who: str) -> None:
    address = f"/api{path_of(owner)}"
    assert owner.context.request.put(address, data={"posting": who}, headers=headers_of(owner.context)).status == 200


def axe(page: Page, scheme: str = "light", within: str | None = "dialog[open]") -> list[str]:
    return violations(page, page.viewport_size["width"], scheme, within)  # type: ignore[index]


def test_a_report_is_made_with_a_reason_found_in_the_queue_and_decided(visit: Visit, owner: Page) -> None:
    bob = visit("Bob", path_of(owner))
    say(owner, "mine")
    say(bob, "theirs")
    theirs, mine = seen(owner, "theirs"), seen(bob, "mine")
    theirs.hover()
    theirs.get_by_role("button", name="More").click()
    expect(owner.get_by_role("menuitem", name="Delete…")).to_be_visible()
    assert offered(owner) == [
        "Reply", "Copy text", "Copy link", "Mark as unread", "Save", "About the author",
        "Report…", "Mute author…", "Ban author…", "Delete recent messages…", "Delete…",
    ]  # fmt: skip
    owner.keyboard.press("Escape")
    mine.hover()
    mine.get_by_role("button", name="More").click()
    assert offered(bob) == ["Reply", "Copy text", "Copy link", "Mark as unread", "Save", "About the author", "Report…"]
    assert bob.locator("#moderation, #reports, [data-card-moderate]").count() == 0
    bob.keyboard.press("Escape")
    choose(mine, "Report…")
    dialog = bob.get_by_role("dialog", name="Report this message")
    dialog.get_by_label("Reason").fill(" ")
    dialog.get_by_role("button", name="Report").click()
    expect(dialog.get_by_role("alert")).to_have_text("Tell us briefly what’s wrong with this message.")
    bob.keyboard.press("Escape")
    choose(theirs, "Report…")
    assert axe(owner) == []
    dialog = owner.get_by_role("dialog", name="Report this message")
    expect(dialog).to_contain_text("theirs")
    dialog.get_by_label("Reason").fill("It is rude")
    dialog.get_by_role("button", name="Report").click()
    expect(owner.get_by_role("status").filter(has_text="Thanks.")).to_be_visible()
    expect(dialog).not_to_be_visible()
    owner.get_by_role("button", name="Reports").click()
    queue = owner.get_by_role("dialog", name="Reported messages")
    expect(queue.get_by_role("listitem")).to_contain_text("It is rude")
    assert axe(owner) == []
    queue.get_by_role("button", name="Delete and mute for a day…").click()
    expect(queue.get_by_role("group")).to_contain_text(
        "Delete this message for everyone, and mute its author for a day?"
    )
    assert axe(owner) == []
    owner.keyboard.press("Tab")
    owner.keyboard.press("Enter")
    expect(queue.get_by_role("button", name="Delete and mute for a day…")).to_be_focused()
    owner.keyboard.press("Enter")
    expect(queue.get_by_role("button", name="Delete and mute for a day")).to_be_focused()
    expect(bob.get_by_role("article").last).to_contain_text("theirs")
    owner.keyboard.press("Enter")
    expect(queue).to_contain_text("No open reports")
    expect(queue.get_by_role("button", name="Close")).to_be_focused()
    expect(bob.get_by_role("article").last).to_contain_text("This message was deleted.")
    expect(bob.get_by_text(re.compile("A moderator has muted you until"))).to_be_visible()


def test_moderators_get_no_actions_on_people_with_a_higher_role(visit: Visit, owner: Page) -> None:
    bob, mona = visit("Bob", path_of(owner)), visit("Mona", path_of(owner))
    say(owner, "from above")
    say(bob, "from below")
    say(mona, "from me")
    choose(seen(owner, "from me"), "Mute author…")
    dialog = owner.get_by_role("dialog", name="Moderate")
    expect(dialog.get_by_role("button", name="Mute")).to_have_class("button danger")
    role = dialog.get_by_role("group", name="Or change their role")
    role.get_by_label("Make a moderator").check()
    expect(dialog.get_by_role("button", name="Make a moderator")).to_have_class("button")
    dialog.get_by_role("button", name="Make a moderator").click()
    expect(mona.get_by_text("You’re now a moderator here.")).to_be_visible()
    mona.reload()
    for person, is_offered in ((bob, True), (owner, False), (mona, False)):
        mona.locator("[data-people]").get_by_role("button", name=name_of(person)).click()
        card = mona.get_by_role("dialog", name=name_of(person))
        expect(card).to_contain_text("Guest since")
        expect(card.get_by_role("button", name="Moderate…")).to_have_count(int(is_offered))
        mona.keyboard.press("Escape")
    seen(mona, "from below").hover()
    mona.get_by_role("article").filter(has_text="from below").get_by_role("button", name="More").click()
    expect(mona.get_by_role("menuitem", name="Delete…")).to_be_visible()
    mona.keyboard.press("Escape")
    seen(mona, "from above").hover()
    mona.get_by_role("article").filter(has_text="from above").get_by_role("button", name="More").click()
    assert offered(mona) == ["Reply", "Copy text", "Copy link", "Mark as unread", "Save", "About the author", "Report…"]


def test_a_muted_person_reads_why_can_post_again_afterwards_and_is_banned(visit: Visit, owner: Page) -> None:
    bob = visit("Bob", path_of(owner))
    say(bob, "something loud")
    bob.get_by_label("Message #").fill("unfinished")
    choose(seen(owner, "something loud"), "Mute author…")
    dialog = owner.get_by_role("dialog", name="Moderate")
    assert axe(owner) == []
    expect(dialog).to_contain_text(name_of(bob))
    dialog.get_by_label("Duration").select_option("Permanently")
    dialog.get_by_label("Reason").fill("Shouting")
    dialog.get_by_role("button", name="Mute").click()
    expect(bob.get_by_text("A moderator has muted you: Shouting")).to_be_visible()
    expect(bob.get_by_label("Message #")).not_to_be_visible()
    bob.reload()
    expect(bob.get_by_text("A moderator has muted you: Shouting")).to_be_visible()
    assert axe(bob, within=None) == []
    message = seen(bob, "something loud")
    answers = message.get_by_role("button", name=re.compile("React|Reply"))
    message.hover()
    expect(message.get_by_role("button", name="More")).to_be_visible()
    expect(answers).to_have_count(0)
    let_post(owner, "moderators")
    owner.get_by_role("button", name="Muted and banned").click()
    owner.get_by_role("button", name=f"Unmute: {name_of(bob)}").click()
    expect(owner.get_by_text("No one is muted or banned.")).to_be_visible()
    expect(bob.get_by_text("Only owners and moderators can post in this room.")).to_be_visible()
    message.hover()
    expect(answers).to_have_accessible_name("React")
    let_post(owner, "everyone")
    expect(bob.get_by_label("Message #")).to_have_value("unfinished")
    write(bob, " and now said")
    expect(owner.get_by_role("article").last).to_contain_text("and now said")
    owner.keyboard.press("Escape")
    choose(seen(owner, "and now said"), "Delete recent messages…")
    owner.get_by_role("dialog", name="Moderate").get_by_role("button", name="Delete messages").click()
    expect(owner.get_by_role("status").filter(has_text="Deleted 2 messages by")).to_be_visible()
    expect(bob.locator("[data-gone]:visible")).to_have_count(2)
    name = name_of(bob)
    person = owner.locator("[data-people] li").filter(has_text=name)
    person.get_by_role("button", name=name).click()
    owner.get_by_role("dialog", name=name).get_by_role("button", name="Moderate…").click()
    dialog = owner.get_by_role("dialog", name="Moderate")
    dialog.get_by_label("Ban").check()
    expect(dialog.get_by_label("Duration")).not_to_be_visible()
    dialog.get_by_role("button", name="Ban").click()
    expect(bob.get_by_text("You no longer have access to this room.")).to_be_visible()
    expect(bob.get_by_label("Message #")).not_to_be_visible()
    expect(person).to_have_count(0)


def test_the_tools_fit_a_phone(used_page: Callable[..., Page], owner: Page) -> None:
    phone = used_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    phone.context.add_cookies(owner.context.cookies())  # type: ignore[arg-type]
    phone.goto(owner.url)
    for name in ("report", "moderation", "reports", "sanctions"):
        phone.evaluate("(id) => document.getElementById(id).showModal()", name)
        check(phone, name, within=f"#{name}[open]")
        phone.keyboard.press("Escape")
    phone.get_by_role("heading", level=1).get_by_role("button").click()
    phone.get_by_role("link", name="Room settings").click()
    expect(phone.get_by_label("Archive this room")).to_be_visible()
    check(phone, "settings", within=None)


def check(phone: Page, name: str, within: str | None) -> None:
    """Check both colour schemes where no test at a desktop checks the light one."""
    assert phone.evaluate("document.documentElement.scrollWidth") == 360
    for scheme in ("light", "dark") if name in ("sanctions", "settings") else ("dark",):
        assert axe(phone, scheme, within) == [], name
