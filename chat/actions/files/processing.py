"""The processing of complete uploads: join the pieces, find out what they are, scan them, and re-encode pictures.

Every attempt stores objects under names of its own. The row names those of the first attempt that reaches its end, and
all others are removed. So an attempt may end at any step, or run beside another one.
"""

import hashlib
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q

from chat.actions.files.changed import touch_message_of
from chat.actions.jobs.writes import write
from chat.files import kinds, pictures, scanning, scratch, storage
from chat.models import File, FilePiece
from chat.text.file_names import with_extension

HEAD_BYTES = 1024 * 1024
GAVE_UP = "This file couldn’t be processed. Upload it again."
# Without a result. Staff may try a task again that has failed, so a file that was given up keeps its pieces.
_HAS_NO_RESULT = Q(state=File.FileState.WAITING) | Q(state=File.FileState.REFUSED, refusal=GAVE_UP)


def process(file_id: int) -> None:
    """Make a complete upload ready, or refused, and tell the clients that show it.

    Raise what prevents that for now, such as a storage that is away. After an interrupted attempt, another one goes on.
    """
    file = File.objects.uploaded().filter(pk=file_id).first()
    if file is None:
        return
    if file.state == File.FileState.WAITING or file.refusal == GAVE_UP:
        with scratch.folder() as folder:
            fields = _processed(file, folder)
        if not write(finish, file, fields):  # removed, or finished by another attempt
            for name in (fields["path"], fields["thumb_path"]):
                storage.remove(name)
            return
    storage.remove_all(file.key, keep={file.path, file.thumb_path} - {""})
    touch_message_of(file)


@transaction.atomic
def finish(file: File, fields: dict[str, Any]) -> bool:
    """Store the result of processing, unless there is one. Return whether this was the first."""
    fields = {"refusal": "", **fields}
    if not File.objects.filter(_HAS_NO_RESULT, pk=file.pk).update(**fields):
        return False
    for name, value in fields.items():
        setattr(file, name, value)
    FilePiece.objects.filter(file=file).delete()
    return True


def give_up(file_id: int) -> None:
    """Refuse a file whose last attempt has failed, so that people no longer wait for it."""
    waiting = File.objects.filter(pk=file_id, state=File.FileState.WAITING)
    if waiting.update(state=File.FileState.REFUSED, refusal=GAVE_UP):
        touch_message_of(File.objects.get(pk=file_id))


def store_picture(key: str, source: Path, media_type: str) -> dict[str, Any]:
    """Store a picture without metadata and its thumbnail. Return the fields of its `File`.

    `source` is in a folder of its own. Raise PictureRefused or Failed.
    """
    picture, thumb = source.with_name("picture"), source.with_name("thumb")
    made = pictures.make(source, media_type, picture, thumb)
    width, height = made.thumb or (None, None)
    return {
        "kind": File.MediaKind.IMAGE,
        "media_type": made.media_type,
        "width": made.width,
        "height": made.height,
        "color": made.color,
        "thumb_path": storage.save_file(storage.object_name(key, "thumb"), thumb),
        "thumb_width": width,
        "thumb_height": height,
        **stored(key, picture),
    }


def _processed(file: File, folder: Path) -> dict[str, Any]:
    """Join the pieces, and store what the file becomes. Return the fields to set."""
    source = folder / "source"
    _join(file, source)
    return processed(file, source)


def processed(file: File, source: Path) -> dict[str, Any]:
    """Store what a file with the bytes of `source` becomes. Return the fields to set.

    `source` is in a folder of its own.
    """
    if not scanning.is_clean(source):
        return _refused(scanning.REFUSED)
    with source.open("rb") as opened:
        found = kinds.recognize(opened.read(HEAD_BYTES), file.name)
    if found.kind != File.MediaKind.IMAGE:
        ready = {"kind": found.kind, "media_type": found.media_type, "thumb_path": "", **stored(file.key, source)}
        return {"state": File.FileState.READY, **ready}
    try:
        picture = store_picture(file.key, source, found.media_type)
    except pictures.PictureRefused as refusal:
        return _refused(str(refusal))
    name = with_extension(file.name, pictures.EXTENSIONS[picture["media_type"]])
    return {"state": File.FileState.READY, "name": name, **picture}


def _refused(reason: str) -> dict[str, Any]:
    return {"state": File.FileState.REFUSED, "refusal": reason, "path": "", "thumb_path": ""}


def _join(file: File, target: Path) -> None:
    with target.open("wb") as joined:
        for piece in file.pieces.order_by("start"):
            joined.write(storage.read(piece.path, piece.size))
    if target.stat().st_size != file.size:
        raise ValueError(f"The pieces of file {file.pk} have {target.stat().st_size} bytes instead of {file.size}.")


def stored(key: str, source: Path) -> dict[str, Any]:
    """Store the bytes of a file. Return the fields that describe them."""
    with source.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    path = storage.save_file(storage.object_name(key, "file"), source)
    return {"path": path, "size": source.stat().st_size, "sha256": digest}
