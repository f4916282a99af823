"""Deleting, restoring and erasing messages of others, from one to `MAX_MESSAGES` at once.

Each transaction locks one room for at most `BATCH` messages and publishes them in one event, so that people can post in
between. The audit log gets one entry for the whole request, also when a later batch failed.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any

from django.db import connection, models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone

from chat import broadcast, serializers
from chat.actions import audit, mention_rows
from chat.actions.audit import Action
from chat.actions.files import removal as files_removal
from chat.actions.mention_rows import MentionChanges
from chat.auth import permissions
from chat.auth.permissions import Actor, Rank
from chat.errors import ActionError
from chat.models import Attachment, Epoch, Message, Person, Preview, Reaction, Report, Room, RoomHead
from chat.protocol import Code

BATCH = 500
# The limit of one request by a person.
MAX_MESSAGES = 10_000
TABLE = Message._meta.db_table
# Written by hand, as `statements.UPDATE_READ_POSITIONS` is: to build it with Django takes longer than all the rest.
MOVE = (
    f"UPDATE {TABLE} SET rev = moved.rev FROM (SELECT column1 AS id, column2 AS rev FROM (VALUES {{}}) AS pairs) "  # noqa: S608
    f"AS moved WHERE {TABLE}.id = moved.id"
)


class BulkOperation(ABC):
    """A change that applies to each of many messages, and how it is published."""

    action: Action
    right = permissions.MODERATE

    def may_apply_to_own(self, actor: Actor) -> bool:
        """Return whether the actor may do this to their own messages."""
        return True

    @abstractmethod
    def concerns(self, message: Message) -> bool:
        """Return whether this message has to be changed."""

    @abstractmethod
    def fields(self, now: datetime) -> dict[str, Any]:
        """Return the values that every changed message gets."""

    @abstractmethod
    def change_mentions(self, room: Room, changed: list[Message]) -> MentionChanges:
        """Delete or restore the mentions of the changed messages."""

    def publish(self, head: RoomHead, before: int, changed: list[Message]) -> None:
        """Do what else belongs to the transaction. By default, publish the changed messages to the room."""
        entries = [(it.rev, serializers.encode(it)) for it in serializers.messages(changed)]
        broadcast.publish(broadcast.changes(head.room_id, Epoch.current(), before, head.rev, entries))


class BulkDelete(BulkOperation):
    action = Action.DELETE

    def concerns(self, message: Message) -> bool:
        return not message.is_deleted

    def fields(self, now: datetime) -> dict[str, Any]:
        return {"deleted_at": now}

    def change_mentions(self, room: Room, changed: list[Message]) -> MentionChanges:
        return mention_rows.remove(changed)

    def publish(self, head: RoomHead, before: int, changed: list[Message]) -> None:
        super().publish(head, before, changed)
        files_removal.hide_of(changed)


class BulkRestore(BulkOperation):
    """Restoring. Authors cannot restore their own messages, since someone with a higher rank may have deleted them."""

    action = Action.RESTORE

    def may_apply_to_own(self, actor: Actor) -> bool:
        """Return whether the actor is a superuser: no one has a higher rank."""
        return actor.rank == Rank.SUPERUSER

    def concerns(self, message: Message) -> bool:
        return message.is_deleted and not message.is_erased

    def fields(self, now: datetime) -> dict[str, Any]:
        return {"deleted_at": None}

    def change_mentions(self, room: Room, changed: list[Message]) -> MentionChanges:
        return mention_rows.restore(room, changed)


class BulkErase(BulkOperation):
    """Erasing the text. A tombstone stays.

    The log that processes hold in memory still has the text, and is not sent any more. So a client that has not
    received everything before the erasure reloads.
    """

    action = Action.ERASE
    right = permissions.ERASE

    def concerns(self, message: Message) -> bool:
        return not message.is_erased

    def fields(self, now: datetime) -> dict[str, Any]:
        changed = (it for it in Message._meta.concrete_fields if it.name in Message.CHANGEABLE and it.name != "rev")
        empty = {field.name: field.get_default() for field in changed}
        return {**empty, "deleted_at": Coalesce(models.F("deleted_at"), models.Value(now))}

    def change_mentions(self, room: Room, changed: list[Message]) -> MentionChanges:
        return mention_rows.remove(changed)

    def publish(self, head: RoomHead, before: int, changed: list[Message]) -> None:
        files_removal.remove_of(changed)
        Reaction.objects.filter(message__in=changed).delete()
        Report.objects.filter(message__in=changed).update(quote="")
        head.floor_rev = max(head.floor_rev, before)
        broadcast.publish(broadcast.moved(head.room_id, Epoch.current(), head.rev))


DELETE, RESTORE, ERASE = BulkDelete(), BulkRestore(), BulkErase()


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """The actor and reason of a bulk operation. A moderator in one room, staff in all, or the site itself (None)."""

    actor: Person | None
    reason: str = ""
    room: Room | None = None
    detail: str = ""


@dataclass(slots=True)
class Progress:
    """The count, rooms and authors of the messages changed so far."""

    count: int = 0
    seq: int = 0
    rooms: set[int] = field(default_factory=set)
    authors: dict[int | None, Person | None] = field(default_factory=dict)

    def add(self, messages: list[Message]) -> None:
        self.count += len(messages)
        self.rooms |= {message.room_id for message in messages}
        self.authors |= {message.author_id: message.author for message in messages}
        self.seq = messages[-1].seq if messages else self.seq


def execute(operation: BulkOperation, request: BulkRequest, ids: Iterable[int]) -> int:
    """Apply the operation to the messages with these ids, and return how many changed. The others are left alone.

    Refuse an actor without the right, more than `MAX_MESSAGES` ids, and messages of people whose rank is not below the
    actor's. A refused request changes nothing.
    """
    ids = list(islice(ids, MAX_MESSAGES + 1)) if request.actor else list(ids)
    actor = _check(operation, request, len(ids))
    progress = Progress()
    try:
        for room_id, keys in sorted(_by_room(ids, request.room, operation, actor).items()):
            for start in range(0, len(keys), BATCH):
                progress.add(_in_one_transaction(operation, room_id, keys[start : start + BATCH]))
    finally:
        if progress.count:
            _record(operation, request, progress)
    return progress.count


def clean_up(actor: Person, room: Room, author: Person, *, newest: int, reason: str) -> int:
    """Delete the newest messages of one person in a room and return their number. The actor needs a higher rank."""
    moderator, target = permissions.actor_in(actor, room), permissions.actor_in(author, room)
    if not moderator.can_sanction(target):
        raise ActionError(Code.FORBIDDEN, _rank_too_low(Action.DELETE, author.name))
    rows = Message.objects.filter(room=room, author=author, deleted_at=None).newest()
    return execute(DELETE, BulkRequest(actor, reason, room), rows.values_list("pk", flat=True)[:newest])


def erase_again() -> None:
    """Erase messages that have files or previews although they were erased.

    The release before files leaves them, if the site went back to it for a while. What is only deleted has a
    fingerprint.
    """
    fields = {"message__deleted_at__isnull": False, "message__body": "", "message__fingerprint": ""}
    kept = Attachment.objects.filter(**fields).values_list("message_id", flat=True)
    shown = Preview.objects.filter(**fields).values_list("message_id", flat=True)
    execute(ERASE, BulkRequest(None, detail="files of erased messages"), {*kept, *shown})


def delete_dependents(messages: list[Message]) -> None:
    """Delete the reactions, files and mentions of messages that are removed."""
    files_removal.remove_of(messages)
    Reaction.objects.filter(message__in=messages).delete()
    mention_rows.publish(mention_rows.remove(messages))


def _check(operation: BulkOperation, request: BulkRequest, number: int) -> Actor | None:
    """Return the actor with the rank that counts for the request. None for the site itself."""
    actor = request.actor
    if actor is None:
        return None
    if number > MAX_MESSAGES:
        raise ActionError(Code.TOO_LONG, f"You can change at most {MAX_MESSAGES:,} messages at once.")
    if actor.is_active and actor.has_perm(operation.right):
        return Actor(actor, max(Rank.STAFF, permissions.site_rank_of(actor)))
    if request.room and operation.right == permissions.MODERATE:
        moderator = permissions.actor_in(actor, request.room)
        if moderator.moderates:
            return moderator
    raise ActionError(Code.FORBIDDEN, "Only moderators can do that.")


def _by_room(ids: list[int], room: Room | None, operation: BulkOperation, actor: Actor | None) -> dict[int, list[int]]:
    """Return the ids of the messages of each room, in the order of the log. With `room`, only of that room."""
    found: dict[int, list[int]] = {}
    for start in range(0, len(ids), BATCH):
        rows = Message.objects.filter(pk__in=ids[start : start + BATCH])
        if room is not None:
            rows = rows.filter(room=room)
        rows_in_rooms = list(rows.values_list("room_id", "pk", "author_id"))
        if actor is not None:
            _check_authors(
                operation, actor, room, {author_id for _, _, author_id in rows_in_rooms if author_id is not None}
            )
        for room_id, pk, _ in rows_in_rooms:
            found.setdefault(room_id, []).append(pk)
    for keys in found.values():
        keys.sort()
    return found


def _check_authors(operation: BulkOperation, actor: Actor, room: Room | None, authors: set[int]) -> None:
    not_below = permissions.not_below(actor, room, authors)
    if operation.may_apply_to_own(actor):
        not_below.discard(actor.person.pk)
    if not_below:
        name = Person.objects.get(pk=min(not_below)).name
        raise ActionError(Code.FORBIDDEN, _rank_too_low(operation.action, name))


def _rank_too_low(action: Action, name: str) -> str:
    return f"You can’t {action} messages by {name}: their role is the same as or higher than yours."


@transaction.atomic
def _in_one_transaction(operation: BulkOperation, room_id: int, keys: list[int]) -> list[Message]:
    """Change the messages of one room and publish them. Return those that changed, without their texts."""
    head = RoomHead.objects.select_related("room").select_for_update(no_key=True, of=("self",)).get(pk=room_id)
    rows = Message.objects.filter(pk__in=keys).order_by("seq").only("room_id", "seq", "deleted_at", "body", "has")
    concerned = {row.pk: rev for rev, row in enumerate(filter(operation.concerns, rows), head.rev + 1)}
    if not concerned:
        return []
    changing = Message.objects.filter(pk__in=concerned)
    changing.update(**operation.fields(timezone.now()))
    _move(concerned)
    changed = list(changing.with_author().order_by("seq"))
    before, head.rev = head.rev, head.rev + len(concerned)
    mention_rows.publish(operation.change_mentions(head.room, changed))
    operation.publish(head, before, changed)
    head.save(update_fields=["rev", "floor_rev"])
    return changed


def _move(revs: dict[int, int]) -> None:
    """Give the messages with these ids their new revisions."""
    pairs = ", ".join(["(%s, %s)"] * len(revs))
    with connection.cursor() as cursor:
        cursor.execute(MOVE.format(pairs), list(chain.from_iterable(revs.items())))


def _record(operation: BulkOperation, request: BulkRequest, progress: Progress) -> None:
    rooms = Room.objects.in_bulk(progress.rooms).values()
    author = next(iter(progress.authors.values())) if len(progress.authors) == 1 and request.actor else None
    many = ", ".join(sorted(room.slug for room in rooms)) if len(rooms) > 1 else ""
    audit.record(
        request.actor,
        operation.action,
        person=author,
        room=next(iter(rooms)) if len(rooms) == 1 else None,
        seq=progress.seq if progress.count == 1 else None,
        count=progress.count,
        reason=request.reason,
        detail=request.detail or many,
    )
