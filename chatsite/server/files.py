"""Serves uploaded files and pictures of profiles, with no thread and no database connection while a client is slow.

Django's pages have eight threads, and a response under ASGI reads a whole file first. Here, one read of the database
says whether the file exists for the person. A few threads read the pieces.
"""

import asyncio
import logging
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import IO, Any, NamedTuple
from urllib.parse import quote

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils.http import content_disposition_header

from chat.adapters.django import ASGIRequest
from chat.auth.authentication import Credential
from chat.delivery.downloads import RunningDownload
from chat.delivery.service import Delivery
from chat.errors import Refused
from chat.files import access, storage
from chat.models import File
from chatsite.server.ranges import BytePart, is_known, part_of

PIECE_BYTES = 64 * 1024
PIECE_SECONDS = 60.0
RETRY_SECONDS = 2
# Each read takes microseconds from a disk, and milliseconds from a network.
THREADS = 4
ADDRESS = re.compile(r"/files/([\w-]{22})/([^/]+)|/avatars/([\w-]{22})\.webp", re.ASCII)
THUMB = "thumb.webp"
# Shown within the page: pictures that this site has encoded, and what browsers only play. Nothing else, because a
# browser might run it.
SHOWN = {"image/jpeg", "image/png", "image/webp"}
PLAYED = (File.MediaKind.AUDIO, File.MediaKind.VIDEO)
# On every answer, also on refusals.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
DAY, YEAR = 86_400, 31_536_000

log = logging.getLogger(__name__)
_threads = ThreadPoolExecutor(THREADS, "file")


class FileAddress(NamedTuple):
    """The key of a file, and which of its forms is wanted: its own, the thumbnail, or a person's picture."""

    key: str
    wants_thumb: bool = False
    is_avatar: bool = False


class Object(NamedTuple):
    """An object of the storage that is sent for a file, and the headers that describe it."""

    path: str
    etag: str
    headers: dict[str, str]


class Files:
    """ASGI middleware that answers requests for files, and passes all others on."""

    def __init__(self, application: Any):
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        address = address_in(scope["path"])
        if address is None:
            await self._application(scope, receive, send)
            return
        scope["chat.logged_path"] = f"/files/{address.key}/"  # without the name
        if scope["method"] not in ("GET", "HEAD"):
            await _refuse(send, 405, {"Allow": "GET, HEAD"})
            return
        try:
            await _serve(address, scope, receive, send)
        except (OperationalError, InterfaceError):
            log.exception("The database was unavailable during a download")
            await _refuse(send, 503, {"Retry-After": str(RETRY_SECONDS)})
        except Refused as refusal:
            await _refuse(send, 503, {"Retry-After": str(int(refusal.retry_after or RETRY_SECONDS))})


def address_in(path: str) -> FileAddress | None:
    """Return what a path asks for, or None if it is not that of a file."""
    found = ADDRESS.fullmatch(path)
    if found is None:
        return None
    key, name, avatar = found.groups()
    return FileAddress(avatar, is_avatar=True) if avatar else FileAddress(key, wants_thumb=name == THUMB)


async def _serve(address: FileAddress, scope: Any, receive: Any, send: Any) -> None:
    request = ASGIRequest(scope, BytesIO())
    found = await Delivery.current().database.read(access.find, request, address.key)
    if found is None:
        await _refuse(send, 404)
        return
    credential, file = found
    wanted = object_of(file, address)
    if settings.CHAT_FILES_ACCEL:
        await _answer(send, 200, wanted.headers | {"X-Accel-Redirect": settings.CHAT_FILES_ACCEL + quote(wanted.path)})
        return
    await _send_object(wanted, credential, address.key, scope, receive, send)


def object_of(file: File, address: FileAddress) -> Object:
    """Return the object to send for a file that exists for the person."""
    if address.is_avatar or (address.wants_thumb and file.thumb_path):
        age = f"private, max-age={YEAR}, immutable" if address.is_avatar else f"private, max-age={DAY}"
        headers = {"Content-Type": "image/webp", "Cache-Control": age, "Content-Disposition": "inline"}
        return Object(file.thumb_path or file.path, f'"{file.sha256}-thumb"', headers)
    is_shown = file.media_type in SHOWN or file.kind in PLAYED
    disposition = content_disposition_header(not is_shown, file.name) or "inline"
    headers = {
        "Content-Type": file.media_type if is_shown else "application/octet-stream",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition,
    }
    return Object(file.path, f'"{file.sha256}"', headers)


