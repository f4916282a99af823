"""Code blocks, tables and the direction of text in messages."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.messages import seen
from tests.browser.reading import slug_of
from tests.site import Site

CODE = "```py\nprint('hello')\n    indented\n```"
LONG = "```\n" + "\n".join(f"{number} {'long ' * 20}" for number in range(60)) + "\n```"


def test_code_block_names_its_language_and_has_a_copy_button(visit: Visit, room: str, site: Site) -> None:
    bob = visit("Bob", room)
    bob.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(bob.get_by_role("complementary").get_by_role("listitem")).to_have_count(1)
    for text in ("live", "after a reload"):
        site.post_many(site.port, slug_of(room), [f"{CODE}\n{text}"])
        if text == "after a reload":
            bob.reload()
        message = seen(bob, text)
        expect(message.get_by_role("group", name="Code, py")).to_be_visible()
        message.hover()
        message.get_by_role("button", name="Copy code").click()
        expect(message.get_by_text("Copied")).to_be_visible()
        assert bob.evaluate("navigator.clipboard.readText()") == "print('hello')\n    indented"
        bob.evaluate("navigator.clipboard.writeText('')")


WIDE = "|".join(["a long heading"] * 20) + "\n" + "|".join(["-"] * 20) + "\n" + "|".join(["cell"] * 20)
DIRECTIONS = "An English paragraph\n\nשלום\n\n- `code` שלום"


def test_long_code_and_wide_tables_scroll_in_their_own_boxes(visit: Visit, room: str, site: Site) -> None:
    site.post_many(site.port, slug_of(room), [LONG, WIDE, DIRECTIONS])
    ada = visit("Ada", room, viewport={"width": 360, "height": 740})
    table = seen(ada, "a long heading").get_by_role("group", name="Table")
    assert table.evaluate("it => it.scrollWidth > it.clientWidth")
    table.focus()
    ada.keyboard.press("End")
    expect(table).to_be_focused()
    directions = seen(ada, "An English paragraph").locator("[data-body] :is(p, li, code)")
    assert directions.evaluate_all("all => all.map((it) => getComputedStyle(it).direction)") == [
        "ltr",
        "rtl",
        "rtl",
        "ltr",
    ]
    box = seen(ada, "59 long").locator("pre")
    assert box.evaluate("it => it.scrollHeight > it.clientHeight && it.scrollWidth > it.clientWidth")
    assert ada.evaluate("document.documentElement.scrollWidth") == 360
    size = box.bounding_box()
    assert size
    assert size["height"] < 500
