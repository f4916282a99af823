"""Unsent text when the connection is lost."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Visit, send_form, write
from tests.browser.reading import slug_of
from tests.site import Site

SOCKET = re.compile(r"/ws/chat/")


def intercept(page: Page, room: str, act: Callable[[WebSocketRoute, dict[str, object]], bool]) -> None:
    """Open the room. Pass each frame that the page sends to `act`. If it returns True, the server does not
    get the frame."""

    def route(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(frame: str | bytes) -> None:
            if not act(socket, json.loads(frame)):
                server.send(frame)

        socket.on_message(pass_on)

    page.route_web_socket(SOCKET, route)
    page.goto(room)


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
    ada = visit("Ada", "about:blank")

    def cut(socket: WebSocketRoute, frame: dict[str, object]) -> bool:
        return frame["type"] == "post" and frame["body"] == "Withheld"

    intercept(ada, room, cut)
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


def test_refused_message_shows_the_reason_and_is_retried_or_discarded(visit: Visit, room: str) -> None:
    ada = visit("Ada", "about:blank")
    muted: dict[str, object] = {"code": "muted", "detail": "You are muted."}
    slow: dict[str, object] = {"code": "rate_limited", "detail": "Slowly.", "retry_after": 0.1}
    refusals = {"Let me speak": muted, "Never mind": muted, "One": slow}

    def refuse_once(socket: WebSocketRoute, frame: dict[str, object]) -> bool:
        refusal = refusals.pop(str(frame.get("body")), None)
        if refusal:
            socket.send(json.dumps({"type": "error", "ref": frame["ref"], **refusal}))
        return refusal is not None

    intercept(ada, room, refuse_once)
    articles = ada.get_by_role("article")
    write(ada, "Let me speak")
    expect(ada.get_by_text("Not sent. You are muted.")).to_be_visible()
    ada.get_by_role("button", name="Retry").click()
    expect(articles).to_have_attribute("data-seq", "1")
    expect(ada.get_by_role("button", name="Retry")).not_to_be_visible()
    write(ada, "Never mind")
    ada.get_by_role("button", name="Discard").click()
    expect(articles).to_have_count(1)
    # A message over the rate is sent again by itself, before the later ones.
    write(ada, "One")
    write(ada, "Two")
    expect(ada.locator("article[data-seq='3']")).to_contain_text("Two")
    in_order = [re.compile("Let me speak"), re.compile("One"), re.compile("Two")]
    expect(articles).to_have_text(in_order)
    assert not refusals
    ada.reload()
    expect(ada.locator("[data-people] li")).not_to_have_count(0)
    expect(articles).to_have_text(in_order)


def test_a_signed_out_person_is_asked_to_sign_in(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    send_form(ada.context, "/accounts/logout/")
    ada.evaluate("dispatchEvent(new Event('online'))")
    write(ada, "Still me?")
    expect(ada.get_by_text("You’ve been signed out.")).to_be_visible()
    expect(ada.locator("[data-connection]").get_by_role("link", name="Sign in")).to_be_visible()


def test_client_that_cannot_resume_loads_the_newest_messages(visit: Visit, room: str, site: Site) -> None:
    ada = visit("Ada", "about:blank")
    site.post_many(site.port, slug_of(room), ["Held"])

    def route(socket: WebSocketRoute) -> None:
        def reset_instead(frame: str | bytes) -> None:
            parsed = json.loads(frame)
            if parsed["type"] == "changes" and "Missed" in str(parsed["messages"]):
                socket.send(json.dumps({"type": "reset", "cursor": parsed["cursor"]}))
            else:
                socket.send(frame)

        socket.connect_to_server().on_message(reset_instead)

    ada.route_web_socket(SOCKET, route)
    ada.goto(room)
    expect(ada.locator("[data-people] li")).not_to_have_count(0)
    site.post_many(site.port, slug_of(room), ["Missed"])
    expect(ada.get_by_role("article")).to_have_text([re.compile("Held"), re.compile("Missed")])
