"""A conversation between the terminal client and a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, write
from tests.site import Site
from tests.terminal.emulator import Terminal


@pytest.fixture
def bo(site: Site, room: str, tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path, f"http://127.0.0.1:{site.port}{room}", "--name", f"bo of {room[-12:-1]}")
    terminal.until(lambda: "here" in terminal.status)
    yield terminal
    terminal.close()


def test_terminal_client_and_page_exchange_messages(visit: Visit, room: str, bo: Terminal) -> None:
    ada = visit("Ada", room)
    bo.until(lambda: "Ada" in bo.status)
    bo.type("hello **p")
    expect(ada.get_by_text("is typing")).to_be_visible()
    bo.enter("age**")
    expect(ada.get_by_role("article").locator("[data-body] strong")).to_have_text("page")
    ada.get_by_label("Message #").press_sequentially("hello ter")
    bo.until(lambda: "is typing" in bo.status)
    ada.get_by_label("Message #").press_sequentially("minal")
    ada.keyboard.press("Enter")
    bo.sees(": hello terminal")
    bo.enter("/edit hello **site**")
    expect(ada.get_by_role("article").first.locator("[data-body] strong")).to_have_text("site")
    bo.enter("/delete")
    expect(ada.get_by_role("article").first).to_contain_text("deleted")
    bo.enter("/quit")
    assert bo.exit_code() == 0
    write(ada, "gone?")
    expect(ada.get_by_role("article")).to_have_count(3)
