"""Links to messages, and the way back."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.reading import fill, slug_of, top_of
from tests.site import Site


def test_link_opens_a_message_with_its_neighbours_but_a_missing_one_shows_a_notice(
    visit: Visit, room: str, site: Site
) -> None:
    fill(site, room, 700)
    ada = visit("Ada", f"{room}#70")
    message = ada.locator("article[data-seq='70']")
    expect(message).to_be_in_viewport()
    expect(message).to_be_focused()
    for seq in ("69", "71"):
        expect(ada.locator(f"article[data-seq='{seq}']")).to_be_in_viewport()
    before = top_of(ada, 70)
    ada.evaluate("location.hash = '#4000'")
    expect(ada.get_by_text("There’s no message 4000 in this room.")).to_be_visible()
    assert abs(top_of(ada, 70) - before) < 2


def test_link_to_a_missing_message_opens_the_page_at_the_end(visit: Visit, room: str, site: Site) -> None:
    fill(site, room, 60)
    ada = visit("Ada", f"{room}#4000")
    expect(ada.get_by_text("There’s no message 4000 in this room.")).to_be_visible()
    expect(ada.get_by_text("Number 60")).to_be_in_viewport()


def test_back_restores_the_reading_position_and_forward_the_link(visit: Visit, room: str, site: Site) -> None:
    fill(site, room, 300)
    site.post_many(site.port, slug_of(room), ["The answer"], reply_to=7)
    ada = visit("Ada", room)
    answer = ada.get_by_role("article").filter(has_text="The answer")
    answer.get_by_role("link", name=re.compile("Number 7$")).click()
    expect(ada.locator("article[data-seq='7']")).to_be_in_viewport()
    ada.locator("article[data-seq='9'] [data-permalink]").click()
    expect(ada.locator("article[data-seq='9']")).to_be_focused()
    ada.go_back()
    expect(ada).to_have_url(re.compile("#7$"))
    expect(ada.locator("article[data-seq='7']")).to_be_in_viewport()
    ada.go_back()
    expect(answer).to_be_in_viewport()
    ada.go_forward()
    expect(ada.locator("article[data-seq='7']")).to_be_in_viewport()
