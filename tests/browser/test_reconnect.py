"""Unsent text when the connection is lost."""

import json
import re
import secrets
from collections.abc import Callable

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Visit, join, send_form, write
from tests.browser.reading import slug_of
from tests.browser.test_unread import name_of
from tests.site import Site

SOCKET = re.compile(r"/ws/chat/")
SIGN_IN = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from chat.models import Person
person = Person.objects.get(name={name!r})
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(person.pk), settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = person.get_session_auth_hash()
session.create()
print(session.session_key)
"""


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
        offline = ada.get_by_text("You’re offline. 2 messages will be sent when you reconnect.", exact=True)
        expect(offline).to_be_visible()
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


def sign_in_again(page: Page, site: Site, name: str) -> None:
    """Give the page's browser a new session and a new CSRF token, as a sign-in does.

    A sign-in checks the password in a thread of low priority, which can take long while other tests run.
    """
    session = site.shell(SIGN_IN.format(name=name)).strip()
    cookies = {"sessionid": session, "csrftoken": secrets.token_hex(16)}
    page.context.add_cookies([{"name": key, "value": value, "url": site.url} for key, value in cookies.items()])


def test_a_page_goes_on_with_its_text_and_forms_after_signing_in_again_in_another_tab(
    visit: Visit, room: str, site: Site
) -> None:
    ada = visit("Ada", room)
    name = name_of(ada)
    text = ada.get_by_label("Message #")
    text.fill("Not sent yet")
    send_form(ada.context, "/accounts/logout/")
    ada.evaluate("dispatchEvent(new Event('online'))")
    expect(ada.get_by_text("You’ve been signed out.")).to_be_visible()
    expect(ada.locator("[data-connection]").get_by_role("link", name="Sign in")).to_be_visible()
    expect(text).not_to_be_visible()
    sign_in_again(ada, site, name)
    ada.evaluate("dispatchEvent(new Event('focus'))")
    expect(text).to_be_visible()
    expect(text).to_have_value("Not sent yet")
    text.press("Enter")
    expect(ada.get_by_role("article")).to_have_attribute("data-seq", "1")
    expect(ada.locator("[data-connection]")).not_to_be_visible()
    # The CSRF token of this page is older than the sign-in.
    ada.get_by_role("button", name="Notifications").click()
    with ada.expect_response(re.compile("/notifications/$")) as saved:
        ada.get_by_label("Mentions only").check()
    assert saved.value.ok
    ada.keyboard.press("Escape")
    sign_in_again(ada, site, name)
    ada.get_by_role("button", name="Your account").click()
    ada.get_by_role("button", name="Sign out").click()
    expect(ada).to_have_url(re.compile(r":\d+/$"))


def test_a_form_is_not_sent_in_the_name_of_another_person(visit: Visit, room: str) -> None:
    ada = visit("Ada", "/accounts/profile/")
    send_form(ada.context, "/accounts/logout/")
    join(ada.context, "Bob")
    name = ada.get_by_label("Name", exact=True)
    name.fill("Changed")
    ada.get_by_role("button", name="Save", exact=True).first.click()
    expect(ada.get_by_role("alert")).to_contain_text("You’re signed in with another account now.")
    expect(name).to_have_value("Changed")


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
