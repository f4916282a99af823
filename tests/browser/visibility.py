"""Visible and hidden tabs, and the notifications that a page creates."""

import re
from typing import Any

from playwright.sync_api import Page, Route

# A fake Notification API that a test can read. It grants every permission, but only when asked.
NOTIFICATIONS = """
window.notified = [];
window.Notification = class {
  static get permission() { return localStorage.allowed ?? "default"; }
  static async requestPermission() { return (localStorage.allowed = "granted"); }
  constructor(title, options) { window.notified.push({ title, ...options }); window.latest = this; }
  close() {}
};
"""
SHOW = """state => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def hide(page: Page) -> None:
    """Hide the page, as when another tab is in front."""
    page.evaluate(SHOW, "hidden")


def show(page: Page) -> None:
    page.evaluate(SHOW, "visible")


def record_notifications(page: Page) -> None:
    page.add_init_script(NOTIFICATIONS)


def notifications_of(page: Page) -> list[dict[str, Any]]:
    """The notifications that this tab has shown."""
    shown: list[dict[str, Any]] = page.evaluate("window.notified")
    return shown


def switch_on(page: Page, *options: str) -> None:
    """Switch notifications on in the menu behind the bell."""
    page.get_by_role("button", name="Notifications").click()
    for option in options:
        page.get_by_label(option).check()
    page.keyboard.press("Escape")


def take_levels(page: Page) -> list[str]:
    """Accept the levels that the page saves, without storing them."""
    taken: list[str] = []

    def take(route: Route) -> None:
        taken.append(route.request.post_data_json["level"])
        route.fulfill(json={"level": taken[-1]})

    page.route(re.compile(r"/api/rooms/[^/]+/notifications/$"), take)
    return taken


def give_level(page: Page, path: str, level: str) -> None:
    """Give the room at `path` this level in the room list of the next page."""
    change = f"document.querySelector(`[data-rooms] a[href='{path}']`)?.setAttribute('data-notify', '{level}')"
    # The document is read, and no module has run yet.
    page.add_init_script(f"document.addEventListener('readystatechange', () => {change}, {{ once: true }})")
