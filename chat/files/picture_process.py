"""The program of the child process that decodes pictures. It imports nothing of the site, and gets no secrets.

It reads requests from its input, one JSON object a line, and answers each with a line. `chat/files/pictures.py` starts
it. It ends when its input ends, at once, and after a minute without a request.
"""

import errno
import json
import os
import queue
import resource
import signal
import struct
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any, BinaryIO, cast

from PIL import AvifImagePlugin, Image, ImageCms, ImageOps, ImageSequence

IDLE_SECONDS = 60.0
MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 20
# Of one picture that is written.
WRITTEN_BYTES = 64 * 1024 * 1024
# A decoder of WebP needs twice the memory of the others for each pixel.
MAX_PIXELS = {"WEBP": 20_000_000}
MAX_PIXELS_ELSE = 40_000_000
MAX_FRAMES = 200
# Of all frames of an animation.
MAX_ANIMATED_PIXELS = 100_000_000
ANIMATED = ("GIF", "PNG", "WEBP", "AVIF")
# Browsers show a frame with a shorter time for 100 ms.
SHORTEST_FRAME_MS = 11
QUALITY = 85
THUMB_QUALITY = 80
# By the value in EXIF.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# The formats that browsers or people cannot do much with.
WRITTEN_AS = {"GIF": "PNG", "AVIF": "WEBP"}
MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}

TOO_MUCH = "This picture is damaged, or needs too much memory or time."
DAMAGED = "This picture is damaged."


class NotShown(Exception):
    """The picture is refused. The text is a sentence for its owner."""


# ---- One picture


def make(source: str, kind: str, picture: str, thumb: str, side: int, box: tuple[int, int]) -> dict[str, Any]:
    """Write a copy of the picture `source` of at most `side` pixels a side, and a thumbnail that fits into `box`."""
    still, is_animated = _read(source, kind, picture, side)
    written = "WEBP" if is_animated else WRITTEN_AS.get(kind, kind)
    if not is_animated:
        still.save(picture, written, quality=QUALITY)
    size, small = still.size, still if still.mode in ("RGB", "RGBA") else _with_colors(still)
    small.thumbnail(box, Image.Resampling.LANCZOS)
    small.save(thumb, "WEBP", quality=THUMB_QUALITY)
    return {"type": MEDIA_TYPES[written], "size": size, "color": _mean(small), "thumb": small.size}


def make_square(source: str, kind: str, picture: str, side: int) -> dict[str, Any]:
    """Write the square in the center of the picture `source`, as WebP of `side` by `side` pixels."""
    still, _ = _read(source, kind, "", 8 * side)
    square = ImageOps.fit(_with_colors(still), (side, side), Image.Resampling.LANCZOS)
    square.save(picture, "WEBP", quality=QUALITY)
    return {"type": "image/webp", "size": square.size, "color": _mean(square), "thumb": None}


def _read(source: str, kind: str, animation: str, side: int) -> tuple[Image.Image, bool]:
    """Return the picture, or the first frame of an animation, and whether it is one. Write that to `animation`.

    What the decoder needed is freed, before the encoder needs as much.
    """
    with Image.open(source, formats=[kind]) as image:
        frames = _checked(image, kind)
        if frames > 1 and animation:
            return _animate(image, animation, side), True
        return _still(image, side), False


def _checked(image: Image.Image, kind: str) -> int:
    """Return the number of frames. Raise NotShown if there are too many of them, or too many pixels."""
    limit = MAX_PIXELS.get(kind, MAX_PIXELS_ELSE)
    pixels = image.width * image.height
    if pixels > limit:
        raise NotShown(f"This picture has more than {limit // 1_000_000} megapixels. Make it smaller.")
    # A JPEG of several pictures, as some cameras make them, is shown as its first.
    frames: int = getattr(image, "n_frames", 1) if kind in ANIMATED else 1
    if frames > MAX_FRAMES:
        raise NotShown(f"This animation has more than {MAX_FRAMES} frames. Make it shorter.")
    if frames > 1 and frames * pixels > MAX_ANIMATED_PIXELS:
        raise NotShown("This animation is too large. Make it smaller or shorter.")
    return frames


