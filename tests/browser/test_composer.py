"""The composer: a message is sent once, and unsent text is kept."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit, write


def test_a_second_click_sends_nothing(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    ada.get_by_label("Message #").fill("once")
    ada.get_by_role("button", name="Send").dblclick(force=True)
    expect(ada.get_by_role("article")).to_have_attribute("data-rev", "1")
    write(ada, "twice")
    expect(ada.get_by_role("article")).to_have_count(2)


def test_nothing_is_sent_while_an_input_method_composes(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    composer = ada.get_by_label("Message #")
    composer.fill("に")
    composer.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    composer.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    expect(composer).to_have_value("に")
    composer.press("Enter")
    expect(ada.get_by_role("article")).to_have_count(1)


def test_unsent_messages_survive_a_reload_in_order(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room)
    # Only the socket: the page itself can be loaded.
    ada.route_web_socket("**/ws/**", lambda socket: socket.close(code=1012))
    ada.reload()
    for text in ("one", "two", "three"):
        write(ada, text)
    ada.reload()
    expect(ada.locator("article[data-state=waiting] [data-body]")).to_have_text(["one", "two", "three"])
    other = ada.context.new_page()
    other.goto(room)
    for page in (bob, other):
        expect(page.locator("article [data-body]")).to_have_text(["one", "two", "three"])
