"""Pictures: decoding, scaling and encoding, in a child process with limits. `picture_process.py` is its program.

Decoders of pictures are large programs in C that read what strangers send. The child has no secrets and no connections.
If a picture makes it crash, or exceeds a limit, the picture is refused, and the next one gets a new child.
"""

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from chat.files.kinds import MAX_PIXELS_A_SIDE

PROGRAM = Path(__file__).with_name("picture_process.py")
THUMB_BOX = (720, 540)
AVATAR_PIXELS = 256
# The child bounds its own use of the processor. This is for a machine that is too busy, or a file system that hangs.
ANSWER_SECONDS = 120.0
TOO_MUCH = "This picture is damaged, or needs too much memory or time."
EXTENSIONS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}


class PictureRefused(Exception):
    """The picture is not shown. The text is a sentence for its owner."""


class Failed(Exception):
    """The picture could not be processed now, whatever it contains. Another attempt may succeed."""


class Picture(NamedTuple):
    """A picture that was written, its size in pixels, its mean color, and the size of its thumbnail if it has one."""

    media_type: str
    width: int
    height: int
    color: str
    thumb: tuple[int, int] | None


def make(source: Path, media_type: str, picture: Path, thumb: Path) -> Picture:
    """Write a copy of a picture without metadata, and its thumbnail. Raise PictureRefused or Failed."""
    box = {"side": MAX_PIXELS_A_SIDE, "box": THUMB_BOX, "thumb": str(thumb)}
    return _written("make", source, media_type, picture, **box)


def make_avatar(source: Path, media_type: str, picture: Path) -> Picture:
    """Write the square in the center of a picture. Raise PictureRefused or Failed."""
    return _written("make_square", source, media_type, picture, side=AVATAR_PIXELS)


def _written(task: str, source: Path, media_type: str, picture: Path, **arguments: Any) -> Picture:
    kind = media_type.removeprefix("image/").upper()
    request = {"task": task, "source": str(source), "kind": kind, "picture": str(picture), **arguments}
    with _lock:
        answer = child.ask(request)
    if "refused" in answer:
        raise PictureRefused(answer["refused"])
    if "failed" in answer:
        raise Failed(answer["failed"])
    thumb = answer["thumb"] and tuple(answer["thumb"])
    width, height = answer["size"]
    return Picture(answer["type"], width, height, answer["color"], thumb)


# ---- The child

_lock = threading.Lock()


class Child:
    """The child process of this process, started with the first request. It takes one request at a time."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of the child. If it has ended without a request, because it was idle, ask a new one."""
        line = json.dumps(request).encode() + b"\n"
        if self.process is not None and self.process.poll() is not None:
            self.end()
        for _ in range(2):
            if answer := self._answer(self.process or self._start(), line):
                found: dict[str, Any] = json.loads(answer)
                return found
            if self.end() != 0:
                break
        return {"refused": TOO_MUCH}

    def end(self) -> int:
        """End the child, if it has not ended. Return its exit code."""
        process, self.process = self.process, None
        if process is None:
            return 0
        with suppress(BrokenPipeError):
            process.stdin.close()  # type: ignore[union-attr]
        process.stdout.close()  # type: ignore[union-attr]
        return process.wait()

    def _answer(self, process: "subprocess.Popen[bytes]", line: bytes) -> bytes:
        """Return the line that the child answers, or nothing if it has ended instead."""
        timer = threading.Timer(ANSWER_SECONDS, process.kill)
        timer.start()
        try:
            process.stdin.write(line)  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            return process.stdout.readline()  # type: ignore[union-attr]
        except BrokenPipeError:
            return b""
        finally:
            timer.cancel()

    def _start(self) -> "subprocess.Popen[bytes]":
        # The same packages, and nothing else of the environment, which contains secrets.
        environment = {"PYTHONPATH": os.pathsep.join(it for it in sys.path if it), "MALLOC_ARENA_MAX": "1"}
        self.process = subprocess.Popen(  # noqa: S603 (no words of people)
            [sys.executable, "-P", "-s", str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        if not self._answer(self.process, b"{}\n"):
            raise Failed(f"The process for pictures cannot start. Its exit code is {self.end()}.")
        return self.process


child = Child()
