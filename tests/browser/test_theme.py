"""The light, dark and system theme."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Visit

BACKGROUND = "getComputedStyle(document.body.querySelector('main')).color"


def choose(page: Page, theme: str) -> None:
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name=theme, exact=True).click()
    expect(page.get_by_role("button", name=theme, exact=True)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")


def ink(page: Page) -> str:
    return str(page.evaluate(BACKGROUND))


def test_theme_changes_at_once_and_holds_on_the_next_page(visit: Visit, room: str) -> None:
    ada = visit("Ada", room, color_scheme="light")
    light = ink(ada)
    choose(ada, "Dark")
    dark = ink(ada)
    assert dark != light
    ada.goto("/")
    assert ink(ada) == dark
    ada.emulate_media(color_scheme="dark")
    choose(ada, "Light")
    assert ink(ada) == light


def test_system_theme_follows_the_system(visit: Visit, room: str) -> None:
    ada = visit("Ada", room, color_scheme="light")
    light = ink(ada)
    choose(ada, "Dark")
    choose(ada, "System")
    assert ink(ada) == light
    ada.emulate_media(color_scheme="dark")
    assert ink(ada) != light


def test_colour_of_the_browser_follows_the_theme(visit: Visit, room: str) -> None:
    ada = visit("Ada", room, color_scheme="light")
    choose(ada, "Dark")
    colours = [meta.get_attribute("content") for meta in ada.locator("[data-theme-color]").all()]
    ada.reload()
    assert [meta.get_attribute("content") for meta in ada.locator("[data-theme-color]").all()] == colours
    assert len(set(colours)) == 1


def test_all_tabs_change(visit: Visit, room: str) -> None:
    ada = visit("Ada", room, color_scheme="light")
    other = ada.context.new_page()
    other.goto("/")
    choose(ada, "Dark")
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")


def test_page_for_an_error_keeps_the_theme(visit: Visit, room: str) -> None:
    ada = visit("Ada", room, color_scheme="light")
    choose(ada, "Dark")
    ada.goto("/nothing/")
    expect(ada.locator("html")).to_have_attribute("data-theme", "dark")


def test_print_uses_the_light_theme(new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(color_scheme="dark").new_page()
    page.goto("/")
    dark = ink(page)
    page.emulate_media(media="print")
    assert ink(page) != dark
