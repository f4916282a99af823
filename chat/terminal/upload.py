"""Uploads of files in pieces (tus 1.0). A connection that breaks costs one piece."""

import base64
import os
import time
from collections.abc import Callable
from http.client import HTTPMessage
from pathlib import Path
from typing import BinaryIO

from chat.terminal.backoff import Backoff
from chat.terminal.error_messages import Unreachable, reason_of
from chat.terminal.exit_codes import Exit, ExitError
from chat.terminal.site import Site

PIECE_BYTES = 960 * 1024
# Failed attempts in a row, which take about two minutes.
ATTEMPTS = 8

ProgressReport = Callable[[int, int], None]


def upload(site: Site, token: str, path: Path, report: ProgressReport) -> str:
    """Upload a file and return its key. Call `report` with the bytes that have arrived, and all bytes. This blocks.

    Raises ExitError if the file cannot be read, if the site refuses it, or if it stays away.
    """
    try:
        with path.expanduser().open("rb") as file:
            return _upload(site, token, path.name, file, report)
    except OSError as error:
        raise ExitError(Exit.INPUT_OUTPUT, f"Can’t read {path}: {reason_of(error)}.") from error


def _upload(site: Site, token: str, name: str, file: BinaryIO, report: ProgressReport) -> str:
    size = os.fstat(file.fileno()).st_size
    if not size:
        raise ExitError(Exit.REFUSED, f"{name} is empty.")
    encoded = base64.b64encode(name.encode(errors="replace")).decode()
    headers = {"Upload-Length": str(size), "Upload-Metadata": f"filename {encoded}"}
    location = site.change_upload(token, "POST", "/api/files/", headers)["Location"]
    backoff, failures, offset = Backoff(), 0, 0
    while offset < size:
        try:
            if failures:
                offset = _offset(site.change_upload(token, "HEAD", location))
            file.seek(offset)
            piece = file.read(PIECE_BYTES)
            if not piece:
                raise ExitError(Exit.INPUT_OUTPUT, f"{name} has become shorter.")
            offset = _offset(site.change_upload(token, "PATCH", location, {"Upload-Offset": str(offset)}, piece))
        except Unreachable:
            failures += 1
            if failures > ATTEMPTS:
                raise
            time.sleep(backoff.next_delay())
        else:
            failures = 0
            report(offset, size)
    return location.rstrip("/").rpartition("/")[2]


def _offset(headers: HTTPMessage) -> int:
    return int(headers["Upload-Offset"] or 0)
