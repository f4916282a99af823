"""Push notifications in a browser: turned on, shown by the service worker, closed by reading, ended by signing out."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import join_as_guest
from tests.browser.reading import slug_of
from tests.browser.visibility import hide, switch_on
from tests.site import Site, wait_until

# No push service can be reached from the tests. The subscription is one that a browser could have, and leads nowhere.
SUBSCRIPTION = """
const store = "test.subscription";
const base64 = (text) => atob(text.replaceAll("-", "+").replaceAll("_", "/"));
const decoded = (text) => Uint8Array.from(base64(text), (it) => it.charCodeAt(0)).buffer;
const point = Uint8Array.from({ length: 65 }, (_, at) => (at ? 1 : 4));
const made = (key) => ({
  endpoint: "https://localhost/push/1",
  options: { applicationServerKey: decoded(key) },
  getKey: (name) => (name === "auth" ? new Uint8Array(16) : point).buffer,
  unsubscribe: async () => localStorage.removeItem(store),
});
PushManager.prototype.getSubscription = async () => {
  const key = localStorage.getItem(store);
  return key ? made(key) : null;
};
PushManager.prototype.subscribe = async ({ applicationServerKey: key }) => {
  localStorage.setItem(store, key);
  return made(key);
};
"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map(({ title, body, tag, silent, data }) => ({ title, body, tag, silent, seq: data.seq }))"""
IS_SUBSCRIBED = "localStorage.getItem('test.subscription') !== null"


@pytest.fixture(scope="module")
def full_browser(browser: Browser) -> Iterator[Browser]:
    """Chromium with notifications, which the smaller one denies."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if path is None:
        reason = "No Chromium that shows notifications. Install one, or set CHROMIUM to its path."
        pytest.fail(reason) if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip(reason)
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    browser = browser.browser_type.launch(executable_path=path, args=arguments)
    yield browser
    browser.close()


@pytest.fixture
def context(full_browser: Browser, site: Site, problems: list[str]) -> Iterator[BrowserContext]:
    context = full_browser.new_context(base_url=site.url, permissions=["notifications"])
    context.set_default_timeout(20_000)
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.add_init_script(SUBSCRIPTION)
    yield context
    context.close()


@pytest.fixture
def ada(context: BrowserContext, room: str) -> Page:
    """Ada's page in a room. She has turned on push notifications."""
    page = context.new_page()
    join_as_guest(page, "Ada", room)
    page.get_by_role("button", name="Notifications").click()
    with page.expect_response("**/api/push/") as answer:
        page.get_by_label("Also when the chat is closed").check()
    assert answer.value.status == 201
    expect(page.get_by_role("button", name="Send a test")).to_be_visible()
    return page


@pytest.fixture
def deliver(ada: Page) -> Callable[..., None]:
    """Deliver a push to the service worker, decrypted as the browser does it."""
    session = ada.context.new_cdp_session(ada)
    ids: list[str] = []

    def note(event: dict[str, Any]) -> None:
        ids.extend(it["registrationId"] for it in event["registrations"])

    session.on("ServiceWorker.workerRegistrationUpdated", note)
    session.send("ServiceWorker.enable")
    wait_until(lambda: ada.evaluate("true") and bool(ids), "the service worker")

    def deliver(room: str, seq: int, body: str) -> None:
        notification = {"title": "bob", "body": body, "navigate": f"{room}#{seq}", "tag": f"chat.{slug_of(room)}"}
        content = {"web_push": 8030, "app_badge": 1, "notification": {**notification, "data": {"seq": seq}}}
        push = {"origin": ada.evaluate("location.origin"), "registrationId": ids[-1], "data": json.dumps(content)}
        session.send("ServiceWorker.deliverPushMessage", push)

    return deliver


def shown(page: Page) -> list[dict[str, Any]]:
    notifications: list[dict[str, Any]] = page.evaluate(SHOWN)
    return notifications


def test_a_push_is_shown_until_the_room_is_read(ada: Page, site: Site, room: str, deliver: Callable[..., None]) -> None:
    with ada.expect_response("**/api/push/test/") as answer:
        ada.get_by_role("button", name="Send a test").click()
    assert answer.value.status == 204
    expect(ada.get_by_text("Sent. It should arrive within a minute.")).to_be_visible()
    ada.keyboard.press("Escape")
    switch_on(ada, "Show notifications")
    ada.goto("/rooms/lobby/")
    hide(ada)
    [seq] = site.post_many(site.port, slug_of(room), ["Dinner is ready"])
    wait_until(lambda: len(shown(ada)) == 1, "the notification of the page")
    assert (shown(ada)[0]["body"], shown(ada)[0]["seq"]) == ("Dinner is ready", seq)
    deliver(room, seq, "Dinner is ready, by push")
    wait_until(lambda: shown(ada)[0]["body"].endswith("by push"), "the push in its place")
    [notification] = shown(ada)
    assert notification == {
        "title": "bob", "body": "Dinner is ready, by push", "tag": f"chat.{slug_of(room)}", "silent": True, "seq": seq,
    }  # fmt: skip
    deliver(room, seq + 1, "It gets cold")
    wait_until(lambda: shown(ada)[0]["seq"] == seq + 1, "the next push")
    assert [it["silent"] for it in shown(ada)] == [False]
    other = ada.context.new_page()
    other.goto(room)
    wait_until(lambda: shown(ada) == [], "the end of the notification")


def test_turning_off_and_signing_out_end_the_push_notifications_of_the_device(ada: Page, site: Site) -> None:
    switch = ada.get_by_label("Also when the chat is closed")
    with ada.expect_response("**/api/push/") as answer:
        switch.uncheck()
    assert (answer.value.request.method, answer.value.status) == ("DELETE", 204)
    expect(ada.get_by_role("button", name="Send a test")).to_be_hidden()
    assert not ada.evaluate(IS_SUBSCRIBED)
    with ada.expect_response("**/api/push/") as answer:
        switch.check()
    assert answer.value.status == 201
    expect(ada.get_by_role("button", name="Send a test")).to_be_visible()
    # Signing out.
    ada.keyboard.press("Escape")
    assert ada.evaluate(IS_SUBSCRIBED)
    ada.get_by_role("button", name="Your account").first.click()
    ada.get_by_role("button", name="Sign out").click()
    ada.wait_for_url("**/")
    expect(ada.get_by_role("link", name="Sign in").first).to_be_visible()
    assert not ada.evaluate(IS_SUBSCRIBED)
    assert ada.evaluate("localStorage.getItem('chat.push')") is None
    count = "from chat.models import PushSubscription; print(PushSubscription.objects.count())"
    assert site.shell(count).strip() == "0"
