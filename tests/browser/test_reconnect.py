"""Unsent text when the connection is lost."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Visit, write
from tests.site import Site

SOCKET = re.compile(r"/ws/chat/")


def intercept(page: Page, act: Callable[[WebSocketRoute, dict[str, object]], bool]) -> None:
    """Pass each frame that the page sends from its next connection on to `act`. If it returns True, the server does not
    get the frame."""

    def route(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(frame: str | bytes) -> None:
            if not act(socket, json.loads(frame)):
                server.send(frame)

        socket.on_message(pass_on)

    page.route_web_socket(SOCKET, route)
    page.reload()


def test_message_written_while_the_server_is_gone_arrives_once_when_it_is_back(
    visit: Visit, room: str, site: Site
) -> None:
    ada = visit("Ada", room)
    write(ada, "Before")
    expect(ada.get_by_role("article")).to_have_attribute("data-seq", "1")
    site.kill(site.port)
    try:
        write(ada, "First of the gap")
        write(ada, "Second of the gap")
        expect(ada.locator("article[data-state=waiting]")).to_have_count(2)
        expect(ada.get_by_text("You’re offline.")).to_be_visible()
    finally:
        site.start("uvicorn", site.port)
    ada.get_by_role("button", name="Try now", include_hidden=True).dispatch_event("click")
    expect(ada.locator("article[data-state]")).to_have_count(0)
    expect(ada.get_by_text("You’re offline.")).not_to_be_visible()
    in_order = [re.compile("Before"), re.compile("First of the gap"), re.compile("Second of the gap")]
    expect(ada.get_by_role("article")).to_have_text(in_order)
    ada.reload()
    expect(ada.get_by_role("article")).to_have_text(in_order)


def test_a_message_without_an_answer_is_not_shown_twice_after_a_reload(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)

    def cut(socket: WebSocketRoute, frame: dict[str, object]) -> bool:
        return frame["type"] == "post" and frame["body"] == "Withheld"

    intercept(ada, cut)
    write(ada, "Withheld")
    expect(ada.locator("article[data-state=waiting]")).to_have_count(1)
    ada.unroute_all()
    other_tab = ada.context.new_page()
    other_tab.goto(room)
    expect(other_tab.get_by_role("article")).to_have_attribute("data-seq", "1")
    ada.reload()
    for page in (ada, other_tab):
        expect(page.get_by_role("article")).to_have_text([re.compile("Withheld")])
        expect(page.locator("article[data-state]")).to_have_count(0)


def test_refused_message_shows_the_reason_and_can_be_retried(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    refusals = iter([True])

    def refuse_once(socket: WebSocketRoute, frame: dict[str, object]) -> bool:
        if frame["type"] != "post" or not next(refusals, False):
            return False
        socket.send(json.dumps({"type": "error", "ref": frame["ref"], "code": "muted", "detail": "You are muted."}))
        return True

    intercept(ada, refuse_once)
    write(ada, "Let me speak")
    expect(ada.get_by_text("Not sent. You are muted.")).to_be_visible()
    ada.get_by_role("button", name="Retry").click()
    expect(ada.get_by_role("article")).to_have_attribute("data-seq", "1")
    expect(ada.get_by_role("button", name="Retry")).not_to_be_visible()


def test_a_refused_message_can_be_discarded_permanently(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)

    def refuse(socket: WebSocketRoute, frame: dict[str, object]) -> bool:
        if frame["type"] != "post":
            return False
        socket.send(json.dumps({"type": "error", "ref": frame["ref"], "code": "muted", "detail": "You are muted."}))
        return True

    intercept(ada, refuse)
    write(ada, "Never mind")
    ada.get_by_role("button", name="Discard").click()
    expect(ada.get_by_role("article")).to_have_count(0)
    ada.reload()
    expect(ada.get_by_text("No messages yet.")).to_be_visible()
    expect(ada.get_by_role("article")).to_have_count(0)


def test_message_over_the_rate_is_sent_again_by_itself_and_in_order(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    refusals = iter([True])

    def slow_down_once(socket: WebSocketRoute, frame: dict[str, object]) -> bool:
        if frame["type"] != "post" or not next(refusals, False):
            return False
        error = {"type": "error", "ref": frame["ref"], "code": "rate_limited", "detail": "Slowly.", "retry_after": 0.1}
        socket.send(json.dumps(error))
        return True

    intercept(ada, slow_down_once)
    write(ada, "One")
    write(ada, "Two")
    expect(ada.locator("article[data-seq='2']")).to_contain_text("Two")
    expect(ada.get_by_role("article")).to_have_text([re.compile("One"), re.compile("Two")])


def test_a_signed_out_person_is_asked_to_sign_in(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    other_tab = ada.context.new_page()
    other_tab.goto("/")
    other_tab.get_by_role("button", name="Your account").click()
    other_tab.get_by_role("button", name="Sign out").click()
    ada.evaluate("dispatchEvent(new Event('online'))")
    write(ada, "Still me?")
    expect(ada.get_by_text("You’ve been signed out.")).to_be_visible()
    expect(ada.locator("[data-connection]").get_by_role("link", name="Sign in")).to_be_visible()


def test_client_that_cannot_resume_loads_the_newest_messages(visit: Visit, room: str, site: Site) -> None:
    ada = visit("Ada", room)
    write(ada, "Held")
    expect(ada.get_by_role("article")).to_have_attribute("data-seq", "1")

    def route(socket: WebSocketRoute) -> None:
        def reset_instead(frame: str | bytes) -> None:
            parsed = json.loads(frame)
            if parsed["type"] == "changes" and "Missed" in str(parsed["messages"]):
                socket.send(json.dumps({"type": "reset", "cursor": parsed["cursor"]}))
            else:
                socket.send(frame)

        socket.connect_to_server().on_message(reset_instead)

    ada.route_web_socket(SOCKET, route)
    ada.reload()
    expect(ada.locator("[data-people] li")).not_to_have_count(0)
    site.post_many(site.port, room.split("/")[2], ["Missed"])
    expect(ada.get_by_role("article")).to_have_text([re.compile("Held"), re.compile("Missed")])
