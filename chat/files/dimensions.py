"""The size of a picture in pixels, from its header. The processes that serve pages decode no pictures."""

import struct

# The values of the orientation in EXIF that turn a picture by a quarter.
_TURNED = range(5, 9)
# JPEG: the markers that begin a frame, and those without content.
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_BARE = {0x01, *range(0xD0, 0xD9)}
# AVIF: the headers are in the first box after the type.
_AVIF_HEADERS = 64 * 1024


def dimensions(head: bytes, media_type: str) -> tuple[int, int] | None:
    """Return width and height as the picture is shown, or None if the header is invalid or goes on after `head`."""
    try:
        width, height = _READERS[media_type](head)
    except (struct.error, ValueError, IndexError):
        return None
    return (width, height) if width and height else None


def fitted(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return a size with the same proportions, and no side longer than `side`."""
    width, height = size
    scale = min(1, side / max(size))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _jpeg(head: bytes) -> tuple[int, int]:
    at, turned = 2, False
    while True:
        while head[at + 1] == 0xFF:  # fill bytes
            at += 1
        if head[at] != 0xFF:
            raise ValueError("no marker")
        marker = head[at + 1]
        if marker in _BARE:
            at += 2
            continue
        length = int.from_bytes(head[at + 2 : at + 4])
        content = head[at + 4 : at + 2 + length]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, 1)
            return (height, width) if turned else (width, height)
        if marker == 0xE1 and content.startswith(b"Exif\0\0"):
            turned = _orientation(content[6:]) in _TURNED
        at += 2 + max(length, 2)


def _orientation(exif: bytes) -> int:
    """Return the orientation of EXIF data, or 1 if there is none."""
    order = "<" if exif[:2] == b"II" else ">"
    try:
        (first,) = struct.unpack_from(order + "I", exif, 4)
        (entries,) = struct.unpack_from(order + "H", exif, first)
        for number in range(min(entries, 200)):
            tag, _, _, value = struct.unpack_from(order + "HHIH", exif, first + 2 + 12 * number)
            if tag == 0x0112:
                return int(value)
    except struct.error:
        pass
    return 1


def _png(head: bytes) -> tuple[int, int]:
    return struct.unpack_from(">II", head, 16)


def _gif(head: bytes) -> tuple[int, int]:
    return struct.unpack_from("<HH", head, 6)


def _webp(head: bytes) -> tuple[int, int]:
    chunk = head[12:16]
    if chunk == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", head, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", head, 26)
    return width & 0x3FFF, height & 0x3FFF


def _avif(head: bytes) -> tuple[int, int]:
    """Return the largest of the sizes in the headers. The others are those of tiles, thumbnails and masks."""
    headers, found, at = head[:_AVIF_HEADERS], [], 0
    while (at := headers.find(b"ispe\0\0\0\0", at)) >= 0:
        found.append(struct.unpack_from(">II", headers, at + 8))
        at += 8
    return max(found, key=lambda it: it[0] * it[1])


_READERS = {"image/jpeg": _jpeg, "image/png": _png, "image/gif": _gif, "image/webp": _webp, "image/avif": _avif}
