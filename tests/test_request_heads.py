"""Malformed request heads: both servers answer 400. They accept an absolute target."""

import pytest

from chatsite.server import daphne, requests
from tests.connections import DaphneConnection, UvicornConnection


class Note:
    """An application that notes the scopes of requests and the size of their bodies."""

    def __init__(self):
        self.scopes, self.read = [], 0

    async def __call__(self, scope, receive, send):
        self.scopes.append(scope)
        while (event := await receive())["type"] == "http.request":
            self.read += len(event["body"])
            if not event["more_body"]:
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
                await send({"type": "http.response.body"})
                return

    @property
    def hosts(self):
        return [value for scope in self.scopes for name, value in scope["headers"] if name == b"host"]


@pytest.fixture(params=[UvicornConnection, DaphneConnection])
async def connected(request):
    """A site and a connection to it."""
    daphne.patch()
    site = Note()
    connection = request.param(site)
    yield site, connection
    connection.ends()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\n", 400),
        (b"GET / HTTP/1.0\r\n", 200),
        (b"GET / HTTP/1.1\r\nHost: chat.example\r\n", 200),
        (b"GET / HTTP/1.1\r\nHost:   chat.example:8000 \t\r\n", 200),
        (b"GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n", 200),
        (b"GET / HTTP/1.1\r\nhost: a\r\nHost: a\r\n", 400),
        (b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost:\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a/b\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: user@a\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a:b\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a, b\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: [::1\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: caf\xe9\r\n", 400),
    ],
    ids=str,
)
async def test_a_request_has_one_valid_host(connected, head, status):
    site, connection = connected
    answer = await connection.hears(head + b"\r\n")
    assert int(answer.split()[1]) == status
    assert (len(site.scopes) == 1) == (status == 200)
    if status == 400:
        assert answer.endswith(b"\r\n\r\nYour request needs exactly one Host header with a valid name.")
        assert connection.has_ended


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"http://chat.example/caf%C3%A9/?a=b", "/café/", b"a=b"),
        (b"HTTPS://chat.example/a", "/a", b""),
        (b"http://chat.example", "/", b""),
        (b"http://chat.example?a", "/", b"a"),
    ],
)
async def test_absolute_target_sets_path_and_host(connected, target, path, query):
    site, connection = connected
    answer = await connection.hears(b"GET %b HTTP/1.1\r\nHost: other.example\r\nA: b\r\n\r\n" % target)
    [scope] = site.scopes
    assert answer.startswith(b"HTTP/1.1 200")
    assert (scope["path"], scope["query_string"], site.hosts) == (path, query, [b"chat.example"])
    assert (b"a", b"b") in scope["headers"]


@pytest.mark.parametrize("target", [b"ftp://chat.example/", b"http:///a", b"http://me@chat.example/", b"http://a b/"])
async def test_other_targets_are_refused(connected, target):
    site, connection = connected
    answer = await connection.hears(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % target)
    assert (answer.split()[1], site.scopes) == (b"400", [])


async def test_a_refused_request_waits_for_earlier_answers_and_ends_the_connection(connected):
    site, connection = connected
    good, bad = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"
    answers = await connection.hears(good + bad + good)
    assert [line.split()[1] for line in answers.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")] == [b"200", b"400"]
    assert (len(site.scopes), connection.has_ended) == (1, True)
    assert await connection.hears(good) == b""


# ---- Bodies

LIMIT = requests.BODY_BYTES
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n" + bytes(65536) + b"\r\n"


async def test_a_body_of_a_mebibyte_is_taken(connected):
    site, connection = connected
    await connection.hears(POST % LIMIT)
    for _ in range(LIMIT // 65536):
        answer = await connection.hears(bytes(65536))
    assert (answer.split()[1], site.read) == (b"200", LIMIT)
    assert (await connection.hears(POST % 3 + b"abc")).split()[1] == b"200", "the connection is kept"
    await connection.hears(CHUNKED)
    for _ in range(LIMIT // 65536):
        await connection.hears(CHUNK)
    assert (await connection.hears(b"0\r\n\r\n")).split()[1] == b"200"


async def test_larger_body_is_refused_at_its_head(connected):
    site, connection = connected
    answer = await connection.hears(POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n") % (LIMIT + 1))
    assert answer.split()[1] == b"413", "and not 100"
    assert b"connection: close" in answer
    assert answer.endswith(b"Your request is larger than 1 MiB. Send less at a time.")
    assert (site.read, connection.has_ended, connection.is_aborted) == (0, True, False)


async def test_body_of_unknown_length_is_refused_at_the_limit(connected):
    site, connection = connected
    answer = await connection.hears(CHUNKED)
    for _ in range(LIMIT // 65536):
        answer += await connection.hears(CHUNK)
    assert answer == b""
    assert (await connection.hears(CHUNK)).split()[1] == b"413"
    assert await connection.hears(CHUNK + b"0\r\n\r\n") == b""
    assert site.read <= LIMIT
    assert (connection.has_ended, connection.is_aborted) == (True, False)


async def test_rest_of_a_refused_body_is_dropped_and_a_flood_aborts_the_connection(connected, monkeypatch):
    monkeypatch.setattr(requests, "LINGER_BYTES", 100_000)
    site, connection = connected
    await connection.hears(POST % (LIMIT + 1))
    assert await connection.hears(bytes(65536)) == b""
    assert not connection.is_aborted
    await connection.hears(bytes(65536))
    assert connection.is_aborted
    assert site.read == 0


@pytest.fixture
async def uvicorn():
    """A site and a connection to it by uvicorn."""
    connection = UvicornConnection(site := Note())
    yield site, connection
    connection.ends()


@pytest.mark.parametrize(("headers", "status"), [(99, b"200"), (100, b"431")])
async def test_a_head_has_at_most_a_hundred_headers(uvicorn, headers, status):
    site, connection = uvicorn
    answer = await connection.hears(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a:\r\n" * headers + b"\r\n")
    assert (answer.split()[1], len(site.scopes)) == (status, int(status == b"200"))


@pytest.mark.parametrize("piece", [b"a" * 1000, b"a: " + b"b" * 1000 + b"\r\n"], ids=["one line", "many lines"])
async def test_a_head_without_an_end_is_refused_at_its_limit(uvicorn, piece):
    site, connection = uvicorn
    answer = b"".join([await connection.hears(it) for it in [b"GET / HTTP/1.1\r\n", *[piece] * 17]])
    assert (answer.split()[1], site.scopes, connection.has_ended) == (b"431", [], True)
    assert not connection.wire.is_over  # what follows is read, so that the answer arrives


async def test_a_large_head_behind_an_unanswered_request_ends_the_connection(uvicorn):
    _, connection = uvicorn
    await connection.hears(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na")
    connection.protocol.data_received(b"bGET / HTTP/1.1\r\n" + b"a:\r\n" * 200)
    assert connection.is_aborted


async def test_chunks_of_a_byte_are_refused_long_before_their_body_is_too_large(uvicorn):
    site, connection = uvicorn
    await connection.hears(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    answer = b"".join([await connection.hears(b"1\r\na\r\n" * 1000) for _ in range(14)])
    assert answer.split()[1] == b"413"
    assert site.read < 15_000


async def test_a_long_content_type_is_refused_before_django_parses_it(connected):
    site, connection = connected
    answer = await connection.hears(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Type: x/y" + b';"' * 300 + b"\r\n\r\n")
    assert (answer.split()[1], site.scopes) == (b"400", [])
