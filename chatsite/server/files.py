"""Serves uploaded files and pictures of profiles, with no thread and no database connection while a client is slow.

Django's pages have eight threads, and a response under ASGI reads a whole file first. Here, one read of the database
says whether the file exists for the person. A few threads read the pieces.
"""

import asyncio
import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from io import BytesIO
from typing import IO, Any, NamedTuple
from urllib.parse import quote

from django.conf import settings
from django.db import InterfaceError, OperationalError

from chat.adapters.django import ASGIRequest
from chat.auth.authentication import Credential
from chat.delivery.downloads import RunningDownload
from chat.delivery.service import Delivery
from chat.errors import Refused
from chat.files import access, addresses, storage
from chatsite.server.file_objects import FileAddress, Object, address_in, object_of
from chatsite.server.ranges import BytePart, is_known, part_of

PIECE_BYTES = 64 * 1024
PIECE_SECONDS = 60.0
RETRY_SECONDS = 2
# Each read takes microseconds from a disk, and milliseconds from a network.
THREADS = 4
# On every answer, also on refusals.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
# On what the host of files answers, because pages of the site show it.
SHOWN_BY_SITE = {"Cross-Origin-Resource-Policy": "cross-origin"}

log = logging.getLogger(__name__)
_threads = ThreadPoolExecutor(THREADS, "file")


class Files:
    """ASGI middleware that answers requests for files, and passes all others on."""

    def __init__(self, application: Any):
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        address, is_elsewhere = address_in(scope["path"], scope["query_string"]), is_on_file_host(scope)
        if address is None and not is_elsewhere:
            await self._application(scope, receive, send)
            return
        if address is None or (is_elsewhere and address.is_avatar):
            await _refuse(send, 404)
            return
        scope["chat.logged_path"] = f"/files/{address.key}/"  # without the name
        if scope["method"] not in ("GET", "HEAD"):
            await _refuse(send, 405, {"Allow": "GET, HEAD"})
            return
        try:
            if is_elsewhere:
                await _serve_by_ticket(address, scope, receive, send)
            else:
                await _serve(address, scope, receive, send)
        except (OperationalError, InterfaceError):
            log.exception("The database was unavailable during a download")
            await _refuse(send, 503, {"Retry-After": str(RETRY_SECONDS)})
        except Refused as refusal:
            await _refuse(send, 503, {"Retry-After": str(int(refusal.retry_after or RETRY_SECONDS))})


async def only_sites(application: Any, scope: Any, receive: Any, send: Any) -> None:
    """Pass on a WebSocket, unless it comes to the host of files."""
    if is_on_file_host(scope):
        await send({"type": "websocket.close"})
    else:
        await application(scope, receive, send)


def is_on_file_host(scope: Any) -> bool:
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return addresses.is_on_file_host(host.decode("latin-1"))


async def _serve(address: FileAddress, scope: Any, receive: Any, send: Any) -> None:
    request = ASGIRequest(scope, BytesIO())
    found = await Delivery.current().database.read(access.find, request, address.key)
    if found is None:
        await _refuse(send, 404)
        return
    credential, file = found
    wanted = object_of(file, address)
    try:
        elsewhere = await _address_elsewhere(wanted, credential, address, scope["path"])
    except storage.errors():
        log.exception("The storage signs no address")
        await _refuse(send, 503, {"Retry-After": str(RETRY_SECONDS)})
        return
    if elsewhere:
        await _redirect(send, elsewhere)
    else:
        await _send(wanted, credential, address.key, scope, receive, send)


async def _address_elsewhere(wanted: Object, credential: Credential, address: FileAddress, path: str) -> str:
    """Return where the file is served for a minute, if not here. Small pictures stay here: browsers keep them.

    Chromium asks the last address for all parts of a film, and plays no further if that has ended.
    """
    if wanted.is_small:
        return ""
    if settings.CHAT_FILES_REDIRECT and not wanted.is_played:
        return str(await _in_thread(addresses.in_storage, wanted.path, wanted.headers))
    if settings.CHAT_FILES_HOST:
        seconds = addresses.PLAYED_SECONDS if wanted.is_played else addresses.SECONDS
        ticket = addresses.Ticket.of(address.key, credential, seconds)
        return addresses.on_file_host(path, ticket, is_download=address.is_download)
    return ""


async def _serve_by_ticket(address: FileAddress, scope: Any, receive: Any, send: Any) -> None:
    """Serve a file on the host of files. The site itself makes a new address for an old one, if the browser may."""
    ticket = addresses.Ticket.read(address.ticket)
    if ticket is None or ticket.key != address.key:
        await _redirect(send, addresses.on_site(scope["path"], is_download=address.is_download), SHOWN_BY_SITE)
        return
    found = await Delivery.current().database.read(access.find_again, ticket)
    if found is None:
        await _refuse(send, 404)
        return
    credential, file = found
    wanted = object_of(file, address)
    await _send(wanted._replace(headers=wanted.headers | SHOWN_BY_SITE), credential, address.key, scope, receive, send)


async def _send(wanted: Object, credential: Credential, key: str, scope: Any, receive: Any, send: Any) -> None:
    if settings.CHAT_FILES_ACCEL:
        await _answer(send, 200, wanted.headers | {"X-Accel-Redirect": settings.CHAT_FILES_ACCEL + quote(wanted.path)})
    else:
        await _send_object(wanted, credential, key, scope, receive, send)


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
        await _answer(send, opened.part.status, headers, opened.whole)
    else:
        try:
            with Delivery.current().downloads.running(credential, key) as download:
                await _start(send, opened.part.status, headers)
                await _stream(download, opened, scope, receive, send)
        finally:
            _threads.submit(opened.rest.close)


class Opened(NamedTuple):
    """The part of an object that a client gets: all of it, or the open file from which its pieces are read."""

    size: int
    part: BytePart
    whole: bytes = b""
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
    with ExitStack() as stack:
        opened = stack.enter_context(closing(storage.files().open(wanted.path)))
        size = opened.size
        part = part_of(given, wanted.etag, size)
        if is_head or not part.length:
            return Opened(size, part)
        rest = stack.enter_context(closing(storage.open_part(opened, part.start, part.length)))
        if part.length <= PIECE_BYTES:
            return Opened(size, part, rest.read(part.length))
        stack.pop_all()
        return Opened(size, part, rest=rest)


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
    downloads, missing = Delivery.current().downloads, opened.part.length
    while missing:
        async with asyncio.timeout(PIECE_SECONDS):
            # Wait for the client first. Only then read the next piece, which would take memory meanwhile.
            await send({"type": "http.response.body", "body": b"", "more_body": True})
        piece = await _in_thread(opened.rest.read, min(PIECE_BYTES, missing))
        if not piece:
            return
        missing -= len(piece)
        async with asyncio.timeout(PIECE_SECONDS):
            await downloads.wait()
            await send({"type": "http.response.body", "body": piece, "more_body": missing > 0})


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


async def _redirect(send: Any, location: str, headers: dict[str, str] | None = None) -> None:
    usual = {"Location": location, "Cache-Control": "no-store", "Content-Length": "0"}
    await _answer(send, 302, usual | (headers or {}))


async def _answer(send: Any, status: int, headers: dict[str, str], body: bytes = b"") -> None:
    await _start(send, status, headers)
    await send({"type": "http.response.body", "body": body})


async def _start(send: Any, status: int, headers: dict[str, str]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(_encoded(HEADERS | headers))})


def _encoded(headers: dict[str, str]) -> Iterable[tuple[bytes, bytes]]:
    return ((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())
