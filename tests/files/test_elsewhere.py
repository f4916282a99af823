"""Files from elsewhere: from another host of the site, or from a storage that signs addresses and streams parts."""

from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from asgiref.sync import sync_to_async
from channels.testing import HttpCommunicator
from django.conf import settings as site
from django.core.files.storage import storages
from django.test import Client

from chat import protocol
from chat.actions.accounts import issue_token
from chat.files import addresses, storage
from chat.middleware import security_headers
from chat.models import Token
from chatsite.asgi import application
from chatsite.server import files
from tests.cases import each
from tests.cast import ask, say
from tests.files.store import CONTENT, THUMB, address_of, stored
from tests.site import PATIENCE_SECONDS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ended")]
HOST, SITE, BUCKET = "https://files.example.org", "https://chat.example.org", "https://bucket.example"


@pytest.fixture
def file_host(settings):
    settings.CHAT_FILES_HOST, settings.SITE_URL = HOST, SITE


class Bucket:
    """A storage like that of S3: an open file fetches no byte before it is read, and its object streams parts."""

    def __init__(self):
        self.kept, self.ranges = storages["files"], []

    def url(self, name, parameters=None, expire=None):
        return f"{BUCKET}/{name}?expires={expire}&type={parameters.get('ResponseContentType', '')}"

    def open(self, name):
        def get(Range):
            self.ranges.append(Range)
            first, last = map(int, Range.removeprefix("bytes=").split("-"))
            part = self.kept.open(name)
            part.seek(first)
            return {
                "Body": SimpleNamespace(
                    read=lambda size: part.read(min(size, last + 1 - part.tell())), close=part.close
                )
            }

        return SimpleNamespace(size=self.kept.size(name), obj=SimpleNamespace(get=get), close=lambda: None)


@pytest.fixture
def bucket(monkeypatch):
    found = Bucket()
    monkeypatch.setattr(storage, "files", lambda: found)
    return found


async def get(address, **headers):
    """Return the status, the headers and the body. The host is that of the address."""
    url = urlsplit(address)
    given = {"host": url.netloc or "testserver"} | headers
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    wire = HttpCommunicator(application, "GET", address.removeprefix(f"{url.scheme}://{url.netloc}"), headers=raw)
    answer = await wire.get_response(timeout=PATIENCE_SECONDS)
    await wire.wait(PATIENCE_SECONDS)
    return answer["status"], {name.decode(): value.decode() for name, value in answer["headers"]}, answer["body"]


@sync_to_async
def by_token(person):
    return {"authorization": f"Bearer {issue_token(person)}"}


@sync_to_async
def by_session(person):
    browser = Client()
    browser.force_login(person)
    return {"cookie": f"{site.SESSION_COOKIE_NAME}={browser.cookies[site.SESSION_COOKIE_NAME].value}"}


async def redirected(path, credentials):
    status, headers, body = await get(path, **credentials)
    assert (status, headers["cache-control"], body) == (302, "no-store", b"")
    return headers["location"]


async def test_another_host_serves_a_file_to_whom_the_site_has_sent_there(file_host, alice, carol, ops):
    file = await sync_to_async(stored)(alice, "a map.png", thumb_width=7, thumb_height=5)
    await sync_to_async(say)(alice, ops, files=[file])
    path = address_of(file, "a%20map.png")
    by_carol = await by_token(carol)
    assert (await get(path, **by_carol))[0] == 404
    assert (await get(address_of(file, "thumb.webp"), **await by_token(alice)))[2] == THUMB
    address = await redirected(path, await by_session(alice))
    assert address.startswith(f"{HOST}{path}?t=")
    for asked, status, sent in ((None, 200, CONTENT), ("bytes=5-9", 206, CONTENT[5:10])):
        found, headers, body = await get(address, **({"range": asked} if asked else {}))
        assert (found, body, headers["cross-origin-resource-policy"]) == (status, sent, "cross-origin")
        assert headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert headers["content-disposition"].startswith("inline")
    saving = await redirected(f"{path}?download", await by_session(alice))
    assert (await get(saving))[1]["content-disposition"].startswith("attachment")


