"""The guard of outgoing requests: to which addresses it connects, and how long and how much it reads."""

import gzip
import ipaddress
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chat import outbound
from chat.outbound import Forbidden, NoAnswer, RequestLimits
from tests.cases import each
from tests.push import network as networks
from tests.push.network import PUBLIC

# A request gives the database connection of the thread back.
pytestmark = pytest.mark.django_db

URL = "https://push.example.org/send/secret-endpoint"
# Addresses that are not public, one or two of each kind.
PRIVATE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.254", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.8.9.10",
    "169.254.169.254", "172.16.0.1", "172.31.255.254", "192.0.0.8", "192.0.0.170", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255",
]  # fmt: skip
PRIVATE_IPV6 = [
    "::", "::1", "::2", "64:ff9b:1::1", "100::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:20::1",
    "2001:db8::1", "2002:c0a8:101::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456:789a::1", "fe80::1", "fec0::1",
    "ff02::1", "ff0e::1", "4000::1",
]  # fmt: skip


def notations(address):
    """Yield an IPv4 address as it can be written in a URL."""
    number = int(ipaddress.ip_address(address))
    first, *rest = parts = address.split(".")
    yield from (address, str(number), hex(number), f"0{number:o}")
    yield ".".join(hex(int(part)) for part in parts)
    yield ".".join(f"0{int(part):o}" for part in parts)
    yield f"{first}.{int.from_bytes(bytes(map(int, rest)), 'big')}"
    yield address.replace(".", "。")
    yield from (f"[::ffff:{address}]", f"[::{address}]", f"[64:ff9b::{address}]", f"[::ffff:0:{address}]")
    yield f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]"
    yield f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]"


HOSTILE = [f"https://{host}/" for address in PRIVATE for host in notations(address)]
HOSTILE += [f"https://[{address}]/" for address in PRIVATE_IPV6]
HOSTILE += [
    "http://push.example.org/", "ftp://push.example.org/", "file:///etc/passwd", "gopher://push.example.org/",
    "unix:///tmp/socket", "javascript:alert(1)", "//push.example.org/", "push.example.org", "", "https://", "https:///x",
    "https://push.example.org:22/", "https://push.example.org:80/", "https://push.example.org:8443/",
    "https://push.example.org:99999/", "https://push.example.org:x/", "https://user:password@push.example.org/",
    "https://localhost/", "https://LOCALHOST/", "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "https://127.0.0.1%2f@example.org/",
    "https://example.org@127.0.0.1/", "https://example.org:443@127.0.0.1/", "https://127.0.0.1\\@example.org/",
    "https://127.0.0.1#@example.org/", "https://127.0.0.1?@example.org/", "https://[fe80::1%25eth0]/",
    "https://[::1]:443/", "https://exa mple.org/", "https://.example.org/", f"https://{'a' * 300}.example.org/",
]  # fmt: skip


# As the pages of link previews are read: HTTP as well, and no more than the beginning.
PAGE = RequestLimits(most_bytes=1000, seconds=0.2, media_types=("text/html",), may_cut=True, schemes=("https", "http"))


ALLOWED = {"http://push.example.org/", "http://push.example.org:80/"}


def test_there_are_many_hostile_endpoints():
    assert len(set(HOSTILE)) > 350


@each("url", HOSTILE)
def test_no_connection_is_opened_to_an_address_that_is_not_public(network, url):
    network.names["localhost"] = iter(["127.0.0.1"])
    network.connected.clear()
    for address in {url, url.replace("https://", "http://").replace(":443", ":80")} - ALLOWED:
        with pytest.raises((Forbidden, NoAnswer)):
            outbound.request("GET", address, limits=PAGE)
    with pytest.raises((Forbidden, NoAnswer)):
        outbound.request("POST", url, body=b"x")
    assert network.connected == []


@each("address", [*PRIVATE, *PRIVATE_IPV6])
def test_a_name_with_an_address_that_is_not_public_is_refused(network, address):
    network.connected.clear()
    for scheme in ("https", "http"):
        network.names["inside.example.org"] = iter([address])
        with pytest.raises(Forbidden):
            outbound.request("POST", f"{scheme}://inside.example.org/", limits=PAGE)
    assert network.connected == []


