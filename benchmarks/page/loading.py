"""Opening a room with nothing and with everything in the browser's cache: requests, bytes, and when there is what."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Page

# When the first element that matches came to be seen: in the frame after it stood in the document.
WATCH = """(selector) => {
  const look = () => {
    if (!window.firstSeenAt && document.querySelector(selector)) {
      window.firstSeenAt = performance.now();
      requestAnimationFrame(() => requestAnimationFrame(() => { window.firstSeenAt = performance.now(); }));
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
}"""


# Milliseconds until a condition is true, looked at in each frame: the page's policy allows no code made of strings.
ARRIVAL = """() => new Promise((done, fail) => {
  const look = () => ((%s) ? done(performance.now() - window.enteredAt) : requestAnimationFrame(look));
  setTimeout(() => fail(new Error("The message did not arrive.")), %d);
  look();
})"""
PATIENCE_MS = 30_000


@dataclass(frozen=True, slots=True)
class Subject:
    """A room page: where it is, what a message looks like there, where one writes, and how to see that it arrived."""

    name: str
    address: str
    message: str
    composer: str
    arrived: str


@dataclass(frozen=True, slots=True)
class Load:
    """One page load. Requests and bytes are those of the network. Without a history `first_message_ms` is None."""

    requests: int
    bytes: int
    script_bytes: int
    first_message_ms: float | None
    loaded_ms: float
    own_message_ms: float


class Line:
    """The network traffic of a page, headers included, as the browser reports it."""

    def __init__(self, page: Page):
        self._kinds: dict[str, str] = {}
        self._sizes: dict[str, float] = {}
        session = page.context.new_cdp_session(page)
        session.on("Network.responseReceived", self._received)
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def _received(self, event: dict[str, Any]) -> None:
        self._kinds[event["requestId"]] = event["type"]

    def _finished(self, event: dict[str, Any]) -> None:
        if event["encodedDataLength"]:
            self._sizes[event["requestId"]] = event["encodedDataLength"]

    @property
    def requests(self) -> int:
        return len(self._sizes)

    def bytes(self, kind: str = "") -> int:
        return int(sum(size for key, size in self._sizes.items() if kind in ("", self._kinds.get(key))))


def measure(subject: Subject, new_context: Callable[[], BrowserContext], runs: int) -> tuple[list[Load], list[Load]]:
    """So many loads with an empty cache, and each time one more with what that left in it."""
    cold, warm = [], []
    for _ in range(runs):
        context = new_context()
        cold.append(_load(subject, context))
        warm.append(_load(subject, context))
        context.close()
    return cold, warm


def _load(subject: Subject, context: BrowserContext) -> Load:
    page = context.new_page()
    page.add_init_script(f"({WATCH})({subject.message!r})")
    line = Line(page)
    page.goto(subject.address, wait_until="networkidle")
    requests, size, script = line.requests, line.bytes(), line.bytes("Script")
    first, loaded = page.evaluate(
        "[window.firstSeenAt ?? null, performance.getEntriesByType('navigation')[0].loadEventEnd]"
    )
    load = Load(requests, size, script, first, loaded, _own_message(subject, page))
    page.close()
    return load


def _own_message(subject: Subject, page: Page) -> float:
    """Milliseconds from the Enter key until what was written is on the page and confirmed."""
    page.locator(subject.composer).fill("benchmark")
    page.evaluate("addEventListener('keydown', () => { window.enteredAt = performance.now(); }, true)")
    page.keyboard.press("Enter")
    return float(page.evaluate(ARRIVAL % (subject.arrived, PATIENCE_MS)))


def typical(loads: Sequence[Load]) -> Load:
    """The median of each figure."""

    def median(name: str) -> Any:
        values = [getattr(load, name) for load in loads]
        return None if None in values else statistics.median_high(values)

    return Load(*map(median, Load.__slots__))
