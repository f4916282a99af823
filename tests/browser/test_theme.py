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


def colours_of_browser(page: Page) -> list[str | None]:
    return [meta.get_attribute("content") for meta in page.locator("[data-theme-color]").all()]


def test_theme_changes_at_once_in_all_tabs_and_holds_on_the_next_page(visit: Visit) -> None:
    ada = visit("Ada", "/", color_scheme="light")
    other = ada.context.new_page()
    other.goto("/")
    light = ink(ada)
    choose(ada, "Dark")
    dark, colours = ink(ada), colours_of_browser(ada)
    assert dark != light
    assert len(set(colours)) == 1
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    ada.reload()
    assert (ink(ada), colours_of_browser(ada)) == (dark, colours)
    ada.goto("/nothing/")
    expect(ada.locator("html")).to_have_attribute("data-theme", "dark")
    assert ink(ada) == dark


def test_light_theme_and_that_of_the_system_are_chosen_on_a_room_page(visit: Visit, room: str) -> None:
    ada = visit("Ada", room, color_scheme="light")
    light = ink(ada)
    choose(ada, "Dark")
    dark = ink(ada)
    assert dark != light
    choose(ada, "System")
    assert ink(ada) == light
    ada.emulate_media(color_scheme="dark")
    assert ink(ada) == dark
    choose(ada, "Light")
    assert ink(ada) == light


def test_print_uses_the_light_theme(new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(color_scheme="dark").new_page()
    page.goto("/")
    dark = ink(page)
    page.emulate_media(media="print")
    assert ink(page) != dark
