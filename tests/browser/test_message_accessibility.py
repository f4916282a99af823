"""No menu or dialog of a message violates a rule of axe-core."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.messages import choose, offer_few_emoji, say, seen
from tests.browser.test_accessibility import LOOKS, violations
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


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_menu_picker_question_editor_and_suggestions(
    visit: Visit, site: Site, room: str, width: int, scheme: str
) -> None:
    def assert_accessible() -> None:
        assert violations(ada, width, scheme) == []

    ada = visit("Ada", room, viewport={"width": width, "height": 800}, reduced_motion="reduce")
    offer_few_emoji(ada)
    name = ada.locator(".me-name").text_content()
    slug = room.split("/")[2]
    [first] = site.post_many(site.port, slug, [FORMATTED.format(name=name)])
    site.post_many(site.port, slug, ["An answer"], reply_to=first)
    choose(seen(ada, "An answer"), "React with 👍")
    message = say(ada, "Mine")
    message.hover()
    message.get_by_role("button", name="More").click()
    assert_accessible()
    ada.get_by_role("menuitem", name="More reactions").click()
    expect(ada.get_by_role("gridcell").first).to_be_visible()
    assert_accessible()
    ada.keyboard.press("Escape")
    choose(message, "Delete…")
    assert_accessible()
    ada.keyboard.press("Escape")
    choose(seen(ada, "An answer"), "Reply")
    ada.get_by_label("Message #").press_sequentially("@")
    expect(ada.get_by_role("option").first).to_be_visible()
    choose(message, "Edit")
    expect(ada.get_by_label("Edit message")).to_be_visible()
    assert_accessible()
