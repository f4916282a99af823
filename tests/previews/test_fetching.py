"""Requests for previews: redirects, limits, and turns for each host."""

import pytest

from chat.outbound import Forbidden, NoAnswer
from chat.previews import fetching
from chat.previews.fetching import HostTurns
from tests.cases import each
from tests.push.network import PUBLIC
from tests.push.test_outbound import PRIVATE, PRIVATE_IPV6

pytestmark = pytest.mark.django_db
URL = "https://www.example.org/map"
INSIDE = [
    *(f"http://{address}/" for address in PRIVATE), *(f"https://[{address}]/" for address in PRIVATE_IPV6),
    "http://localhost/", "https://inside.example.org/", "gopher://www.example.org/", "file:///etc/passwd",
    "https://www.example.org:22/", "http://www.example.org:443/", "https://user:x@www.example.org/",
    "javascript:alert(1)", "//127.0.0.1/", "https://www.example.org@127.0.0.1/", "https://[::ffff:10.0.0.1]/", "http://2130706433/",
]  # fmt: skip


def page(text=b"<title>Map</title>", kind=b"text/html", status=b"200 OK", *headers):
    lines = [b"HTTP/1.1 " + status, b"Content-Type: " + kind, b"Content-Length: %d" % len(text), *headers, b"", text]
    return b"\r\n".join(lines)


def redirect(place, status=b"302 Found"):
    return page(b"", b"text/html", status, b"Location: " + place.encode())


def test_a_page_is_read_by_both_schemes_without_cookies(network):
    network.answer = lambda asked: page(b"<title>Map</title>", b"text/html", b"200 OK", b"Set-Cookie: a=b")
    for url in (URL, "http://www.example.org/map", URL):
        assert fetching.page(url).title == "Map"
    assert not any("cookie" in asked.headers for asked in network.asked)
    assert {*network.connected} == {PUBLIC}


@each("place", INSIDE)
def test_a_redirect_inward_is_not_followed(network, place):
    network.names |= {"localhost": iter(["127.0.0.1"]), "inside.example.org": iter(["192.168.0.1"])}
    network.asked.clear()
    network.connected.clear()
    network.answer = lambda asked: redirect(place)
    with pytest.raises((Forbidden, NoAnswer)):
        fetching.page(URL)
    assert len(network.asked) == 1
    assert {*network.connected} <= {PUBLIC}


def test_three_redirects_are_followed_and_no_more(network):
    network.answer = lambda asked: (
        page() if asked.line.startswith("GET /3 ") else redirect(f"/{int(asked.line[5]) + 1}")
    )
    assert fetching.page("https://www.example.org/0").title == "Map"
    network.asked.clear()
    fetching.turns = HostTurns()
    network.answer = lambda asked: redirect("/again")
    assert fetching.page(URL) is None
    assert len(network.asked) == 4


@each(
    "answer",
    [
        page(status=b"404 Not Found"),
        page(status=b"500 x"),
        page(kind=b"application/pdf"),
        page(kind=b"text/plain"),
        page(b"<p>no title</p>"),
        page(b""),
    ],
)
def test_what_is_no_page_with_a_title_gives_no_preview(network, answer):
    network.answer = lambda asked: answer
    assert fetching.page(URL) is None


def test_a_picture_has_a_type_and_a_size(network):
    network.answer = lambda asked: page(b"bytes", b"image/png")
    assert fetching.picture(URL) == b"bytes"
    network.answer = lambda asked: page(b"<svg/>", b"image/svg+xml")
    assert fetching.picture(URL) is None
    network.answer = lambda asked: page(b"x" * (fetching.MOST_BYTES + 1), b"image/png")
    with pytest.raises(NoAnswer, match="more than"):
        fetching.picture(URL)


def test_a_host_is_asked_once_a_second():
    now = 100.0
    turns = HostTurns(lambda: now)
    waits = [
        turns.take(url, 2.5) for url in (URL, URL + "/a", "http://www.example.org/b", URL, "https://b.example.org")
    ]
    assert waits == [0.0, 1.0, 2.0, None, 0.0]
    now = 103.0
    assert turns.take(URL, 0) == 0.0


def test_turns_of_many_hosts_are_forgotten():
    now = 100.0
    turns = HostTurns(lambda: now)
    for number in range(fetching.MAX_HOSTS):
        turns.take(f"https://{number}.org", 0)
    now = 102.0
    turns.take(URL, 0)
    assert len(turns._next) == 1


def test_a_redirect_waits_for_the_turn_of_its_host(network, monkeypatch):
    slept = []
    monkeypatch.setattr(fetching, "sleep", slept.append)
    fetching.turns.take(URL, 0)
    network.answer = lambda asked: page() if asked.line.startswith("GET /there") else redirect("/there")
    assert fetching.page(URL).title == "Map"
    assert 0 < slept[0] <= 1
    monkeypatch.setattr(fetching.turns, "take", lambda url, most: None)
    with pytest.raises(NoAnswer):
        fetching.page(URL)
