"""The types of files, by their content."""

import struct

from chat.files.kinds import Recognized, recognize
from chat.models import File
from tests.cases import each
from tests.files import samples
from tests.files.samples import picture

PAD = bytes(64)


def mp4(brand, *others):
    brands = brand + bytes(4) + b"".join(others)
    return struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands + PAD


@each(
    ("kind", "options", "size"),
    [
        ("PNG", {}, (40, 20)),
        ("PNG", {"mode": "P"}, (40, 20)),
        ("JPEG", {}, (40, 20)),
        ("JPEG", {"progressive": True, "exif": samples.exif(6)}, (20, 40)),
        ("JPEG", {"exif": samples.exif(3), "comment": b"x" * 60_000}, (40, 20)),
        ("JPEG", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"}, (40, 20)),
        ("GIF", {}, (40, 20)),
        ("WEBP", {}, (40, 20)),
        ("WEBP", {"lossless": True}, (40, 20)),
        ("WEBP", {"mode": "RGBA", "exif": samples.exif()}, (40, 20)),
        ("AVIF", {}, (40, 20)),
        ("JPEG", {"size": (9000, 30)}, (4096, 14)),
    ],
)
def test_pictures_are_recognized_with_their_size(kind, options, size):
    expected = Recognized(f"image/{kind.lower()}", File.MediaKind.IMAGE, *size)
    assert recognize(picture(kind, **options), "x.txt") == expected


@each("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_a_header_that_ends_or_lies_says_no_size(kind):
    whole = picture(kind)
    for length in range(12, 120):
        found = recognize(whole[:length])
        assert (found.width, found.height) in {(None, None), (40, 20)}, length
    for length in range(12, 120):  # whatever follows, nothing is raised
        recognize(whole[:length] + b"\xff" * 40)


@each(
    ("content", "name", "media_type"),
    [
        (mp4(b"isom", b"iso2", b"avc1"), "film.mp4", "video/mp4"),
        (mp4(b"iso5", b"dash"), "talk.m4a", "audio/mp4"),
        (mp4(b"M4A ", b"isom"), "talk", "audio/mp4"),
        (mp4(b"qt  "), "film.mov", "video/quicktime"),
        (mp4(b"heic", b"mif1"), "photo.heic", "application/octet-stream"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm" + PAD, "film.webm", "video/webm"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm" + PAD, "talk.weba", "audio/webm"),
        (b"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska" + PAD, "film.mkv", "application/octet-stream"),
        (b"OggS\0\2" + bytes(20) + b"\x01\x13OpusHead", "talk.opus", "audio/ogg"),
        (b"OggS\0\2" + bytes(20) + b"\x01\x2a\x80theora", "film.ogv", "video/ogg"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "talk.wav", "audio/wav"),
        (b"fLaC\0\0\0\x22", "talk.flac", "audio/flac"),
        (b"ID3\4\0\0", "talk.mp3", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "talk.mp3", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "talk.txt", "application/octet-stream"),
        (b"%PDF-1.7\n" + samples.SCRIPT, "paper.pdf", "application/pdf"),
        (b"PK\3\4" + PAD, "all.zip", "application/zip"),
        (samples.SVG, "logo.svg", "application/octet-stream"),
        (samples.SVG, "logo.png", "application/octet-stream"),
        (b"<html>" + samples.SCRIPT, "photo.png", "application/octet-stream"),
        (b"", "photo.png", "application/octet-stream"),
    ],
)
def test_other_files_are_recognized_by_their_content(content, name, media_type):
    top = media_type.partition("/")[0]
    kind = File.MediaKind(top) if top in ("audio", "video") else File.MediaKind.FILE
    assert recognize(content, name) == Recognized(media_type, kind)
