"""Files over HTTP: their headers, parts of them, and what becomes of a running download when access ends."""

import hashlib

import pytest
from asgiref.sync import sync_to_async
from channels.testing import HttpCommunicator
from django.core.files.storage import storages
from django.db import OperationalError

from chat.actions.accounts import issue_token
from chat.files import access
from chatsite.asgi import application
from chatsite.server import files
from tests.cases import each
from tests.cast import say
from tests.files.store import CONTENT, THUMB, address_of, stored
from tests.logs import collected
from tests.site import PATIENCE_SECONDS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ended")]


def headers_of(person, **headers):
    given = {"Host": "testserver", "Authorization": f"Bearer {issue_token(person)}"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return [(name.lower().encode(), value.encode()) for name, value in given.items()]


async def get(path, person, method="GET", **headers):
    """Return the status, the headers and the body."""
    given = await sync_to_async(headers_of)(person, **headers)
    wire = HttpCommunicator(application, method, path, headers=given)
    answer = await wire.get_response(timeout=PATIENCE_SECONDS)
    await wire.wait(PATIENCE_SECONDS)
    return answer["status"], {name.decode(): value.decode() for name, value in answer["headers"]}, answer["body"]


async def test_a_picture_of_a_message_is_served_within_the_page_and_known_by_its_digest(alice, bob, hall):
    file = await sync_to_async(stored)(alice, thumb_width=7, thumb_height=5)
    await sync_to_async(say)(alice, hall, files=[file])
    status, headers, body = await get(address_of(file), bob)
    assert (status, body) == (200, CONTENT)
    assert headers["etag"] == f'"{hashlib.sha256(CONTENT).hexdigest()}"'
    assert headers["content-disposition"] == 'inline; filename="map.png"'
    expected = {
        "content-type": "image/png",
        "content-length": str(len(CONTENT)),
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "same-origin",
        "x-frame-options": "DENY",
    }
    assert {name: headers.get(name) for name in expected} == expected
    known = f'W/{headers["etag"]}, "another"'
    status, headers, body = await get(address_of(file, "another-name.png"), bob, if_none_match=known)
    assert (status, body) == (304, b"")
    status, headers, body = await get(address_of(file, "thumb.webp"), bob)
    assert (status, body, headers["content-type"]) == (200, THUMB, "image/webp")
    assert headers["cache-control"] == "private, max-age=86400"
    status, headers, body = await get(address_of(file), bob, "HEAD", range="bytes=0-1")
    assert (status, headers["content-length"], body) == (200, str(len(CONTENT)), b"")
    assert (await get(address_of(file), bob, "POST"))[0] == 405


async def test_a_picture_with_the_name_of_thumbnails_is_served_whole(alice):
    file = await sync_to_async(stored)(alice, "thumb.webp", thumb_width=7, thumb_height=5)
    assert (await get(address_of(file), alice))[2] == CONTENT


@each(
    "fields, shown",
    [
        ({"name": "a.jpg", "media_type": "image/jpeg"}, True),
        ({"name": "a.mp3", "media_type": "audio/mpeg", "kind": "audio"}, True),
        ({"name": "a.svg", "media_type": "image/svg+xml", "kind": "file"}, False),
        ({"name": "a.html", "media_type": "text/html", "kind": "file"}, False),
        ({"name": 'q"\u202e\u20ac.pdf', "media_type": "application/pdf", "kind": "file"}, False),
    ],
)
def test_only_pictures_of_the_site_and_media_are_shown_in_the_page(alice, fields, shown):
    file = stored(alice, **fields)
    wanted, saved = (files.object_of(file, files.FileAddress("key", is_download=it)) for it in (False, True))
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert wanted.headers["Content-Disposition"].startswith("inline" if shown else "attachment")
    assert (wanted.headers["Content-Type"] == fields["media_type"]) == shown
    assert wanted.headers["Content-Disposition"].isascii()
    if not shown:
        assert wanted.headers["Content-Type"] == "application/octet-stream"


async def test_parts_of_a_file(alice):
    file = await sync_to_async(stored)(alice)
    etag, size = f'"{file.sha256}"', len(CONTENT)
    cases = [
        ("bytes=0-0", None, 206, CONTENT[:1]),
        ("bytes=10-19", etag, 206, CONTENT[10:20]),
        ("bytes=1000-", None, 206, CONTENT[1000:]),
        ("bytes=-24", None, 206, CONTENT[-24:]),
        ("bytes=1000-5000", None, 206, CONTENT[1000:]),
        ("bytes=10-19", '"another"', 200, CONTENT),
        ("bytes=0-1,5-6", None, 200, CONTENT),
        ("bytes=9-1", None, 200, CONTENT),
        ("bytes=-", None, 200, CONTENT),
        ("lines=1-2", None, 200, CONTENT),
        (f"bytes={size}-", None, 416, None),
        ("bytes=-0", None, 416, None),
    ]
    for asked, if_range, status, body in cases:
        condition = {"if_range": if_range} if if_range else {}
        found, headers, sent = await get(address_of(file), alice, range=asked, **condition)
        assert (found, sent if body is not None else None) == (status, body), asked
        if found == 206:
            first = CONTENT.index(body) if len(body) > 24 else int(headers["content-range"].split()[1].split("-")[0])
            assert headers["content-range"] == f"bytes {first}-{first + len(body) - 1}/{size}"
        if found == 416:
            assert headers["content-range"] == f"bytes */{size}"


async def test_refusals_do_not_differ_and_the_log_has_no_names(alice, bob, carol, ops):
    secret = await sync_to_async(stored)(alice, "secret plan.png")
    await sync_to_async(say)(alice, ops, files=[secret])
    with collected() as lines:
        assert (await get(address_of(secret), bob))[0] == 200
        answers = [
            await get(address_of(secret), carol),
            await get(address_of(secret, "thumb.webp"), carol),
            await get(f"/files/{'x' * 22}/map.png", carol),
            await get(f"/avatars/{secret.key}.webp", carol),
        ]
    for answer in answers:
        answer[1].pop("x-request-id")
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 404
    [*paths] = [line["path"] for line in lines if line.get("event") == "request"]
    assert len(paths) == 5
    assert not any("secret" in str(line) for line in lines)


async def test_proxy_serves_the_file_after_the_access_check(alice, carol, settings):
    settings.CHAT_FILES_ACCEL = "/protected/"
    file = await sync_to_async(stored)(alice)
    status, headers, body = await get(address_of(file), alice)
    assert (status, headers["x-accel-redirect"], body) == (200, f"/protected/{file.path}", b"")
    assert headers["content-type"] == "image/png"
    status, headers, _ = await get(address_of(file), carol)
    assert (status, "x-accel-redirect" in headers) == (404, False)


async def test_database_or_storage_away_is_a_503(alice, monkeypatch):
    file = await sync_to_async(stored)(alice)
    await sync_to_async(storages["files"].delete)(file.path)
    status, headers, _ = await get(address_of(file), alice)
    assert (status, "retry-after" in headers) == (503, True)

    def away(*arguments):
        raise OperationalError("away")

    monkeypatch.setattr(access, "find", away)
    status, headers, _ = await get(address_of(file), alice)
    assert (status, "retry-after" in headers) == (503, True)
