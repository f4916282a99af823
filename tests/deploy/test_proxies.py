"""The site behind the shipped nginx and Caddy: https and wss work, and no client can forge its address."""

import asyncio
import http.client
import json
import os
import re
import shutil
import signal
import uuid
from urllib.parse import urlencode

import pytest
from playwright.async_api import Error, async_playwright, expect
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from deploy.rolling_restart import one_after_another
from tests.browser.conftest import CHROMIUMS
from tests.deploy.conftest import PASSWORD
from tests.deploy.proxies import HOST, ClientBehind
from tests.processes.client import everybody_holds
from tests.processes.servers import cannot_run
from tests.site import wait_until

JOIN = "/api/join/"

# The tests that share a proxy run in one process.
pytestmark = pytest.mark.xdist_group("proxies")


@pytest.fixture
async def browser():
    """Run a browser that resolves the host name to this machine and accepts the certificate."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    arguments = ["--disable-background-networking", f"--host-resolver-rules=MAP {HOST} 127.0.0.1"]
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(executable_path=found, args=arguments)
        except Error:
            cannot_run("Chromium")
        yield await browser.new_context(ignore_https_errors=True)
        await browser.close()


@pytest.mark.parametrize("proxy", ["nginx"], indirect=True)
async def test_a_person_signs_in_and_posts_in_a_browser(proxy, browser):
    page, sockets, problems = await browser.new_page(), [], []
    page.on("websocket", lambda wire: sockets.append(wire.url))
    browser.on("weberror", lambda error: problems.append(str(error.error)))
    await page.goto(f"{proxy.url}/accounts/login/?next=/rooms/lobby/")
    await page.get_by_label("Name").fill("ada")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/rooms/lobby/")
    reader = await ClientBehind(proxy, "reader").follow(proxy.port)
    await page.get_by_label("Message #").fill("by wss")
    await page.keyboard.press("Enter")
    await reader.until(lambda: [row[2] for row in reader.rows.values()][-1:] == ["by wss"])
    await reader.post("and back")
    await expect(page.get_by_role("log")).to_contain_text("and back", timeout=60_000)
    await reader.leave()
    assert [url.split("?")[0] for url in sockets] == [f"wss://{HOST}:{proxy.port}/ws/chat/lobby/"]
    cookies = {cookie["name"]: cookie["secure"] for cookie in await browser.cookies()}
    assert cookies == {"sessionid": True, "csrftoken": True, "known": True}
    assert problems == []


def test_the_log_of_a_proxy_has_no_codes_of_invitations_and_password_resets(proxy):
    referrer = f"https://{HOST}/invite/1-c6fpf1.mac/"
    secret = (
        "/invite/1-c6fpf1.mac/",
        "/accounts/reset/MTI/c6fpf1/",
        "/accounts/verify/1-c6fpf1.x/",
        "/mail/stop/1-c6fpf1.x/",
        "/api/hooks/c6fpf1/",
    )
    for path in (*secret, "/accounts/login/?of=this"):
        proxy.call(path, Referer=referrer)
    wait_until(lambda: "/accounts/login/?of=this" in proxy.log.read_text(), "the log of the proxy")
    log = proxy.log.read_text()
    assert ("/invite/..." in log, "c6fpf1" in log) == (True, False)


async def test_a_person_signs_in_over_https_and_gets_a_socket_with_the_cookies(proxy):
    _, headers, page = proxy.call("/accounts/login/")
    assert int(re.search(r"max-age=(\d+)", headers["Strict-Transport-Security"])[1]) >= 31536000
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)[1].decode()
    form = urlencode({"csrfmiddlewaretoken": token, "username": "ada", "password": PASSWORD})
    theirs = {"Cookie": cookie_header(headers), "Content_Type": "application/x-www-form-urlencoded"}
    assert proxy.call("/accounts/login/", form, Origin="https://evil.example", **theirs)[0] == 403
    status, headers, _ = proxy.call("/accounts/login/", form, Origin=proxy.url, **theirs)
    assert status == 302
    set_now = headers.get_all("Set-Cookie")
    assert {cookie.split("=")[0] for cookie in set_now} == {"sessionid", "csrftoken", "known"}
    assert all("; Secure" in cookie for cookie in set_now)
    address, cookie = f"wss://{HOST}:{proxy.port}/ws/chat/lobby/", {"Cookie": cookie_header(headers)}
    async with connect(
        address, origin=proxy.url, subprotocols=["chat.v1"], additional_headers=cookie, **proxy.way
    ) as wire:
        assert json.loads(await wire.recv())["type"] == "hello"


def cookie_header(headers):
    """Return what a browser sends back after an answer with these headers."""
    return "; ".join(cookie.split(";")[0] for cookie in headers.get_all("Set-Cookie"))


NEW_FILE = """
from datetime import timedelta
from django.utils import timezone
from chat.actions.accounts import issue_token
from chat.files import storage
from chat.models import File, Person
ada, later = Person.objects.get(name="ada"), timezone.now() + timedelta(days=1)
file = File(owner=ada, name="a map.html", size=256_000, sha256="5" * 64, state="ready", expires_at=later)
file.path = storage.save(storage.object_name(file.key, "file"), bytes(range(256)) * 1000)
file.save()
print(file.key, file.path, issue_token(ada))
"""


def test_a_proxy_sends_the_files_that_the_site_allows(proxy):
    key, path, token = proxy.site.shell(NEW_FILE).split()
    address, content, ada = f"/files/{key}/a%20map.html", bytes(range(256)) * 1000, f"Bearer {token}"
    for asked in (address, f"/protected-files/{path}", f"/protected-files/{path}?x"):
        assert proxy.call(asked)[0] == 404
    assert proxy.call(f"/protected-files/{path}", Authorization=ada)[0] == 404
    status, headers, body = proxy.call(address, Authorization=ada)
    assert (status, body, headers["Content-Length"]) == (200, content, "256000")
    expected = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": 'attachment; filename="a map.html"',
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
    }
    assert {name: headers.get_all(name) for name in expected} == {name: [value] for name, value in expected.items()}
    assert headers["X-Accel-Redirect"] is None
    part = {"Range": "bytes=1000-1099", "If_Range": headers["ETag"]}
    status, others, body = proxy.call(address, Authorization=ada, **part)
    assert (status, body, others["Content-Range"]) == (206, content[1000:1100], "bytes 1000-1099/256000")
    assert proxy.call(address, Authorization=ada, If_None_Match=headers["ETag"])[0] == 304


async def test_a_page_of_another_origin_gets_no_socket(proxy):
    """Nor one of the same name over http, or on another port."""
    headers = {"Authorization": f"Bearer {proxy.guest('bob')}"}
    address = f"wss://{HOST}:{proxy.port}/ws/chat/lobby/"
    options = {"subprotocols": ["chat.v1"], "additional_headers": headers, **proxy.way}
    async with connect(address, origin=proxy.url, **options) as wire:
        assert json.loads(await wire.recv())["type"] == "hello"
    for origin in ("https://evil.example", f"http://{HOST}", f"https://{HOST}", "null"):
        async with connect(address, origin=origin, **options) as wire:
            assert json.loads(await wire.recv())["code"] == "forbidden"
            with pytest.raises(ConnectionClosed):
                await wire.recv()
            assert wire.close_code == 4403


async def test_newcomers_are_counted_by_their_own_address(site, behind):
    """The X-Forwarded-For of a client changes nothing. The worker is Daphne, which serves a socket, too."""
    site.environment["CHAT_GUESTS_PER_MINUTE"] = "1"
    with behind(site.start("daphne")) as proxy:
        assert proxy.call(JOIN, {"name": "ada"}, source="127.0.0.2")[0] == 200
        for lie in (
            {},
            {"X_Forwarded_For": "192.0.2.1"},
            {"X_Forwarded_For": "127.0.0.1"},
            {"Forwarded": "for=192.0.2.1"},
        ):
            assert proxy.call(JOIN, {"name": "bob"}, source="127.0.0.2", **lie)[0] == 429, lie
        assert proxy.call(JOIN, {"name": "cyd"}, source="127.0.0.3")[0] == 200
        client = await ClientBehind(proxy, "dan").follow(proxy.port)
        await client.post("by wss")
        await client.leave()


def test_forwarded_headers_are_trusted_only_from_the_proxy(site):
    """A client that reaches a worker past the proxy cannot claim https or another address."""
    site.environment |= {"TRUSTED_PROXIES": "127.0.0.9", "ALLOWED_HOSTS": "127.0.0.1", "SITE_URL": ""}
    for server in ("uvicorn", "daphne"):
        line = http.client.HTTPConnection("127.0.0.1", site.start(server))
        line.request("GET", "/", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"})
        answer = line.getresponse()
        assert (answer.status, answer.headers["Location"].split(":")[0]) == (301, "https")
        line.close()


def test_internal_endpoints_are_not_visible_from_outside(proxy):
    assert [proxy.call(path)[0] for path in ("/healthz", "/readyz", "/metrics")] == [404] * 3
    assert proxy.call("/accounts/login/")[0] == 200


def test_a_request_that_is_too_large_stops_at_the_proxy(proxy):
    # Earlier releases of Caddy call it an error of the worker's.
    assert proxy.call(JOIN, {"name": "x" * 2_000_000})[0] in (413, 502)


def test_text_is_compressed_on_its_way(proxy):
    assert proxy.call("/accounts/login/", Accept_Encoding="gzip")[1]["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("proxy", ["nginx"], indirect=True)
def test_plain_http_is_sent_to_https(proxy):
    line = http.client.HTTPConnection("127.0.0.1", proxy.plain)
    line.request("GET", "/rooms/lobby/?a=b", headers={"Host": HOST})
    answer = line.getresponse()
    assert (answer.status, answer.headers["Location"]) == (308, f"https://{HOST}/rooms/lobby/?a=b")
    line.close()


class Program:
    """A program that posts over the API, through the proxy. It repeats a post with the same client id if the site does
    not answer."""

    def __init__(self, proxy):
        self._proxy, self._token, self.repeated = proxy, proxy.guest("program"), 0

    async def post(self, body):
        fields = {"client_id": str(uuid.uuid4()), "body": body}
        while (status := await asyncio.to_thread(self._post, fields)) in (502, 503):
            self.repeated += 1
        assert status in (200, 201)
        return fields["client_id"]

    def _post(self, fields):
        return self._proxy.call("/api/rooms/lobby/messages/", fields, Authorization=f"Bearer {self._token}")[0]


async def post_until(over, person):
    acknowledged = []
    while not over.is_set():
        acknowledged.append(await person.post("still here"))
    return acknowledged


async def test_rolling_restart_behind_the_proxy_loses_nothing(proxy):
    site, before, over = proxy.site, len(proxy.site.stored()), asyncio.Event()

    def restart(port):
        assert site.kill(port, signal.SIGTERM) == 0
        site.start(port=port)

    clients = [ClientBehind(proxy, name) for name in "abcd"]
    await asyncio.gather(*(client.follow(proxy.port) for client in clients))
    program = Program(proxy)
    busy = [asyncio.create_task(post_until(over, person)) for person in [*clients, program]]
    await asyncio.to_thread(one_after_another, proxy.workers, restart)
    over.set()
    acknowledged = [client_id for each in await asyncio.gather(*busy) for client_id in each]
    stored = await everybody_holds(clients, site)
    assert sorted(client_id for _, _, client_id, _ in stored[before:]) == sorted(acknowledged)
    assert {code for client in clients for code in client.closes} == {4412}
    assert program.repeated == 0 or not proxy.tries_posts_again
    await asyncio.gather(*(client.leave() for client in clients))