@each("address", [PUBLIC, "1.1.1.1", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "2a00:1450:4001:81b::200e"])
def test_the_connection_goes_to_the_address_that_was_checked(network, address):
    network.names["push.example.org"] = iter([address, "127.0.0.1"])  # a resolver that changes its answer
    network.connected.clear()
    answer = outbound.request("POST", URL, body=b"hello", headers={"TTL": "1"})
    assert (answer.status, network.connected) == (201, [address])
    asked = network.asked[-1]
    assert (asked.line, asked.body) == ("POST /send/secret-endpoint HTTP/1.1", b"hello")
    assert (asked.headers["host"], asked.headers["ttl"]) == ("push.example.org", "1")
    assert not asked.headers.keys() & {"cookie", "authorization"}


def test_a_request_of_another_thread_uses_the_connection_and_checks_the_address_again(network):
    network.names["push.example.org"] = iter([PUBLIC, PUBLIC, "10.0.0.1"])
    outbound.request("POST", URL)
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(outbound.request, "POST", URL).result().status == 201
    assert network.connected == [PUBLIC]
    with pytest.raises(Forbidden):
        outbound.request("POST", URL)


def answer_with(*lines, body=b""):
    return b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"", body])


@each("place", ["https://127.0.0.1/", "http://169.254.169.254/", "https://push.example.org/elsewhere"])
def test_a_redirect_is_not_followed_and_not_read_beyond_the_limit(network, place):
    head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {place}\r\nContent-Length: %d\r\n\r\n"
    network.answer = lambda asked: head.encode() % 2 + b"no"
    network.asked.clear()
    assert outbound.request("POST", URL).status == 307
    network.answer = lambda asked: first_then_forever(head.encode() % 2**40, b"x" * 2**16)
    with pytest.raises(NoAnswer, match="more than"):
        outbound.request("POST", URL)
    assert len(network.asked) == 2


def test_cookies_are_not_kept(network):
    network.answer = lambda asked: answer_with(b"Set-Cookie: a=b", b"Content-Length: 2", body=b"ok")
    assert outbound.request("GET", URL).body == b"ok"
    outbound.request("GET", URL)
    assert "cookie" not in network.asked[-1].headers


