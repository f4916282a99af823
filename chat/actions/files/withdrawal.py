"""The removal of files of messages by staff. The messages stay, and say that the file was removed."""

from functools import partial

from django.db import transaction

from chat import broadcast
from chat.actions import audit
from chat.actions.audit import Action
from chat.actions.batch import Batch
from chat.actions.files.changed import touch
from chat.actions.jobs.backend import enqueue_with_commit
from chat.actions.jobs.writes import write
from chat.actions.tasks.files import remove_objects
from chat.auth import permissions, staff_text
from chat.auth.permissions import Actor, Rank
from chat.errors import ActionError
from chat.models import File, FilePiece, Person
from chat.models.files import FileQuerySet
from chat.protocol import Code

REMOVED = "This file was removed by the staff of this site."
MAX_FILES = 1000


def withdraw(actor: Person, files: FileQuerySet, *, reason: str = "") -> int:
    """Remove the bytes of these files of messages, and return their number. Files that are removed already are left.

    Refuse an actor without the right to erase, and files in messages of people whose rank is not below the actor's.
    """
    if not (actor.is_active and actor.has_perm(permissions.ERASE)):
        raise ActionError(Code.FORBIDDEN, "You don’t have permission to remove files.")
    found = list(files.of_messages().select_related("owner", "attachment__message__room")[: MAX_FILES + 1])
    if len(found) > MAX_FILES:
        raise ActionError(Code.TOO_LONG, f"You can remove at most {MAX_FILES:,} files at once.")
    _check_owners(actor, {file.owner for file in found if file.owner})
    return sum(write(partial(_withdraw, actor, file, reason)) for file in found)


def _check_owners(actor: Person, owners: set[Person]) -> None:
    rank = max(Rank.STAFF, permissions.site_rank_of(actor))
    above = permissions.not_below(Actor(actor, rank), None, {it.pk for it in owners}) - {actor.pk}
    if name := next((it.name for it in owners if it.pk in above), ""):
        raise ActionError(Code.FORBIDDEN, f"You can’t remove files of {name}: their role is the same as or higher.")


@transaction.atomic
def _withdraw(actor: Person, file: File, reason: str) -> bool:
    message = file.attachment.message
    # Locked before the file, as by a post.
    Batch.of_room(message.room_id)
    rows = File.objects.filter(pk=file.pk).exclude(state=File.FileState.REFUSED)
    if not rows.update(state=File.FileState.REFUSED, refusal=REMOVED, path="", thumb_path="", sha256="", alt=""):
        return False
    FilePiece.objects.filter(file=file).delete()
    enqueue_with_commit(remove_objects, [file.key])
    broadcast.publish(broadcast.files_hidden())
    name = staff_text.of_file(file)
    whose = {"person": file.owner, "room": message.room, "seq": message.seq}
    audit.record(actor, Action.EDIT, reason=reason, detail=f"file removed: {name}", **whose)
    touch(message.room_id, message.pk)
    return True
