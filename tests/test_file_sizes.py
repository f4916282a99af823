"""Sizes of files and of pictures, for which the page's JavaScript has the same rules (tests/js/sizes.test.mjs)."""

import json
from pathlib import Path

from chat.protocol import FileData
from chat.templatetags.files import box
from chat.text.sizes import short_size, spoken_size

VECTORS = json.loads((Path(__file__).parent / "vectors" / "file_sizes.json").read_bytes())


def test_sizes_of_files_are_written_and_spoken():
    assert [[size, short_size(size), spoken_size(size)] for size, *_ in VECTORS["sizes"]] == VECTORS["sizes"]


def test_room_that_a_picture_takes():
    def shown(width, height):
        return list(box(FileData("key", "map.png", "image/png", 1, "image", width=width, height=height)))

    assert [[width, height, shown(width, height)] for width, height, _ in VECTORS["boxes"]] == VECTORS["boxes"]