def test_proxies_and_passwords_of_the_environment_do_not_count(network, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine push.example.org login ada password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    outbound.request("POST", URL)
    assert "authorization" not in network.asked[-1].headers
    assert network.connected == [PUBLIC]


@each("scheme", ["https", "http"])
def test_a_page_is_read_up_to_its_limit_and_only_if_it_is_one(network, scheme):
    url = f"{scheme}://www.example.org/page"
    html = b"Content-Type: Text/HTML; charset=utf-8"
    network.names["www.example.org"] = iter([PUBLIC] * 3)
    network.answer = lambda asked: first_then_forever(answer_with(html, b"Content-Length: 10000000000"), b"x" * 2**16)
    assert outbound.request("GET", url, limits=PAGE).body == b"x" * 1000
    network.answer = lambda asked: first_then_forever(answer_with(b"Content-Type: video/mp4"), b"x" * 2**16)
    assert outbound.request("GET", url, limits=PAGE).body == b""
    network.answer = lambda asked: first_then_forever(answer_with(html, b"Content-Length: 100"), b"")
    with pytest.raises(NoAnswer):
        outbound.request("GET", url, limits=PAGE)
    assert {*network.connected} == {PUBLIC}


def test_http_is_for_pages_only_and_not_sent_to_a_proxy(network, settings):
    with pytest.raises(Forbidden):
        outbound.request("GET", "http://www.example.org/")
    settings.CHAT_OUTBOUND_PROXY = "http://proxy.example.org:443"
    with pytest.raises(Forbidden):
        outbound.request("GET", "http://www.example.org/", limits=PAGE)
    assert network.connected == []


def forever(piece):
    """Yield a piece again and again, slowly, until the client has gone."""
    pause = threading.Event()
    while not pause.wait(0.005):
        yield piece


def first_then_forever(first, piece):
    yield first
    yield from forever(piece)


@each("scheme", ["https", "http"])
@each(
    "answer",
    [
        lambda asked: forever(b"H"),
        lambda asked: first_then_forever(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
        lambda asked: first_then_forever(b"HTTP/1.1 100 Continue\r\n\r\n", b""),
        lambda asked: first_then_forever(answer_with(b"Content-Length: 1000000"), b"x"),
        lambda asked: first_then_forever(answer_with(b"Transfer-Encoding: chunked"), b"1\r\nx\r\n"),
    ],
)
def test_an_answer_that_drips_ends_at_the_deadline(network, answer, scheme):
    network.answer = answer
    with pytest.raises(NoAnswer) as refusal:
        outbound.request("GET", f"{scheme}://www.example.org/", limits=RequestLimits(seconds=0.2, schemes=[scheme]))
    assert refusal.value.__cause__ is None


@each("head", [b"Content-Length: 100001", b"Transfer-Encoding: chunked", b"Connection: close"])
def test_an_answer_that_is_too_large_is_refused(network, head):
    chunk = b"186a1\r\n" if head.startswith(b"Transfer") else b""
    network.answer = lambda asked: answer_with(head, body=chunk + b"x" * 100_001)
    with pytest.raises(NoAnswer, match="more than 65536 bytes"):
        outbound.request("POST", URL)


@each("encoding", [b"gzip", b"deflate", b"br", b"zstd", b"gzip, gzip"])
def test_a_compressed_answer_is_not_decoded(network, encoding):
    bomb = gzip.compress(b"\0" * 1_000_000)
    network.answer = lambda asked: answer_with(
        b"Content-Encoding: " + encoding, b"Content-Length: %d" % len(bomb), body=bomb
    )
    with pytest.raises(NoAnswer, match="compressed"):
        outbound.request("POST", URL)
    assert network.asked[-1].headers["accept-encoding"] == "identity"


@each("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 999999 x\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200])
def test_an_answer_that_is_none_is_an_error_without_the_url(network, answer):
    network.answer = lambda asked: [answer, *(() if answer else close())]
    with pytest.raises(NoAnswer) as refusal:
        outbound.request("POST", URL, limits=RequestLimits(seconds=0.2))
    assert "secret-endpoint" not in str(refusal.value)
    assert refusal.value.__suppress_context__


def close():
    raise OSError
    yield


def test_a_certificate_for_another_name_is_refused(network):
    with pytest.raises(NoAnswer):
        outbound.request("POST", "https://push.example.com/")
    assert network.asked == []


def test_a_certificate_that_signs_itself_is_refused(monkeypatch, tmp_path):
    for network in networks.opened(monkeypatch, tmp_path):
        with pytest.raises(NoAnswer):
            outbound.request("POST", URL)
        assert (network.connected, network.asked) == ([PUBLIC], [])


def test_a_proxy_is_asked_for_the_address_that_was_checked(network, settings):
    settings.CHAT_OUTBOUND_PROXY = "http://proxy.example.org:443"
    network.is_proxy = True
    network.names["push.example.org"] = iter([PUBLIC, "10.0.0.1"])
    assert outbound.request("POST", URL).status == 201
    assert network.connected == ["proxy.example.org"]
    assert [it.rpartition(" ")[0] for it in network.tunnels] == [f"CONNECT {PUBLIC}:443"]
    with pytest.raises(Forbidden):
        outbound.request("POST", URL)
    assert len(network.connected) == 1


def test_networks_of_the_operator_are_reached_with_any_port_and_nothing_else(network):
    own = RequestLimits(networks=[ipaddress.ip_network("10.1.0.0/16")])
    network.names = {"inside.local": itertools.repeat("10.1.2.3"), "outside.local": itertools.repeat("10.2.0.1")}
    assert outbound.request("POST", "http://inside.local:8080/hook", limits=own).status == 201
    assert outbound.request("POST", "https://push.example.org/hook", limits=own).status == 201
    for url in (
        "http://outside.local:8080/",
        "https://outside.local/",
        "http://push.example.org/",
        "https://push.example.org:8080/",
        "ftp://inside.local/",
        "http://user:password@inside.local/",
    ):
        with pytest.raises(Forbidden):
            outbound.request("POST", url, limits=own)
    with pytest.raises(Forbidden):
        outbound.request("POST", "http://inside.local:8080/hook")
    assert network.connected == ["10.1.2.3", PUBLIC]
