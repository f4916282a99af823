"""The parsing of pasted addresses."""

import pytest

from chat.terminal.address import Address
from chat.terminal.exit_codes import Exit, ExitError
from tests.cases import each

GOOD = [
    ("http://127.0.0.1:8000", "http://127.0.0.1:8000", None),
    ("http://127.0.0.1:8000/", "http://127.0.0.1:8000", None),
    ("127.0.0.1:8000", "http://127.0.0.1:8000", None),
    ("localhost:8000/rooms/ops/", "http://localhost:8000", "ops"),
    ("[::1]:8000", "http://[::1]:8000", None),
    ("chat.example.org", "https://chat.example.org", None),
    ("HTTPS://Chat.Example.org:443/rooms/ops", "https://chat.example.org", "ops"),
    ("http://chat.example.org:80", "http://chat.example.org", None),
    ("wss://chat.example.org/ws/chat/%C3%BCber/?after=1", "https://chat.example.org", "über"),
    ("ws://localhost:8000/ws/chat/ops/", "http://localhost:8000", "ops"),
    ("https://chat.example.org/rooms/ops/?page=2#message-7", "https://chat.example.org", "ops"),
    ("https://bücher.example", "https://bücher.example", None),
]
BAD = [
    "",
    "ftp://chat.example.org",
    "http://",
    "http://:8000",
    "http://ada:secret@chat.example.org",
    "http://chat.example.org:port",
    "http://chat.example.org:0",
    "http://chat.example.org:99999",
    "[::1",
    "http://[::1",
    "http://[nowhere]/",
    "http://two words/",
    "http://a..b/",
    "http://" + "x" * 300,
    "http://chat.example.org\\evil",
    "http://%65vil.example",
    "http://\udcff",
    "https://chat.example.org/rooms/",
    "https://chat.example.org/rooms/ops/more/",
    "https://chat.example.org/admin/",
]


@each(("text", "origin", "room"), GOOD)
def test_an_address_is_that_of_a_site_or_of_a_room(text, origin, room):
    assert Address.parse(text) == Address(origin, room)


@each("text", BAD)
def test_other_text_is_no_address(text):
    with pytest.raises(ExitError) as failure:
        Address.parse(text)
    assert failure.value.code == Exit.USAGE


@each(
    ("text", "is_loopback"),
    [("http://127.9.9.9", True), ("http://[::1]:1", True), ("http://chat.localhost", True), ("http://10.0.0.1", False)],
)
def test_addresses_of_this_computer_are_recognised(text, is_loopback):
    assert Address.parse(text).is_loopback is is_loopback


def test_request_urls_escape_any_typed_text():
    address = Address.parse("https://chat.example.org:8443")
    assert (
        address.socket("a/b?c#\udcff", after="e.1:2")
        == "wss://chat.example.org:8443/ws/chat/a%2Fb%3Fc%23%3F/?after=e.1%3A2"
    )
    assert address.http("/api/", limit=2) == "https://chat.example.org:8443/api/?limit=2"
