"""The parts of WhiteNoise that the site uses without its middleware. Only the options are documented."""

import os
from pathlib import Path
from typing import Any, Protocol

from whitenoise import WhiteNoise
from whitenoise.storage import CompressedManifestStaticFilesStorage

__all__ = ["CompressedManifestStaticFilesStorage", "FileIndex", "StaticFile"]

INDEX_METHODS = {"find_file": ("url",)}
INDEX_ATTRIBUTES = ("directories", "files")
FILE_METHODS = {"get_response": ("method", "request_headers")}
RESPONSE_ATTRIBUTES = ("status", "headers", "file")


class StaticFile(Protocol):
    """WhiteNoise's StaticFile: a file with its encodings and headers. The response has `RESPONSE_ATTRIBUTES`."""

    def get_response(self, method: str, request_headers: dict[str, str]) -> Any: ...


class FileIndex:
    """The files below a folder, by request path. `options` are those of WhiteNoise.

    WhiteNoise reads all files at the start: 70 ms for 500 files. Here each is read when it is first requested.
    """

    def __init__(self, root: str | Path, prefix: str, **options: Any):
        root = str(Path(root).absolute())
        self.files: dict[str, StaticFile] = {}
        self.paths = {
            prefix[:-1] + folder[len(root) :] + f"/{it}" for folder, _, names in os.walk(root) for it in names
        }
        self._index = WhiteNoise(None, **options)
        # WhiteNoise searches folders only in its autorefresh mode.
        self._index.directories.append((f"{root}/", prefix))

    def look_for(self, path: str) -> StaticFile | None:
        """Return a file and keep it in `files`. It may have been collected after the start."""
        file: StaticFile | None = self._index.find_file(path)
        if file is not None:
            self.files[path] = file
        return file
