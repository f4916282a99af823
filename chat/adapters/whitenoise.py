"""The parts of WhiteNoise that the site uses without its middleware. Only the options are documented."""

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
    """WhiteNoise's StaticFile: a file with its encodings and headers. The response has `RESPONSE_ATTRIBUTES`."""

    def get_response(self, method: str, request_headers: dict[str, str]) -> Any: ...


class FileIndex:
    """The files below a folder, by request path. `options` are those of WhiteNoise."""

    def __init__(self, root: str | Path, prefix: str, **options: Any):
        self._index = WhiteNoise(None, root=root, prefix=prefix, **options)
        # The folders that `look_for` searches. WhiteNoise searches them only in its autorefresh mode.
        self._index.directories.append((f"{Path(root).absolute()}/", prefix))
        self.files: dict[str, File] = self._index.files

    def look_for(self, path: str) -> File | None:
        """Return a file that was collected after the start, and add it to the index."""
        file: File | None = self._index.find_file(path)
        if file is not None:
            self.files[path] = file
        return file
