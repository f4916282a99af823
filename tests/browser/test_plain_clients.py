"""A conversation between a plain WebSocket tool and a browser."""

import secrets

from playwright.sync_api import expect
from websockets.sync.client import ClientConnection, connect

from tests.browser.conftest import Visit, write
from tests.site import PATIENCE_SECONDS, Site


def line_of(socket: ClientConnection, end: str) -> str:
    while True:
        line = socket.recv(PATIENCE_SECONDS)
        assert isinstance(line, str)
        if line.endswith(end):
            return line


def test_plain_client_and_page_exchange_messages(visit: Visit, room: str, site: Site) -> None:
    ada = visit("Ada", room)
    name = f"bo-{secrets.token_hex(6)}"
    address = f"ws://127.0.0.1:{site.port}/ws/chat/{room.split('/')[2]}/?name={name}"
    with connect(address) as bo:
        expect(ada.get_by_role("complementary").get_by_role("listitem").filter(has_text=name)).to_have_count(1)
        bo.send("<b>hello</b> **page**")
        expect(ada.get_by_role("article")).to_contain_text("<b>hello</b> page")
        expect(ada.get_by_role("article").locator("[data-body] strong")).to_have_text("page")
        write(ada, "hello tool")
        assert line_of(bo, ": hello tool")[5:].startswith(" Ada ")
    expect(ada.get_by_role("article")).to_have_count(2)
    stored = [body for *_, body in site.stored(room.split("/")[2])]
    assert stored == ["<b>hello</b> **page**", "hello tool"]
