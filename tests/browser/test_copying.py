"""Copied messages: what was written, and of several messages also their times and authors."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.reading import slug_of
from tests.site import Site

WRITTEN = [
    "2. tea\n3. cake",
    "see http://example.com/a%20b now",
    "```python\nif tea:\n    drink()\n```",
    "one\ntwo",
]
# Select from the start of one element to the end of another, copy, and return what a program gets as text.
COPY = """([from, to]) => {
  const [start, end] = [from, to].map((it) => document.querySelector(it));
  getSelection().setBaseAndExtent(start, 0, end, end.childNodes.length);
  const clipboardData = new DataTransfer();
  const event = new ClipboardEvent("copy", { clipboardData, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event);
  return clipboardData.getData("text/plain");
}"""


def body(seq: int) -> str:
    return f"[data-seq='{seq}'] [data-body]"


def copied(page: Page, first: str, last: str) -> str:
    return str(page.evaluate(COPY, [first, last]))


def test_copied_messages_are_as_written_with_names_and_times(visit: Visit, room: str, site: Site) -> None:
    site.post_many(site.port, slug_of(room), WRITTEN)
    ada = visit("Ada", room, locale="en-GB", timezone_id="UTC")
    expect(ada.get_by_role("article")).to_have_count(4)
    code = "if tea:\n    drink()"
    assert copied(ada, body(1), body(1)) == "2. tea\n3. cake"
    assert copied(ada, f"{body(2)} a", f"{body(2)} a") == "http://example.com/a%20b"
    assert copied(ada, body(3), body(3)) == code
    author = ada.locator("[data-author-name]").last.text_content() or ""
    time = ada.locator("article time").last.text_content() or ""
    lines = copied(ada, body(1), body(4))
    expected = ["2. tea\n3. cake", "see http://example.com/a%20b now", code, "one\ntwo"]
    assert re.sub(r"^\d\d:\d\d", time, lines, flags=re.MULTILINE) == "\n".join(
        f"{time} {author}: {text}" for text in expected
    )
    # Of one message, no name. Outside of the messages, the browser copies as always.
    assert copied(ada, f"{body(4)} p", f"{body(4)} p") == "one\ntwo"
    assert copied(ada, ".room-header h1", ".room-header h1") == ""


def test_day_line_is_renamed_after_midnight(visit: Visit, room: str, site: Site) -> None:
    ada = visit("Ada", "about:blank", is_new=True)
    site.post_many(site.port, slug_of(room), ["One"])
    ada.clock.install()
    ada.goto(room)
    line = ada.get_by_role("separator", name="Today")
    expect(line).to_have_text("Today")
    ada.clock.fast_forward("24:00:00")
    expect(ada.get_by_role("separator", name="Yesterday")).to_have_text("Yesterday")
    expect(line).to_have_count(0)
