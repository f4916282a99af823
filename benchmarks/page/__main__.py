"""`python -m benchmarks.page`: the room page beside the Channels tutorial's, in Chromium."""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec
from playwright.sync_api import Browser, sync_playwright

from benchmarks.page import loading, scrolling
from benchmarks.page.loading import Load, Subject
from benchmarks.page.scrolling import Journey
from benchmarks.peers.peer import simple, up
from benchmarks.peers.site import RunningSite, Shape, starting
from benchmarks.processes import MIB
from benchmarks.server import BASE_DIR, make_people

CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
TUTORIAL_APPLICATION = "benchmarks.page.tutorial.asgi:application"
SIZE = {"width": 1280, "height": 800}
KIB = 2**10
TUTORIAL = simple(
    lambda port: [sys.executable, "-m", "uvicorn", TUTORIAL_APPLICATION, "--log-level", "warning", "--port", str(port)],
    DJANGO_SETTINGS_MODULE="benchmarks.page.tutorial.settings",
)


@dataclass(frozen=True, slots=True)
class Figures:
    """All measurements: each load of each page, and the scrolling."""

    loads: dict[str, list[Load]]
    journey: Journey | None


def main() -> int:
    options = parse(sys.argv[1:])
    with sync_playwright() as playwright:
        arguments = ["--disable-background-networking", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        with up(starting(Shape()), pinned=False) as site, up(TUTORIAL, pinned=False) as tutorial:
            figures = measure(options, browser, site, tutorial.ports[0])
        browser.close()
    print(table(figures))
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(asdict(figures))) + b"\n")
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000, help="in the room that is scrolled; 0: do not scroll")
    parser.add_argument("--runs", type=int, default=5, help="loads with a cold and a warm cache each")
    parser.add_argument("--json", type=Path, help="a file to write the figures to")
    return parser.parse_args(arguments)


def chromium() -> str | None:
    """The system's; with none, Playwright takes its own."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)


def measure(options: argparse.Namespace, browser: Browser, site: RunningSite, tutorial_port: int) -> Figures:
    slug = fill(site, max(options.messages, 200))
    [cookie] = make_people(site.environment, 1, "sessions")
    origin = f"http://127.0.0.1:{site.ports[0]}"

    def visitor():  # type: ignore[no-untyped-def] # Playwright's context
        context = browser.new_context(viewport=SIZE)  # type: ignore[arg-type]
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": origin}])
        return context

    loads: dict[str, list[Load]] = {}
    for subject in subjects(f"{origin}/rooms/{slug}/", f"http://127.0.0.1:{tutorial_port}/chat/lobby/"):
        cold, warm = loading.measure(subject, visitor, options.runs)
        loads[f"{subject.name}, cold"], loads[f"{subject.name}, warm"] = cold, warm
    journey = None
    if options.messages:
        journey = scrolling.measure(visitor().new_page(), f"{origin}/rooms/{slug}/")
    return Figures(loads, journey)


def subjects(room: str, tutorial_room: str) -> list[Subject]:
    ours = "document.querySelector('[data-log] > article:last-child')?.matches('[data-seq]:not([data-state])') && "
    ours += "document.querySelector('[data-log] > article:last-child').textContent.includes('benchmark')"
    theirs = "document.querySelector('#chat-log').value.includes('benchmark')"
    return [
        Subject("room", room, "[data-log] > article", "[data-composer] [data-text]", ours),
        Subject("tutorial", tutorial_room, ".no-history", "#chat-message-input", theirs),
    ]


def fill(site: RunningSite, messages: int) -> str:
    """A conversation of so many messages in one room that everybody sees; its address."""
    run = ["demo", "--force", "--verbosity", "0", "--rooms", "1", "--messages", str(messages)]
    subprocess.run([sys.executable, "manage.py", *run], cwd=BASE_DIR, env=site.environment, check=True)
    script = "from chat.models import RoomHead as H; print(H.objects.order_by('-seq').first().room.slug)"
    shell = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", script]
    shown = subprocess.run(shell, cwd=BASE_DIR, env=site.environment, check=True, stdout=subprocess.PIPE, text=True)
    return shown.stdout.strip()


def table(figures: Figures) -> str:
    lines = [f"{'':<16} requests      KiB   script KiB   loaded   first message   own message confirmed"]
    for name, loads in figures.loads.items():
        it = loading.typical(loads)
        first = "none" if it.first_message_ms is None else f"{it.first_message_ms:.0f} ms"
        lines.append(
            f"{name:<16} {it.requests:>8} {it.bytes / KIB:>8.1f} {it.script_bytes / KIB:>12.1f}"
            f" {it.loaded_ms:>5.0f} ms {first:>15} {it.own_message_ms:>20.0f} ms"
        )
    return "\n".join([*lines, *(journey_lines(figures.journey) if figures.journey else [])])


def journey_lines(journey: Journey) -> list[str]:
    return [
        f"scrolling        {journey.messages:,} messages in {journey.seconds:.0f} s",
        f"document         {journey.nodes:,} elements at most, {journey.articles:,} messages among them",
        f"long tasks       {journey.long_tasks} over 50 ms, the longest {journey.longest_task_ms:.0f} ms",
        f"frames           p50 {journey.frame_ms_p50:.0f} ms · p99 {journey.frame_ms_p99:.0f} ms",
        f"heap             {journey.heap_before_bytes / MIB:.1f} MiB, then {journey.heap_after_bytes / MIB:.1f}",
    ]


if __name__ == "__main__":
    sys.exit(main())
