"""The files of a room, newest first."""

from dataclasses import dataclass

from chat.models import Attachment, Block, File, Person, Room

PAGE = 50
# The kinds that people may ask for, and their names on the page.
KINDS = {"image": "Pictures", "audio": "Audio", "video": "Video", "file": "Other"}


@dataclass(frozen=True, slots=True)
class FilePage:
    """Files with their messages and authors. With `more`, there are others before the id of the last."""

    entries: list[Attachment]
    more: bool


def page(
    room: Room, person: Person, *, kind: str = "", before: int | None = None, limit: int = PAGE, hides: bool = True
) -> FilePage:
    """Return files of a room from `Room.seen_by`, at most `limit` before an id. Two queries at most.

    With `hides`, those of people whom the person has blocked are left out, as their messages are folded in the room.
    """
    rows = (
        Attachment.objects.filter(message__room=room, message__seq__gt=room.floor_seq, message__deleted_at=None)
        .exclude(file__state=File.FileState.REFUSED)
        .select_related("file", "message__author")
        .order_by("-pk")
    )
    if kind:
        rows = rows.filter(file__kind=kind)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if hides and (blocked := Block.ids_of(person.pk)):
        rows = rows.exclude(message__author__in=blocked)
    found = list(rows[: limit + 1])
    return FilePage(found[:limit], more=len(found) > limit)
