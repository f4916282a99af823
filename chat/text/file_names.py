"""Names of uploaded files, cleaned for display and for the disks of those who download them."""

import re

from chat.text.cleaning import clean_text

MAX_LENGTH = 200
# A longer extension is not one.
EXTENSION_LENGTH = 20
FALLBACK = "file"
# Extensions of one type.
_ALIKE = {".jpg": (".jpg", ".jpeg", ".jpe", ".jfif")}
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


def with_extension(name: str, extension: str) -> str:
    """Return the name with this extension instead of its own, for a file of another type than before."""
    if name.lower().endswith(_ALIKE.get(extension, (extension,))):
        return name
    stem, _, former = name.rpartition(".")
    whole = stem if stem and len(former) <= EXTENSION_LENGTH else name
    return whole[: MAX_LENGTH - len(extension)] + extension