def _still(image: Image.Image, side: int) -> Image.Image:
    """Return the picture upright, in sRGB, of at most `side` pixels a side, and with nothing but its pixels."""
    profile, clear, orientation = image.info.get("icc_profile"), image.info.get("transparency"), _orientation(image)
    keeps_palette = image.mode in ("1", "P") and max(image.size) <= side and not profile
    still = image if keeps_palette else _eight_bits(image)
    still.thumbnail((side, side), Image.Resampling.LANCZOS)
    still = still.transpose(TURNS[orientation]) if orientation in TURNS else still.copy()
    if profile and still.mode in ("RGB", "RGBA", "CMYK"):
        still = _in_srgb(still, profile)
    if still.mode == "CMYK":
        still = still.convert("RGB")
    still.info = {"transparency": clear} if still.mode == "P" and clear is not None else {}
    return still


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except (ValueError, TypeError, SyntaxError, struct.error):  # invalid EXIF does not spoil the picture
        return 1


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return the picture with eight bits a channel, and colors that can be averaged."""
    if image.mode.startswith("I"):  # gray, with 16 bits
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK") and "transparency" not in image.info:
        return image
    return _with_colors(image)


def _with_colors(image: Image.Image) -> Image.Image:
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return the picture with the colors that the profile gives to its values. Ignore an invalid profile."""
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError):
        return image


def _animate(image: Image.Image, picture: str, side: int) -> Image.Image:
    """Write the animation as WebP. Return its first frame."""
    if max(image.size) > side:
        raise NotShown(f"This animation is larger than {side} pixels. Make it smaller.")
    durations = []
    for frame in ImageSequence.Iterator(image):
        frame.load()  # some formats tell the duration only then
        shown = frame.info.get("duration") or 0
        durations.append(round(shown) if shown >= SHORTEST_FRAME_MS else 100)
    image.seek(0)
    first = _with_colors(image)
    first.info = {}
    image.save(
        picture,
        "WEBP",
        save_all=True,
        quality=THUMB_QUALITY,
        method=0,  # a better method takes many times as long
        duration=durations,
        loop=image.info.get("loop", 1),
        background=(0, 0, 0, 0),
    )
    return first


def _mean(image: Image.Image) -> str:
    """Return the mean color, in which clear pixels do not count."""
    dot = image.convert("RGBa" if image.mode == "RGBA" else image.mode).resize((1, 1), Image.Resampling.BOX)
    return "#{:02x}{:02x}{:02x}".format(*cast(tuple[int, ...], dot.convert(image.mode).getpixel((0, 0)))[:3])


# ---- The process


def serve(answers: BinaryIO) -> None:
    """Answer requests until there is none for `IDLE_SECONDS`, or until the memory was not enough for one."""
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    # A thread of its own, so that the process ends with its parent also while it works.
    threading.Thread(target=_receive, args=[requests], daemon=True).start()
    while True:
        try:
            request = json.loads(requests.get(timeout=IDLE_SECONDS))
        except queue.Empty:
            return
        answer = answer_to(request)
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
        if answer.get("refused") == TOO_MUCH:
            return


def _receive(requests: "queue.SimpleQueue[bytes]") -> None:
    for line in sys.stdin.buffer:
        requests.put(line)
    os._exit(0)


def answer_to(request: dict[str, Any]) -> dict[str, Any]:
    """Carry out a request. Answer with the result, with why the picture is `refused`, or with what `failed` here."""
    limit_cpu()
    try:
        return TASKS[request.pop("task", "")](**request)
    except NotShown as refusal:
        return {"refused": str(refusal)}
    except MemoryError:
        return {"refused": TOO_MUCH}
    except OSError as error:
        if error.errno is None:
            return {"refused": DAMAGED}
        return {"refused": TOO_MUCH} if error.errno == errno.EFBIG else {"failed": str(error)}
    except Exception:  # the outermost guard: decoders raise anything for damaged pictures, and for want of memory
        return {"refused": TOO_MUCH}


TASKS: dict[str, Callable[..., dict[str, Any]]] = {"make": make, "make_square": make_square, "": dict}


def limit_memory() -> None:
    """Bound what the process may use, or fail. Other systems than Linux do not bound memory: there, only pixels do."""
    for name, amount in (("RLIMIT_AS", MEMORY_BYTES), ("RLIMIT_FSIZE", WRITTEN_BYTES), ("RLIMIT_CORE", 0)):
        number = getattr(resource, name)
        _, hard = resource.getrlimit(number)
        limit = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        try:
            resource.setrlimit(number, (limit, limit))
        except (ValueError, OSError):
            if sys.platform == "linux":
                raise


def limit_cpu() -> None:
    """Let the system end this process if the next picture takes too long."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS, hard))


def main() -> None:
    """Run as the child process. It outlives signals to its group, because its parent decides when it ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with suppress(OSError):  # service managers may forbid it
        os.nice(19)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    threading.stack_size(256 * 1024)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    Image.MAX_IMAGE_PIXELS = None  # `_checked` has limits of its own
    limit_memory()
    serve(answers)
    os._exit(0)  # the other thread still reads, which Python does not forgive at its usual end


if __name__ == "__main__":
    main()
