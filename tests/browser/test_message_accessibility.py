"""No menu or dialog of a message violates a rule of axe-core."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.messages import choose, offer_few_emoji, say, seen
from tests.browser.test_accessibility import LOOKS, violations, violations_in
from tests.site import Site

FORMATTED = """
# For @{name}

- [x] write
- [ ] **send** it to ada@example.com

what | how many
---|--:
`code` | 2

```py
@cached
class Tea(Drink):  # hot
    def pour(self, cups=2): return print('x' * cups, None)
```
```diff
- old
+ new
```
"""


def test_menu_picker_question_editor_and_suggestions(visit: Visit, site: Site, room: str) -> None:
    """Check each part that opens by itself, and at the end the page with all messages as a whole."""
    ada = visit("Ada", room, reduced_motion="reduce")
    offer_few_emoji(ada)
    name = ada.locator(".me-name").text_content()
    slug = room.split("/")[2]
    [first] = site.post_many(site.port, slug, [FORMATTED.format(name=name)])
    site.post_many(site.port, slug, ["An answer"], reply_to=first)
    choose(seen(ada, "An answer"), "React with 👍")
    message = say(ada, "Mine")
    for width, scheme in LOOKS:

        def assert_accessible(within: str, width: int = width, scheme: str = scheme) -> None:
            assert violations(ada, width, scheme, within) == []
            expect(ada.locator(within)).to_be_visible()  # axe checks next to nothing of what is hidden

        ada.set_viewport_size({"width": width, "height": 800})
        message.hover()
        message.get_by_role("button", name="More").click()
        assert_accessible("#message-menu")
        ada.get_by_role("menuitem", name="More reactions").click()
        expect(ada.get_by_role("gridcell").first).to_be_visible()
        assert_accessible("#emoji-picker")
        ada.keyboard.press("Escape")
        choose(message, "Delete…")
        assert_accessible("#delete-dialog")
        ada.keyboard.press("Escape")
        choose(seen(ada, "An answer"), "Reply")
        ada.get_by_label("Message #").fill("")
        ada.get_by_label("Message #").press_sequentially("@")
        expect(ada.get_by_role("option").first).to_be_visible()
        assert_accessible(".completion-list")
    choose(message, "Edit")
    expect(ada.get_by_label("Edit message")).to_be_visible()
    assert violations_in(ada) == []
