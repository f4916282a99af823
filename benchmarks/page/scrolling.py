"""Scrolling from the end of a long history to its beginning with the wheel, and what that does to the page."""

import math
import time
from dataclasses import dataclass

from playwright.sync_api import Page

WHEEL_PX = 1200
# So long nothing may move before the way is given up.
PATIENCE_SECONDS = 20.0
LONG_TASK_MS = 50

RECORD = """() => {
  const record = window.record = { longTasks: [], frames: [], seen: new Set(), nodes: 0, articles: 0 };
  new PerformanceObserver((list) => record.longTasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: "longtask" });
  let last = performance.now();
  const frame = (now) => {
    record.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""
LOOK = """() => {
  const { record } = window;
  const articles = document.querySelectorAll("[data-log] > article[data-seq]");
  articles.forEach(({ dataset }) => record.seen.add(Number(dataset.seq)));
  record.nodes = Math.max(record.nodes, document.getElementsByTagName("*").length);
  record.articles = Math.max(record.articles, articles.length);
  const box = document.querySelector("[data-scroll]");
  return { seen: record.seen.size, first: Number(articles[0]?.dataset.seq), top: box.scrollTop };
}"""


@dataclass(frozen=True, slots=True)
class Journey:
    """Scrolling from the newest message to the oldest: messages passed, the largest document, the smoothness."""

    messages: int
    seconds: float
    nodes: int
    articles: int
    long_tasks: int
    longest_task_ms: float
    frame_ms_p50: float
    frame_ms_p99: float
    heap_before_bytes: int
    heap_after_bytes: int


def measure(page: Page, address: str) -> Journey:
    """The page is opened and scrolled until its first message is in view."""
    page.goto(address, wait_until="networkidle")
    before = heap(page)
    page.evaluate(RECORD)
    box = page.locator("[data-scroll]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    began_at = time.perf_counter()
    seen = _to_the_beginning(page)
    seconds = time.perf_counter() - began_at
    record = page.evaluate("({ ...window.record, seen: 0 })")
    frames = sorted(record["frames"])
    return Journey(
        messages=seen,
        seconds=seconds,
        nodes=record["nodes"],
        articles=record["articles"],
        long_tasks=sum(duration > LONG_TASK_MS for duration in record["longTasks"]),
        longest_task_ms=max(record["longTasks"], default=0.0),
        frame_ms_p50=frames[len(frames) // 2],
        frame_ms_p99=frames[math.ceil(len(frames) * 0.99) - 1],
        heap_before_bytes=before,
        heap_after_bytes=heap(page),
    )


def _to_the_beginning(page: Page) -> int:
    """Return how many messages were passed. Raise RuntimeError if scrolling ends before the first message."""
    moved_at, last = time.monotonic(), None
    while True:
        page.mouse.wheel(0, -WHEEL_PX)
        state = page.evaluate(LOOK)
        if state["first"] == 1 and state["top"] <= 0:
            return int(state["seen"])
        if state != last:
            moved_at, last = time.monotonic(), state
        if time.monotonic() - moved_at > PATIENCE_SECONDS:
            raise RuntimeError(f"The way up ended at message {state['first']}.")


def heap(page: Page) -> int:
    """Bytes that JavaScript holds, after everything it does not need was collected."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    return int(metrics["JSHeapUsedSize"])