async def _send_object(wanted: Object, credential: Credential, key: str, scope: Any, receive: Any, send: Any) -> None:
    given = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    headers = wanted.headers | {"ETag": wanted.etag, "Vary": "Cookie"}
    if is_known(given, wanted.etag):
        await _answer(send, 304, headers)
        return
    if is_head := scope["method"] == "HEAD":
        given.pop("range", None)
    try:
        opened = await _in_thread(_open, wanted, given, is_head)
    except storage.errors():
        log.exception("The storage has no object of a file, or did not answer")
        await _refuse(send, 503, {"Retry-After": str(RETRY_SECONDS)})
        return
    headers |= opened.headers()
    if opened.part.status == 416:
        await _refuse(send, 416, opened.headers())
    elif opened.rest is None:
        await _answer(send, opened.part.status, headers, opened.first)
    else:
        try:
            with Delivery.current().downloads.running(credential, key) as download:
                await _start(send, opened.part.status, headers)
                await _stream(download, opened, scope, receive, send)
        finally:
            _threads.submit(opened.rest.close)


class Opened(NamedTuple):
    """The part of an object that a client gets: its first piece, and the open file from which the others are read."""

    size: int
    part: BytePart
    first: bytes = b""
    rest: IO[bytes] | None = None

    def headers(self) -> dict[str, str]:
        status, start, length = self.part
        if status == 416:
            return {"Content-Range": f"bytes */{self.size}"}
        headers = {"Accept-Ranges": "bytes", "Content-Length": str(length)}
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{self.size}"
        return headers


def _open(wanted: Object, given: dict[str, str], is_head: bool) -> Opened:
    files = storage.files()
    size = files.size(wanted.path)
    part = part_of(given, wanted.etag, size)
    if is_head or not part.length:
        return Opened(size, part)
    file: Any = files.open(wanted.path)
    try:
        file.seek(part.start)
        first = file.read(min(PIECE_BYTES, part.length))
    except BaseException:
        file.close()
        raise
    if len(first) < part.length:
        return Opened(size, part, first, file)
    file.close()
    return Opened(size, part, first)


async def _stream(download: RunningDownload, opened: Opened, scope: Any, receive: Any, send: Any) -> None:
    """Send the pieces until all are sent, the client has gone or the person has lost the file.

    An incomplete response closes the connection.
    """
    tasks = [
        asyncio.create_task(_send_pieces(opened, send)),
        asyncio.create_task(_until_gone(receive)),
        asyncio.create_task(download.stopped.wait()),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        sent, *_ = await asyncio.gather(*tasks, return_exceptions=True)
    if download.stopped.is_set() and (abort := scope.get("extensions", {}).get("chat.abort")):
        abort()  # so that what waits for the client is not sent either
    if isinstance(sent, TimeoutError):
        log.warning("Stopped sending a file. The client was too slow.")
    elif isinstance(sent, Exception):
        raise sent


async def _send_pieces(opened: Opened, send: Any) -> None:
    """Send the pieces. An object that ends too early makes an incomplete response, which closes the connection."""
    assert opened.rest is not None
    downloads, piece, missing = Delivery.current().downloads, opened.first, opened.part.length
    while piece:
        missing -= len(piece)
        async with asyncio.timeout(PIECE_SECONDS):
            # Wait for the client first. A piece that waited for it would be sent after a change of access.
            await send({"type": "http.response.body", "body": b"", "more_body": True})
            await downloads.wait()
            await send({"type": "http.response.body", "body": piece, "more_body": missing > 0})
        piece = await _in_thread(opened.rest.read, min(PIECE_BYTES, missing)) if missing else b""


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _in_thread(function: Any, *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(_threads, function, *arguments)


async def _refuse(send: Any, status: int, headers: dict[str, str] | None = None) -> None:
    """Answer without a file. All refusals of one status are the same, whatever the reason."""
    body = {404: b"Not found.\n", 405: b"Use GET or HEAD.\n"}.get(status, b"Try again in a moment.\n")
    usual = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", "Content-Length": str(len(body))}
    await _answer(send, status, usual | (headers or {}), body)


async def _answer(send: Any, status: int, headers: dict[str, str], body: bytes = b"") -> None:
    await _start(send, status, headers)
    await send({"type": "http.response.body", "body": body})


async def _start(send: Any, status: int, headers: dict[str, str]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(_encoded(HEADERS | headers))})


def _encoded(headers: dict[str, str]) -> Iterable[tuple[bytes, bytes]]:
    return ((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())
