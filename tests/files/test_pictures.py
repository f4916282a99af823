"""Pictures: what is kept of them, and what the child process refuses. One child decodes those of all tests here."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image, ImageCms

from chat.files import picture_process, pictures
from chat.files.picture_process import DAMAGED, MAX_FRAMES
from chat.files.pictures import Failed, PictureRefused, child
from tests.cases import each
from tests.files import samples
from tests.files.samples import animation, picture, png

RED, GREEN, BLUE, CLEAR = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0, 0)


@pytest.fixture(scope="module", autouse=True)
def ended_child():
    yield
    child.end()


@pytest.fixture
def make(tmp_path):
    """Process bytes. Return what was made of them, and the pictures as they are now."""

    def run(content, media_type):
        source = tmp_path / "source"
        source.write_bytes(content)
        made = pictures.make(source, media_type, tmp_path / "picture", tmp_path / "thumb")
        return made, opened(tmp_path / "picture"), opened(tmp_path / "thumb")

    return run


def opened(path):
    content = path.read_bytes()
    image = Image.open(BytesIO(content))
    image.content = content
    return image


def looks(image, left, right):
    """Return whether the picture has about these colors at its left and right, or else which ones."""
    image = image.convert("RGBA")
    seen = [image.getpixel((image.width * it // 8, image.height // 2)) for it in (1, 7)]
    pairs = [pair for it, color in zip(seen, (left, right), strict=True) for pair in zip(it, color, strict=False)]
    return all(abs(a - b) < 24 for a, b in pairs) or seen


@each(
    ("kind", "options", "written"),
    [
        ("JPEG", {}, "JPEG"),
        ("JPEG", {"mode": "CMYK"}, "JPEG"),
        ("PNG", {}, "PNG"),
        ("PNG", {"mode": "RGBA"}, "PNG"),
        ("PNG", {"mode": "P"}, "PNG"),
        ("GIF", {}, "PNG"),
        ("WEBP", {"quality": 100}, "WEBP"),
        ("AVIF", {"quality": 100}, "WEBP"),
    ],
)
def test_a_picture_keeps_its_look_and_nothing_else(make, kind, options, written):
    if kind != "GIF":
        options |= {"exif": samples.exif()}
    content = picture(kind, **options)
    made, image, thumb = make(content, f"image/{kind.lower()}")
    assert made == (f"image/{written.lower()}", 40, 20, made.color, (40, 20))
    assert (image.format, image.size, thumb.format, thumb.size) == (written, (40, 20), "WEBP", (40, 20))
    assert looks(image, RED, BLUE) is True
    assert looks(thumb, RED, BLUE) is True
    assert abs(int(made.color[1:3], 16) - 128) < 16, made.color
    for it in (image, thumb):
        assert not it.getexif(), kind
        assert samples.SECRET not in it.content
        assert {"exif", "comment", "xmp", "icc_profile"}.isdisjoint(it.info)


@each("orientation", range(1, 9))
def test_a_picture_is_turned_as_it_says(make, orientation):
    upright = Image.open(BytesIO(picture("JPEG", size=(64, 32), quality=100)))
    turn = picture_process.TURNS.get({6: 8, 8: 6}.get(orientation, orientation))
    stored = upright if turn is None else upright.transpose(turn)
    content = samples.encoded(stored, "JPEG", exif=samples.exif(orientation), quality=100)
    made, image, _ = make(content, "image/jpeg")
    assert (made.width, made.height) == (64, 32)
    assert looks(image, RED, BLUE) is True, orientation


def test_colors_are_those_of_the_profile(make):
    _, image, _ = make(picture("PNG", icc_profile=samples.swapped_profile()), "image/png")
    assert looks(image, GREEN, BLUE) is True
    for profile in (b"nothing", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()):
        _, image, _ = make(picture("PNG", icc_profile=profile), "image/png")
        assert looks(image, RED, BLUE) is True
        assert "icc_profile" not in image.info


def test_clear_pixels_stay_clear(make):
    image = Image.new("P", (40, 20), 0)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.paste(1, (0, 0, 20, 20))
    for kind in ("PNG", "GIF"):
        content = samples.encoded(image, kind, transparency=0)
        made, written, thumb = make(content, f"image/{kind.lower()}")
        assert looks(written, (*RED, 255), CLEAR) is True
        assert looks(thumb, (*RED, 255), CLEAR) is True
        assert int(made.color[1:3], 16) > 240, "clear pixels have no color"


def test_gray_of_16_bits_keeps_its_shades(make):
    image = Image.frombytes("I;16", (40, 20), (b"\0\xc0" * 20 + b"\0\x40" * 20) * 20)
    _, written, _ = make(samples.encoded(image, "PNG"), "image/png")
    assert looks(written, (0xC0,) * 3, (0x40,) * 3) is True


def test_large_and_thin_pictures_are_scaled(make):
    made, image, thumb = make(picture("JPEG", size=(5000, 2500)), "image/jpeg")
    assert (image.size, made.thumb, thumb.size) == ((4096, 2048), (720, 360), (720, 360))
    made, image, thumb = make(png(1, 65_535), "image/png")
    assert (image.size, thumb.size) == ((1, 4096), (1, 540))


@each("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_animations_become_webp_with_their_times(make, kind):
    made, image, thumb = make(animation(kind), f"image/{kind.lower()}")
    assert (made.media_type, image.format, image.n_frames, thumb.n_frames) == ("image/webp", "WEBP", 3, 1)
    image.load()
    assert image.info["duration"] == 50


def test_a_second_picture_in_a_jpeg_is_no_frame(make):
    content = samples.encoded(
        Image.new("RGB", (40, 20)), "MPO", save_all=True, append_images=[Image.new("RGB", (9, 9))]
    )
    assert make(content, "image/jpeg")[0].media_type == "image/jpeg"


@each(
    ("content", "media_type", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n" + samples.SCRIPT, "image/png", DAMAGED),
        (b"GIF89a" + samples.SCRIPT * 9, "image/gif", "damaged"),
        (picture("JPEG"), "image/png", DAMAGED),
        (picture("PNG")[:-60], "image/png", "damaged"),
        (picture("JPEG")[:400], "image/jpeg", "damaged"),
        (picture("WEBP")[:60], "image/webp", "damaged"),
        (picture("AVIF")[:200], "image/avif", "damaged"),
        (animation("GIF")[:200], "image/gif", "damaged"),
        (png(65_535, 65_535, rows=b"\0"), "image/png", "more than 40 megapixels"),
        (png(2**31 - 1, 1, rows=b"\0"), "image/png", "more than 40 megapixels"),
        (png(0, 0, rows=b"\0"), "image/png", "damaged"),
        (samples.many_frames(10_000), "image/png", f"more than {MAX_FRAMES} frames"),
        (animation("GIF", MAX_FRAMES + 1, (2, 2)), "image/gif", f"more than {MAX_FRAMES} frames"),
        (
            b"GIF89a\x10\x27\x10\x27\0\0\0" + b"\x2c\0\0\0\0\x10\x27\x10\x27\0\2\1\0\0" * 2 + b"\x3b",
            "image/gif",
            "pixels",
        ),
    ],
)
def test_harmful_and_damaged_pictures_are_refused(make, content, media_type, sentence):
    with pytest.raises(PictureRefused, match=sentence):
        make(content, media_type)
    assert not child.end(), "no crash"


def test_a_polyglot_loses_what_it_hides(make):
    script = samples.SCRIPT + b"PK\3\4 all the classes"
    for kind, options in (("PNG", {}), ("JPEG", {"comment": script}), ("GIF", {"comment": script})):
        _, image, thumb = make(picture(kind, **options) + script, f"image/{kind.lower()}")
        for it in (image, thumb):
            assert b"script" not in it.content
            assert b"PK" not in it.content


def memory(name):
    status = Path(f"/proc/{child.process.pid}/status").read_text()
    return int(status.partition(f"{name}:")[2].split()[0]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux bounds the memory of a process.")
def test_memory_of_the_child_is_bounded(make):
    """A picture within all limits of pixels, but of the kind that needs most memory. Others are in `docs/files.md`."""
    child.end()
    make(png(6324, 6324), "image/png")
    limit = picture_process.MEMORY_BYTES
    assert resource.prlimit(child.process.pid, resource.RLIMIT_AS) == (limit, limit)
    assert resource.prlimit(child.process.pid, resource.RLIMIT_CPU)[0] < 2 * picture_process.CPU_SECONDS
    assert memory("VmPeak") <= picture_process.MEMORY_BYTES
    assert memory("VmHWM") <= picture_process.MEMORY_BYTES
    resource.prlimit(child.process.pid, resource.RLIMIT_AS, (80_000_000, 80_000_000))
    with pytest.raises(PictureRefused, match="memory"):
        make(png(6324, 6324), "image/png")
    # A child that was short of memory ends, and so does an idle one. The next picture gets another.
    assert make(picture(), "image/png")[0].width == 40


class Immediately(NamedTuple):
    """A timer that fires when it starts."""

    seconds: float
    start: Callable[[], None]

    def cancel(self):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux shows the environment of a process.")
def test_the_child_has_no_secrets_and_no_connections(make, monkeypatch):
    child.end()
    monkeypatch.setenv("SECRET_KEY", "hidden")
    make(picture(), "image/png")
    process = Path(f"/proc/{child.process.pid}")
    assert b"hidden" not in (process / "environ").read_bytes()
    opened = [os.readlink(it) for it in (process / "fd").iterdir()]
    assert [it for it in opened if it.startswith("socket:")] == []


def test_a_child_that_crashes_refuses_one_picture(make, monkeypatch):
    make(picture(), "image/png")
    pid = child.process.pid
    os.kill(pid, signal.SIGTERM)  # as to all processes of a server that stops: it decides itself about its child
    assert make(picture(), "image/png")[0].width == 40
    assert child.process.pid == pid
    monkeypatch.setattr(pictures.threading, "Timer", Immediately)
    with pytest.raises(PictureRefused, match="damaged"):
        make(picture(), "image/png")
    monkeypatch.undo()
    assert make(picture(), "image/png")[0].width == 40
    assert child.process.pid != pid


def test_a_child_ends_when_it_is_idle_and_with_its_parent(monkeypatch, tmp_path):
    monkeypatch.setattr(picture_process, "IDLE_SECONDS", 0)
    monkeypatch.setattr(picture_process, "_receive", lambda _: None)
    picture_process.serve(BytesIO())
    source = tmp_path / "source"
    source.write_bytes(png(6324, 6324))
    request = {"task": "make_square", "source": str(source), "kind": "PNG", "picture": str(tmp_path / "a"), "side": 256}
    program = [sys.executable, str(pictures.PROGRAM)]
    done = subprocess.run(program, input=json.dumps(request).encode() + b"\n", capture_output=True, check=True)
    assert done.stdout == b"", "its input ended, so it did not finish the picture"


def test_a_child_that_cannot_start_is_no_fault_of_the_picture(make, monkeypatch):
    child.end()
    monkeypatch.setattr(pictures, "PROGRAM", Path("/nowhere.py"))
    with pytest.raises(Failed, match="cannot start"):
        make(picture(), "image/png")
