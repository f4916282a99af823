"""Names of uploaded files, cleaned for display and for the disks of those who download them."""

import re

from chat.text.cleaning import clean_text

MAX_LENGTH = 200
# A longer extension is not one.
EXTENSION_LENGTH = 20
FALLBACK = "file"
_SEPARATORS = re.compile(r"[/\\]")
# Marks that change the direction of the text around them. They would make `gpj.exe` look like `exe.jpg`.
_DIRECTIONS = re.compile("[\u061c\u200e\u200f]")
# Windows refuses these in names.
_RESERVED = re.compile(r'[<>:"|?*]')


def clean_file_name(value: str) -> str:
    """Return the last part of a path on one line, without control characters, and never empty.

    A name that is too long loses characters before its extension.
    """
    last = _SEPARATORS.split(value[-4 * MAX_LENGTH :])[-1]
    line = " ".join(clean_text(_DIRECTIONS.sub("", last)).split())
    name = _RESERVED.sub("_", line).strip(" .")
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > EXTENSION_LENGTH:
        return name[:MAX_LENGTH].strip(" .") or FALLBACK
    return stem[: MAX_LENGTH - len(dot + extension)] + dot + extension
