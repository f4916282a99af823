"""Reactions: set and removed by a click, listed by name, chosen from a few or from all."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.browser.conftest import Visit, join_as_guest
from tests.browser.messages import choose, offer_few_emoji, react, say, seen
from tests.browser.reading import slug_of
from tests.site import Site


def test_a_reaction_shows_for_everyone_and_your_own_is_pressed_even_if_made_offline(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    say(ada, "ready?")
    choose(seen(bob, "ready?"), "React with 🎉")
    expect(bob.get_by_role("button", name="🎉 1")).to_have_attribute("aria-pressed", "true")
    hers = ada.get_by_role("button", name="🎉 1")
    expect(hers).to_have_attribute("aria-pressed", "false")
    hers.click()
    for page in (ada, bob):
        expect(page.get_by_role("button", name="🎉 2")).to_have_attribute("aria-pressed", "true")
        page.reload()
        expect(page.get_by_role("button", name="🎉 2")).to_have_attribute("aria-pressed", "true")
    ada.get_by_role("button", name="🎉 2").press("Enter")
    expect(bob.get_by_role("button", name="🎉 1")).to_be_visible()
    bob.get_by_role("button", name="🎉 1").click()
    expect(ada.get_by_role("list", name="Reactions")).not_to_be_visible()
    bob.context.set_offline(True)
    choose(seen(bob, "ready?"), "React with 👍")
    expect(bob.get_by_role("button", name="👍 1")).to_be_visible()
    bob.context.set_offline(False)
    expect(ada.get_by_role("button", name="👍 1")).to_be_visible()


def test_reacting_people_are_listed_on_hover_and_on_focus_and_updated(visit: Visit, site: Site, room: str) -> None:
    ada = visit("Ada", room)
    for seq, emoji in enumerate(("👍", "🎉", "❤️"), start=1):
        say(ada, f"message {seq}")
        react(site, room, seq, emoji)
    reaction, pressed = ada.get_by_role("button", name="👍 1"), ada.get_by_role("button", name="👍 2")
    reaction.hover()
    expect(reaction).to_have_attribute("data-who", re.compile("^Bob "))
    reaction.click()
    ada.get_by_label("Message #").hover()
    pressed.focus()
    expect(pressed).to_have_attribute("aria-description", re.compile("^Bob .* and you$"))
    # The list is updated while the focus stays.
    reaction, pressed = ada.get_by_role("button", name="🎉 1"), ada.get_by_role("button", name="🎉 2")
    reaction.focus()
    expect(reaction).to_have_attribute("aria-description", re.compile("^Bob "))
    ada.keyboard.press("Enter")
    expect(pressed).to_be_focused()
    expect(pressed).to_have_attribute("aria-description", re.compile("^Bob .* and you$"))
    # The user's own reaction is listed while the server still answers with the state from before.
    known = ada.request.get(f"/api{room}messages/3/reactions/").text()
    ada.route("**/reactions/", lambda route: route.fulfill(body=known, content_type="application/json"))
    ada.get_by_role("button", name="❤️ 1").click()
    pressed = ada.get_by_role("button", name="❤️ 2")
    expect(pressed).to_have_attribute("aria-description", re.compile("^Bob .* and you$"))


def keep_standing_from(page: Page) -> None:
    """Withhold the person's status, as if it arrived late."""

    def connect(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda frame: None if '"type":"standing"' in str(frame) else socket.send(frame))

    page.route_web_socket(re.compile("/ws/chat/"), connect)


def test_a_refused_action_is_undone_and_explained(used_page: Callable[..., Page], site: Site, room: str) -> None:
    site.post_many(site.port, slug_of(room), ["ready?"])
    bob = used_page()
    keep_standing_from(bob)
    join_as_guest(bob, "Bob", room)
    expect(bob.locator("[data-people-count]").first).to_have_text("1")  # connected, so no later status arrives
    name = bob.locator(".me-name").text_content()
    site.shell("from datetime import timedelta; from django.utils import timezone; from chat.models import *; "
        f"room = Room.objects.get(slug={slug_of(room)!r}); person = Person.objects.get(name={name!r}); "
        "until = timezone.now() + timedelta(hours=1); "
        "Membership.objects.update_or_create(room=room, person=person, defaults={'muted_until': until})",
    )  # fmt: skip
    choose(seen(bob, "ready?"), "React with 👍")
    expect(bob.get_by_text(re.compile(r"A moderator has muted you until .+ UTC\."))).to_be_visible()
    expect(bob.get_by_role("list", name="Reactions")).not_to_be_visible()


def test_picker_is_loaded_on_first_use_and_picks_the_first_emoji_when_they_come(
    used_page: Callable[..., Page], room: str
) -> None:
    ada = used_page()
    asked: list[str] = []
    held: list[Route] = []
    ada.on("request", lambda request: asked.append(request.url))
    ada.route("**/emoji/*.json", lambda route: held.append(route))
    join_as_guest(ada, "Ada", room)
    message = say(ada, "ready?")
    loaded = [it for it in asked if "emoji" in it and "emoji_names" not in it and "lazy_emoji_picker" not in it]
    assert loaded == []
    message.hover()
    message.get_by_role("button", name="React").click()
    search = ada.get_by_role("searchbox", name="Search emoji")
    search.fill("red heart")
    search.press("Enter")
    expect(ada.get_by_text("Loading…")).to_be_visible()
    while not held:
        ada.evaluate("0")
    held[0].continue_()
    expect(ada.get_by_role("button", name="❤️ 1")).to_be_visible()
    ada.get_by_role("button", name="Emoji", exact=True).click()
    expect(ada.get_by_role("gridcell").first).to_be_visible()
    assert sum("/emoji/" in address for address in asked) == 1


def test_picker_is_a_grid_for_the_arrow_keys_finds_by_name_and_remembers(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    offer_few_emoji(ada)
    ada.get_by_role("button", name="Emoji", exact=True).click()
    cell = ada.get_by_role("gridcell")
    expect(cell.first).to_be_attached()
    ada.keyboard.press("ArrowDown")
    expect(cell.nth(0)).to_be_focused()
    for key, place in [("ArrowDown", 9), ("ArrowRight", 10), ("End", 17), ("ArrowUp", 8), ("Home", 0)]:
        ada.keyboard.press(key)
        expect(cell.nth(place)).to_be_focused()
    ada.keyboard.press("ArrowUp")
    search = ada.get_by_role("searchbox", name="Search emoji")
    expect(search).to_be_focused()
    ada.keyboard.press("Escape")
    expect(search).not_to_be_visible()
    message = say(ada, "ready?")
    message.hover()
    message.get_by_role("button", name="React").click()
    expect(search).to_be_focused()
    search.fill("tears of joy")
    search.press("Enter")
    expect(ada.get_by_role("button", name="😂 1")).to_be_visible()
    expect(ada.get_by_label("Message #")).to_be_focused()
    message.hover()
    message.get_by_role("button", name="React").click()
    expect(cell.first).to_have_text("😂")
    ada.keyboard.press("Escape")
    expect(search).not_to_be_visible()
    composer = ada.get_by_label("Message #")
    composer.fill("ab")
    composer.press("ArrowLeft")
    ada.get_by_role("button", name="Emoji", exact=True).click()
    search.fill("tada")
    ada.get_by_role("gridcell", name="party popper").click()
    expect(composer).to_have_value("a🎉b")
    expect(composer).to_be_focused()
