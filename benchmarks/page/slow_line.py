"""`python -m benchmarks.page.slow_line`: the first visit to a room on a slow line, straight and behind Caddy.

The line has 100 ms of latency and 1.6 Mbit/s in each direction, as Chromium emulates it for each request.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.page.__main__ import KIB, chromium, fill
from benchmarks.page.loading import Line
from benchmarks.peers.peer import up
from benchmarks.peers.site import Shape, starting
from benchmarks.server import UNLIMITED, free_port, make_people

LATENCY_MS = 100
BYTES_PER_SECOND = 1.6e6 / 8
LINE = {
    "offline": False,
    "latency": LATENCY_MS,
    "downloadThroughput": BYTES_PER_SECOND,
    "uploadThroughput": BYTES_PER_SECOND,
}
# When each of these first stood in the document: a message that the modules have worked on (the page then sends what is
# typed), and a person who is online, whom the socket tells.
MOMENTS = {"type": "article time[title]", "live": "[data-people] li"}
WATCH = """(moments) => {
  window.seen = {};
  const look = () => {
    for (const [name, selector] of Object.entries(moments)) {
      if (!(name in window.seen) && document.querySelector(selector)) {
        window.seen[name] = performance.now();
      }
    }
  };
  new MutationObserver(look).observe(document, { attributes: true, childList: true, subtree: true });
}"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page.slow_line", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="first visits of each")
    options = parser.parse_args()
    proxy_port = free_port()
    environment = {
        **UNLIMITED,
        "ALLOWED_HOSTS": f"127.0.0.1,localhost:{proxy_port}",
        "TRUSTED_PROXIES": "127.0.0.1",
    }
    with (
        sync_playwright() as playwright,
        up(starting(Shape(environment=environment)), pinned=False) as site,
        caddy(proxy_port, site.ports[0]),
    ):
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        slug = fill(site, 200)
        [cookie] = make_people(site.environment, 1, "sessions")
        print(f"{'':<22} requests      KiB      read      type      live")
        for name, origin in (
            ("HTTP/1.1, uvicorn", f"http://127.0.0.1:{site.ports[0]}"),
            ("HTTP/2, Caddy", f"https://localhost:{proxy_port}"),
        ):
            visits = [visit(browser, origin, f"/rooms/{slug}/", cookie) for _ in range(options.runs)]
            middle = {key: statistics.median(it[key] for it in visits) for key in visits[0]}
            times = "".join(f"{middle[key]:>7.0f} ms" for key in ("read", *MOMENTS))
            print(f"{name:<22} {middle['requests']:>8.0f} {middle['bytes'] / KIB:>8.1f}{times}")
        browser.close()
    return 0


def visit(browser: Browser, origin: str, path: str, cookie: str) -> Mapping[str, float]:
    """Return the figures of one visit with an empty cache: requests, bytes, and milliseconds until each moment.

    `read` is the first paint with content, for which the browser waits for the style sheets.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 800}, ignore_https_errors=True)
    name, _, value = cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": origin}])
    page = context.new_page()
    page.add_init_script(f"({WATCH})({MOMENTS!r})")
    line = Line(page)
    context.new_cdp_session(page).send("Network.emulateNetworkConditions", LINE)
    page.goto(origin + path, wait_until="networkidle", timeout=60_000)
    page.locator(MOMENTS["live"]).first.wait_for(timeout=60_000)
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    figures = {"requests": line.requests, "bytes": line.bytes(), "read": painted, **page.evaluate("window.seen")}
    context.close()
    return figures


@contextmanager
def caddy(port: int, upstream: int) -> Iterator[None]:
    """Run Caddy in front of a server, with a certificate of its own."""
    program = shutil.which("caddy")
    if program is None:
        sys.exit("Caddy is not installed.")
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "Caddyfile")
        config.write_text(
            "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n"
            f"https://localhost:{port} {{\n\ttls internal\n\tencode gzip\n\treverse_proxy 127.0.0.1:{upstream}\n}}\n"
        )
        homes = {**os.environ, "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder, "HOME": folder}
        command = [program, "run", "--config", str(config)]
        process = subprocess.Popen(command, env=homes, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
