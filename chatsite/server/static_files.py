"""Static files: named after their contents and compressed when they are collected, and served with the site itself.

WhiteNoise knows how to describe and choose a file. It is used without its middleware, which is synchronous: under ASGI
each file would go through Django's threads and middleware, for four times as long and with a warning of Django's.
"""

import asyncio
import re
from typing import Any
from urllib.parse import urlsplit
from wsgiref.headers import Headers

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured

from chat.adapters.django_static import ASGIStaticFilesHandler, ManifestStaticFilesStorage
from chat.adapters.whitenoise import CompressedManifestStaticFilesStorage, File, FileIndex
from chat.checks.files import uncollected

# What Django's storage puts into a name. Such a file never changes: a browser need never ask again.
HASHED_NAME = r"\.[0-9a-f]{12}\.[^/]+$"
# The request headers that decide which of a file's forms is sent, and how much of it.
DECIDING_HEADERS = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")


class HashedFiles(CompressedManifestStaticFilesStorage):
    """A file that changes has another name, and modules import each other by these names."""

    support_js_module_import_aggregation = True

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._addresses: dict[str, str] = {}

    def url(self, name: str | None, force: bool = False) -> str:
        """Looked up once: a page asks for a hundred, and a process has one manifest."""
        if settings.DEBUG or force or name is None:
            return super().url(name, force)
        if name not in self._addresses:
            self._addresses[name] = super().url(name)
        return self._addresses[name]


def with_static_files(application: Any) -> Any:
    """`application`, and before it the static files: as they were collected, or in development as they lie there."""
    if not isinstance(staticfiles_storage, ManifestStaticFilesStorage):
        return ASGIStaticFilesHandler(application)
    if names := uncollected():
        raise ImproperlyConfigured(
            f"{len(names)} static files are missing from {settings.STATIC_ROOT}, such as {names[0]}. "
            "Run: python manage.py collectstatic --noinput"
        )
    return StaticFiles(application)


class StaticFiles:
    """Answers for the files in STATIC_ROOT at STATIC_URL, each of which it looks up once; everything else goes on.

    While workers are replaced one after another, pages of the new ones name files that were collected after the old
    ones began, and an old one may be asked for them: what is not known is looked for, if its name says that it will
    never change.
    """

    def __init__(self, application: Any):
        self._application = application
        self._prefix = urlsplit(settings.STATIC_URL).path
        self._index = FileIndex(
            settings.STATIC_ROOT,
            self._prefix,
            immutable_file_test=HASHED_NAME,
            allow_all_origins=False,
            add_headers_function=_add_headers,
        )
        self._files = self._index.files

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        file = self._files.get(path)
        if file is None and path.startswith(self._prefix) and re.search(HASHED_NAME, path):
            file = await asyncio.to_thread(self._index.look_for, path)
        if file is None:
            await self._application(scope, receive, send)
            return
        status, headers, body = await asyncio.to_thread(_answer, file, scope)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _answer(file: File, scope: Any) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    deciding = {
        f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
        for name, value in scope["headers"]
        if name in DECIDING_HEADERS
    }
    response = file.get_response(scope["method"], deciding)
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if response.file is None:
        return response.status, headers, b""
    with response.file:
        return response.status, headers, response.file.read()


def _add_headers(headers: Headers, path: str, url: str) -> None:
    """As Django's SecurityMiddleware has it for pages."""
    headers["X-Content-Type-Options"] = "nosniff"
