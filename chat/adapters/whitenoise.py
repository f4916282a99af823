"""What the site uses of WhiteNoise without its middleware. Of this only the options are documented."""

from pathlib import Path
from typing import Any, Protocol

from whitenoise import WhiteNoise
from whitenoise.storage import CompressedManifestStaticFilesStorage

__all__ = ["CompressedManifestStaticFilesStorage", "File", "FileIndex"]

INDEX_METHODS = {"find_file": ("url",)}
INDEX_ATTRIBUTES = ("directories", "files")
FILE_METHODS = {"get_response": ("method", "request_headers")}
RESPONSE_ATTRIBUTES = ("status", "headers", "file")


class File(Protocol):
    """A file with its forms and headers: WhiteNoise's StaticFile. The response has `RESPONSE_ATTRIBUTES`."""

    def get_response(self, method: str, request_headers: dict[str, str]) -> Any: ...


class FileIndex:
    """The files below a folder, by the paths of requests. `options` are WhiteNoise's own."""

    def __init__(self, root: str | Path, prefix: str, **options: Any):
        self._index = WhiteNoise(None, root=root, prefix=prefix, **options)
        # Where `look_for` looks. WhiteNoise itself does so only where it looks up each file anew.
        self._index.directories.append((f"{Path(root).absolute()}/", prefix))
        self.files: dict[str, File] = self._index.files

    def look_for(self, path: str) -> File | None:
        """Return a file that was collected since, and keep it."""
        file: File | None = self._index.find_file(path)
        if file is not None:
            self.files[path] = file
        return file