async def test_that_host_has_nothing_else_and_sends_others_to_the_site(file_host, alice, monkeypatch):
    file, other = await sync_to_async(stored)(alice), await sync_to_async(stored)(alice)
    credentials = await by_token(alice)
    address = await redirected(address_of(file), credentials)
    for path in ("/", "/healthz", "/api/rooms/", "/static/chat/theme.css", f"/avatars/{file.key}.webp", "/files/x"):
        assert (await get(HOST + path, **credentials))[0] == 404, path
    ticket = urlsplit(address).query
    for bad in (address_of(file), f"{address_of(file)}?t=x", f"{address_of(other)}?{ticket}"):
        assert await redirected(HOST + bad, credentials) == SITE + urlsplit(bad).path
    monkeypatch.setattr(addresses, "SECONDS", -1)
    ended = await redirected(address_of(file), credentials)
    assert await redirected(ended, {}) == SITE + address_of(file)
    # But that of a film lasts, because browsers ask it for all parts.
    film = await sync_to_async(stored)(alice, "a.mp4", kind="video", media_type="video/mp4")
    assert (await get(await redirected(address_of(film), credentials)))[0] == 200
    sent = []

    async def send(event):
        sent.append(event)

    async def passed_on(scope, receive, send):
        await send({"type": "passed on"})

    for host in (b"files.example.org:8443", b"chat.example.org"):
        await files.only_sites(passed_on, {"headers": [(b"host", host)]}, None, send)
    assert [event["type"] for event in sent] == ["websocket.close", "passed on"]


async def test_an_address_is_worth_nothing_once_its_owner_has_lost_the_file(file_host, alice, bob, hall):
    file = await sync_to_async(stored)(alice)
    message = await sync_to_async(say)(alice, hall, files=[file])
    token, cookie = await by_token(bob), await by_session(bob)
    by_bob = {name: await redirected(address_of(file), its) for name, its in (("token", token), ("session", cookie))}
    assert [(await get(address))[0] for address in by_bob.values()] == [200, 200]
    await sync_to_async(Token.objects.filter(person=bob).delete)()
    assert [(await get(address))[0] for address in by_bob.values()] == [404, 200]
    await sync_to_async(bob.sessions.all().delete)()
    assert (await get(by_bob["session"]))[0] == 404
    address = await redirected(address_of(file), await by_session(bob))
    await sync_to_async(ask)(alice, hall, protocol.Delete(seq=message.seq))
    assert (await get(address))[0] == 404


async def test_a_storage_that_signs_addresses_serves_files_itself(bucket, settings, alice, carol):
    settings.CHAT_FILES_REDIRECT = True
    file = await sync_to_async(stored)(alice, thumb_width=7, thumb_height=5)
    credentials = await by_token(alice)
    address = urlsplit(await redirected(address_of(file), credentials))
    assert (f"{address.scheme}://{address.netloc}", address.path) == (BUCKET, f"/{file.path}")
    assert parse_qs(address.query) == {"expires": ["60"], "type": ["image/png"]}
    assert (await get(address_of(file), **await by_token(carol)))[0] == 404
    assert (await get(address_of(file, "thumb.webp"), **credentials))[2] == THUMB
    film = await sync_to_async(stored)(alice, "a.mp4", kind="video", media_type="video/mp4")
    assert (await get(address_of(film), **credentials))[0] == 200
    assert (await redirected(f"{address_of(film)}?download", credentials)).startswith(BUCKET)


async def test_no_more_of_an_object_is_fetched_than_is_sent(bucket, alice, monkeypatch):
    monkeypatch.setattr(files, "PIECE_BYTES", 300)
    file, credentials = await sync_to_async(stored)(alice), await by_token(alice)
    for asked, sent in (("bytes=100-149", CONTENT[100:150]), ("bytes=100-899", CONTENT[100:900])):
        assert (await get(address_of(file), range=asked, **credentials))[2] == sent
    assert (await get(address_of(file), **credentials))[2] == CONTENT
    assert bucket.ranges == ["bytes=100-149", "bytes=100-899", f"bytes=0-{len(CONTENT) - 1}"]


@each("by, origin", [("host", HOST), ("redirect", BUCKET)])
def test_pages_may_show_files_from_there(settings, bucket, by, origin):
    settings.CHAT_FILES_HOST, settings.CHAT_FILES_REDIRECT = HOST if by == "host" else "", by == "redirect"
    directives = security_headers._policy.__wrapped__(is_djangos=False).split("; ")
    assert f"img-src 'self' data: {origin}" in directives
    assert f"media-src 'self' {origin}" in directives
    assert len([it for it in directives if origin in it]) == 2
