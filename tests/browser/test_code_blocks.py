"""Code blocks in messages."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit, write
from tests.browser.messages import seen

CODE = "```py\nprint('hello')\n    indented\n```"


def test_code_block_names_its_language_and_has_a_copy_button(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada", room), visit("Bob", room, permissions=["clipboard-read", "clipboard-write"])
    write(ada, CODE)
    for _ in ("live", "after a reload"):
        message = seen(bob, "indented")
        expect(message.get_by_role("group", name="Code, py")).to_be_visible()
        message.hover()
        message.get_by_role("button", name="Copy code").click()
        expect(message.get_by_text("Copied")).to_be_visible()
        assert bob.evaluate("navigator.clipboard.readText()") == "print('hello')\n    indented"
        bob.evaluate("navigator.clipboard.writeText('')")
        bob.reload()


def test_long_code_scrolls_in_its_own_box(visit: Visit, room: str) -> None:
    ada = visit("Ada", room, viewport={"width": 360, "height": 740})
    write(ada, "```\n" + "\n".join(f"{number} {'long ' * 20}" for number in range(60)) + "\n```")
    box = seen(ada, "59 long").locator("pre")
    assert box.evaluate("it => it.scrollHeight > it.clientHeight && it.scrollWidth > it.clientWidth")
    assert ada.evaluate("document.documentElement.scrollWidth") == 360
    size = box.bounding_box()
    assert size
    assert size["height"] < 500
