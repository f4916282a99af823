"""The types of files, by their content. The name only tells sound from film, in containers of both."""

from typing import NamedTuple

from chat.files.dimensions import dimensions, fitted
from chat.models import File

UNKNOWN = "application/octet-stream"
# The largest picture that is stored. A larger one is scaled down.
MAX_PIXELS_A_SIDE = 4096
PICTURES = {"image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"}

_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_MP4_BRANDS = {b"isom", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", b"MSNV"} | {b"iso%d" % it for it in range(2, 10)}
# Containers of sound or film, and what they are called if the name is that of a sound.
_SOUNDS = {"video/mp4": "audio/mp4", "video/webm": "audio/webm", "video/ogg": "audio/ogg"}
_SOUND_NAMES = (".m4a", ".m4b", ".weba", ".oga", ".opus", ".mp3", ".aac")


class Recognized(NamedTuple):
    """The type of a file, and for pictures the size in pixels in which they are shown, if it is in the header."""

    media_type: str = UNKNOWN
    kind: File.MediaKind = File.MediaKind.FILE
    width: int | None = None
    height: int | None = None


def recognize(head: bytes, name: str = "") -> Recognized:
    """Return what a file is whose content begins with `head`. SVG, HTML and all other types are plain files."""
    media_type = _media_type(head, name.lower())
    if media_type in PICTURES:
        size = dimensions(head, media_type)
        return Recognized(
            media_type, File.MediaKind.IMAGE, *(fitted(size, MAX_PIXELS_A_SIDE) if size else (None, None))
        )
    top = media_type.partition("/")[0]
    return Recognized(media_type, File.MediaKind(top) if top in ("audio", "video") else File.MediaKind.FILE)


def _media_type(head: bytes, name: str) -> str:
    found = next((it for signature, it in _SIGNATURES if head.startswith(signature)), "") or _container(head)
    if not found and _is_mpeg_audio(head):
        found = "audio/mpeg" if name.endswith(".mp3") else "audio/aac" if name.endswith(".aac") else ""
    if name.endswith(_SOUND_NAMES):
        found = _SOUNDS.get(found, found)
    return found or UNKNOWN


def _container(head: bytes) -> str:
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], "")
    if head[:4] == b"OggS":
        return "video/ogg" if b"\x80theora" in head[:512] else "audio/ogg"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "video/webm" if b"\x42\x82\x84webm" in head[:64] else ""
    return _by_brand(head) if head[4:8] == b"ftyp" else ""


def _by_brand(head: bytes) -> str:
    """Return the type of a file of the MP4 family: its first box names the formats that it follows."""
    end = min(int.from_bytes(head[:4]), 256)
    brands = [head[8:12], *(head[it : it + 4] for it in range(16, end, 4))]
    if brands[0] == b"qt  ":
        return "video/quicktime"
    if brands[0] in (b"M4A ", b"M4B "):
        return "audio/mp4"
    if {b"avif", b"avis"} & {*brands}:
        return "image/avif"
    return "video/mp4" if _MP4_BRANDS & {*brands} else ""


def _is_mpeg_audio(head: bytes) -> bool:
    """Return whether this may be the header of a frame of MP3 or AAC: eleven bits. So the name has to agree."""
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
