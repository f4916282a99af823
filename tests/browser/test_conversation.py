"""A conversation between two browsers."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, write


def test_both_people_see_a_message_before_and_after_a_reload(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    write(ada, "Is anybody here?")
    expect(bob.get_by_role("article")).to_contain_text("Is anybody here?")
    write(bob, "I am")
    for page in (ada, bob):
        expect(page.get_by_role("article")).to_have_text([re.compile("Is anybody here?"), re.compile("I am")])
        page.reload()
        expect(page.get_by_role("article")).to_have_text([re.compile("Is anybody here?"), re.compile("I am")])


def test_message_is_dimmed_only_until_it_is_stored(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    write(ada, "Soon firm")
    expect(ada.get_by_role("article")).to_have_attribute("data-seq", "1")
    expect(ada.locator("article[data-state]")).to_have_count(0)


def assert_plain_text(page: Page, attacks: list[str]) -> None:
    expect(page.locator("article [data-body]")).to_have_text(attacks)
    expect(page.locator("article [data-body] :is(script, img, svg, a)")).to_have_count(0)
    expect(page).not_to_have_title("pwned")


def test_markup_in_a_message_stays_text(visit: Visit, room: str) -> None:
    attacks = [
        "<script>document.title = 'pwned'</script>",
        "<img src=x onerror=\"document.title = 'pwned'\">",
        "[a](javascript:document.title='pwned')",
        '"><svg onload="document.title = \'pwned\'">',
    ]
    ada, bob = visit("Ada", room), visit("Bob", room)
    for attack in attacks:
        write(ada, attack)
    assert_plain_text(bob, attacks)
    bob.reload()
    assert_plain_text(bob, attacks)


def test_arriving_and_leaving_people_are_listed(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    people = ada.get_by_role("complementary").get_by_role("listitem")
    expect(people).to_have_count(1)
    bob = visit("Bob", room)
    expect(people).to_have_count(2)
    bob.close()
    expect(people).to_have_count(1)


def test_typing_is_shown_until_the_message_arrives(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    expect(ada.get_by_role("complementary").get_by_role("listitem")).to_have_count(2)
    bob.get_by_label("Message #").press_sequentially("Well")
    typing = ada.get_by_text(re.compile(r"^Bob .* is typing…$"))
    expect(typing).to_be_visible()
    bob.keyboard.press("Enter")
    expect(ada.get_by_role("article")).to_contain_text("Well")
    expect(typing).not_to_be_visible()


def test_unread_messages_of_another_room_are_counted_at_the_side(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    write(ada, "First")
    expect(ada.get_by_role("article")).to_have_attribute("data-seq", "1")
    ada.goto("/rooms/lobby/")
    write(bob, "Second")
    badge = ada.locator(f"a[href='{room}'] .badge")
    expect(badge).to_be_visible()
    expect(badge).to_have_text("1 unread")


def test_enter_sends_and_shift_enter_breaks_the_line(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    composer = ada.get_by_label("Message #")
    composer.press_sequentially("one")
    composer.press("Shift+Enter")
    composer.press_sequentially("two")
    expect(composer).to_have_value("one\ntwo")
    composer.press("Enter")
    expect(ada.get_by_role("article").locator("br")).to_have_count(1)
    expect(composer).to_have_value("")


def test_enter_breaks_the_line_where_people_write_by_touch(visit: Visit, room: str) -> None:
    ada = visit("Ada", room, has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
    composer = ada.get_by_label("Message #")
    composer.press_sequentially("one")
    composer.press("Enter")
    expect(composer).to_have_value("one\n")
    composer.press("Control+Enter")
    expect(ada.get_by_role("article")).to_have_text(re.compile("one"))


def test_draft_is_kept_until_it_is_sent(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    ada.get_by_label("Message #").fill("Not yet")
    ada.reload()
    expect(ada.get_by_label("Message #")).to_have_value("Not yet")
    ada.get_by_role("button", name="Send").click()
    ada.reload()
    expect(ada.get_by_label("Message #")).to_have_value("")


def test_too_long_message_cannot_be_sent(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    ada.get_by_label("Message #").fill("x" * 8001)
    expect(ada.get_by_text("1 character over the limit")).to_be_visible()
    expect(ada.get_by_role("button", name="Send")).to_be_disabled()
    ada.get_by_label("Message #").fill("x" * 8000)
    expect(ada.get_by_role("button", name="Send")).to_be_enabled()


def test_rooms_are_a_drawer_on_a_phone(visit: Visit, room: str) -> None:
    ada = visit("Ada", room, viewport={"width": 360, "height": 740})
    lobby = ada.get_by_role("link", name="Lobby")
    expect(lobby).not_to_be_visible()
    ada.get_by_role("button", name="Rooms", exact=True).click()
    expect(lobby).to_be_visible()
    ada.keyboard.press("Escape")
    expect(lobby).not_to_be_visible()
