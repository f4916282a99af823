"""Static files with hashed names, compressed when they are collected and served by the site itself.

WhiteNoise describes and selects the files. Its middleware is not used, because it is synchronous: under ASGI each file
would go through Django's threads and middleware, take four times as long, and cause a warning.
"""

import asyncio
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from wsgiref.headers import Headers

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured

from chat.adapters.django_static import ASGIStaticFilesHandler, ManifestStaticFilesStorage
from chat.adapters.whitenoise import CompressedManifestStaticFilesStorage, FileIndex, StaticFile
from chat.checks.files import uncollected
from chat.rendering.joined_files import join_files

# The hash that Django's storage puts into a name. Such a file never changes, so browsers cache it forever.
HASHED_NAME = r"\.[0-9a-f]{12}\.[^/]+$"
# The request headers that select the encoding and the range of a file.
DECIDING_HEADERS = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")


class HashedFiles(CompressedManifestStaticFilesStorage):
    """The storage of static files. A changed file gets a new name, and files name each other by these names.

    The files that a page needs at once are joined. In the manifest, the name of a part leads to the joined file.
    """

    support_js_module_import_aggregation = True

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._addresses: dict[str, str] = {}
        self._parts: dict[str, str] = {}

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Join, hash and compress the collected files. `paths` maps a name to the storage and path of its source."""
        if dry_run:
            return

        @functools.cache
        def read(name: str) -> str:
            storage, path = paths[name]
            with storage.open(path) as file:
                return str(file.read().decode())

        contents, self._parts = join_files(list(paths), read)
        for name, content in contents.items():
            Path(self.path(name)).write_text(content)
        remaining = {name: it for name, it in paths.items() if name not in self._parts}
        yield from super().post_process(remaining | {name: (self, name) for name in contents}, **options)
        self.delete_files(self._parts)

    def save_manifest(self) -> None:
        self.hashed_files |= {part: self.hashed_files[name] for part, name in self._parts.items()}
        super().save_manifest()

    def url(self, name: str | None, force: bool = False) -> str:
        """Return the URL of a file. Cached: a page needs a hundred, and the manifest of a process never changes."""
        if settings.DEBUG or force or name is None:
            return super().url(name, force)
        if name not in self._addresses:
            self._addresses[name] = super().url(name)
        return self._addresses[name]


def with_static_files(application: Any) -> Any:
    """Return `application` with static files: the collected ones, or in development those of the source tree."""
    if not isinstance(staticfiles_storage, ManifestStaticFilesStorage):
        return ASGIStaticFilesHandler(application)
    if names := uncollected():
        raise ImproperlyConfigured(
            f"{len(names)} static files are missing from {settings.STATIC_ROOT}, such as {names[0]}. "
            "Run: python manage.py collectstatic --noinput"
        )
    return StaticFiles(application)


class StaticFiles:
    """Serves the files in STATIC_ROOT at STATIC_URL, and passes other requests on. Each file is looked up once."""

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
        if file is None and (path in self._index.paths or self._may_be_new(path)):
            file = await asyncio.to_thread(self._index.look_for, path)
        if file is None:
            await self._application(scope, receive, send)
            return
        status, headers, body = await asyncio.to_thread(_answer, file, scope)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _may_be_new(self, path: str) -> bool:
        """Return whether the file may be a later one, which pages of new workers name in a rolling restart."""
        return path.startswith(self._prefix) and re.search(HASHED_NAME, path) is not None


def _answer(file: StaticFile, scope: Any) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
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
    """Add the headers that Django's SecurityMiddleware adds to pages."""
    headers["X-Content-Type-Options"] = "nosniff"
