"""Small pictures and other files, among them those that try to harm."""

import io
import struct
import zlib

from PIL import Image, ImageCms

SECRET = b"a secret place"
SCRIPT = b"<script>alert(1)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
SIZE = (40, 20)


def encoded(image, kind, **options):
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def picture(kind="PNG", mode="RGB", size=SIZE, **options):
    """Return a picture that is red at the left and blue at the right."""
    image = Image.new("RGB", size, (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, size[0] // 2, size[1]))
    return encoded(image.convert(mode), kind, **options)


def animation(kind, frames=3, size=SIZE):
    images = [Image.new("RGB", size, (it * 7 % 256, it % 256, 99)) for it in range(frames)]
    return encoded(images[0], kind, save_all=True, append_images=images[1:], duration=50, loop=0)


def exif(orientation=1):
    """Return EXIF data with an orientation, a place and a comment."""
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010E] = SECRET.decode()
    data.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 0.0), 3: "E", 4: (11.0, 34.0, 0.0)})
    return data.tobytes()


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width, height, *chunks, rows=b""):
    """Return a PNG in gray with any claims in its header."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(rows or bytes((width + 1) * height), 9))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + data + chunk(b"IEND", b"")


def many_frames(frames):
    """Return an APNG that has so many frames of one pixel, and is small."""
    control = struct.pack(">IIIIHHBB", 1, 1, 0, 0, 1, 100, 0, 0)
    parts = [chunk(b"acTL", struct.pack(">II", frames, 0)), chunk(b"fcTL", struct.pack(">I", 0) + control)]
    whole = png(1, 1, *parts)
    pixel = zlib.compress(b"\0\0")
    later = b"".join(
        chunk(b"fcTL", struct.pack(">I", 2 * it - 1) + control) + chunk(b"fdAT", struct.pack(">I", 2 * it) + pixel)
        for it in range(1, frames)
    )
    return whole[:-12] + later + whole[-12:]


def swapped_profile():
    """Return a color profile that displays red as green, and green as red."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)
