"""A conversation between people."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, write
from tests.browser.reading import slug_of
from tests.site import Site


def test_two_people_see_each_other_arrive_type_write_and_leave(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    people = ada.get_by_role("complementary").get_by_role("listitem")
    expect(people).to_have_count(1)
    bob = visit("Bob", room)
    expect(people).to_have_count(2)
    bob.get_by_label("Message #").press_sequentially("Is anybody")
    typing = ada.get_by_text(re.compile(r"^Bob .* is typing…$"))
    expect(typing).to_be_visible()
    bob.keyboard.type(" here?")
    bob.keyboard.press("Enter")
    expect(ada.get_by_role("article")).to_contain_text("Is anybody here?")
    expect(typing).not_to_be_visible()
    bob.keyboard.type("And")  # less than three seconds after the first notice
    expect(typing).to_be_visible()
    write(ada, "I am")
    for page in (ada, bob):
        expect(page.get_by_role("article")).to_have_text([re.compile("Is anybody here?"), re.compile("I am")])
        page.reload()
        expect(page.get_by_role("article")).to_have_text([re.compile("Is anybody here?"), re.compile("I am")])
    expect(people).to_have_count(2)
    bob.close()
    expect(people).to_have_count(1)


def assert_plain_text(page: Page, attacks: list[str]) -> None:
    expect(page.locator("article [data-body]")).to_have_text(attacks)
    expect(page.locator("article [data-body] :is(script, img, svg, a)")).to_have_count(0)
    expect(page).not_to_have_title("pwned")


def test_markup_in_a_message_stays_text(visit: Visit, room: str, site: Site) -> None:
    attacks = [
        "<script>document.title = 'pwned'</script>",
        "<img src=x onerror=\"document.title = 'pwned'\">",
        "[a](javascript:document.title='pwned')",
        '"><svg onload="document.title = \'pwned\'">',
    ]
    bob = visit("Bob", room)
    expect(bob.get_by_role("complementary").get_by_role("listitem")).to_have_count(1)
    site.post_many(site.port, slug_of(room), attacks)
    assert_plain_text(bob, attacks)
    bob.reload()
    assert_plain_text(bob, attacks)
