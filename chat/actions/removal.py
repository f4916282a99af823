"""Messages taken out of sight, brought back, or erased for good by those who keep the house: one, or ten thousand.

Each transaction holds one room for at most `BATCH` messages and tells of them in one event, so that the room goes on
meanwhile. Whatever the number, the audit log gets one entry, also of what was done before a batch failed.
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
from chat.actions import audit
from chat.actions.audit import Action
from chat.auth import permissions
from chat.auth.permissions import Actor, Rank
from chat.errors import ActionError
from chat.models import Epoch, Mention, Message, Person, Reaction, Report, Room, RoomHead
from chat.protocol import Code

BATCH = 500
# What one wish may ask for.
MAX_MESSAGES = 10_000
TABLE = Message._meta.db_table
# As with `statements.READ_ON`: Django's own would take longer to build than everything else takes.
MOVE = (
    f"UPDATE {TABLE} SET rev = moved.rev FROM (SELECT column1 AS id, column2 AS rev FROM (VALUES {{}}) AS pairs) "  # noqa: S608
    f"AS moved WHERE {TABLE}.id = moved.id"
)


class BulkOperation(ABC):
    """What is done to each message, and what is told of it."""

    action: Action
    right = permissions.MODERATE

    def may_be_done_to_own(self, actor: Actor) -> bool:
        """Whether the actor may do it to messages of their own."""
        return True

    @abstractmethod
    def concerns(self, message: Message) -> bool:
        """Whether there is anything to do about this message."""

    @abstractmethod
    def fields(self, now: datetime) -> dict[str, Any]:
        """What is written to every message concerned."""

    def publish(self, head: RoomHead, before: int, changed: list[Message]) -> None:
        """What else goes along in the same transaction: here, that everybody is told of it."""
        entries = [(it.rev, serializers.encode(it)) for it in serializers.messages(changed)]
        event = broadcast.changes(head.room_id, Epoch.current(), before, head.rev, entries)
        broadcast.publish_on_commit(broadcast.room_group(head.room_id), event)


class BulkDelete(BulkOperation):
    action = Action.DELETE

    def concerns(self, message: Message) -> bool:
        return not message.is_deleted

    def fields(self, now: datetime) -> dict[str, Any]:
        return {"deleted_at": now}


class BulkRestore(BulkOperation):
    """Somebody above the author may have deleted the message, so its author does not bring it back."""

    action = Action.RESTORE

    def may_be_done_to_own(self, actor: Actor) -> bool:
        """Only by a superuser, above whom nobody stands."""
        return actor.rank == Rank.SUPERUSER

    def concerns(self, message: Message) -> bool:
        return message.is_deleted and not message.is_erased

    def fields(self, now: datetime) -> dict[str, Any]:
        return {"deleted_at": None}


class BulkErase(BulkOperation):
    """A tombstone stays. Who has not heard of everything before it starts over: what a process still holds of the log
    in memory has the text in it, and is sent to nobody any more."""

    action = Action.ERASE
    right = permissions.ERASE

    def concerns(self, message: Message) -> bool:
        return not message.is_erased

    def fields(self, now: datetime) -> dict[str, Any]:
        changed = (it for it in Message._meta.concrete_fields if it.name in Message.CHANGEABLE and it.name != "rev")
        empty = {field.name: field.get_default() for field in changed}
        return {**empty, "deleted_at": Coalesce(models.F("deleted_at"), models.Value(now))}

    def publish(self, head: RoomHead, before: int, changed: list[Message]) -> None:
        forget(changed)
        Report.objects.filter(message__in=changed).update(quote="")
        head.floor_rev = max(head.floor_rev, before)
        event = broadcast.moved(head.room_id, Epoch.current(), head.rev)
        broadcast.publish_on_commit(broadcast.room_group(head.room_id), event)


DELETE, RESTORE, ERASE = BulkDelete(), BulkRestore(), BulkErase()


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """Who wants something done, and why: in one room as its moderator, or in all as staff. Without an actor the site
    itself wants it."""

    actor: Person | None
    reason: str = ""
    room: Room | None = None
    detail: str = ""


@dataclass(slots=True)
class Progress:
    """What was changed so far, without the messages themselves."""

    count: int = 0
    seq: int = 0
    rooms: set[int] = field(default_factory=set)
    authors: dict[int | None, Person | None] = field(default_factory=dict)

    def add(self, messages: list[Message]) -> None:
        self.count += len(messages)
        self.rooms |= {message.room_id for message in messages}
        self.authors |= {message.author_id: message.author for message in messages}
        self.seq = messages[-1].seq if messages else self.seq


def execute(deed: BulkOperation, wish: BulkRequest, ids: Iterable[int]) -> int:
    """Do it to the messages with these ids; those it does not concern are left alone. The number of the others.

    Refuses who may not, more than `MAX_MESSAGES`, and messages of somebody whom the actor does not stand above: then
    nothing is done.
    """
    ids = list(islice(ids, MAX_MESSAGES + 1)) if wish.actor else list(ids)
    actor = _check(deed, wish, len(ids))
    done = Progress()
    try:
        for room_id, keys in sorted(_by_room(ids, wish.room, deed, actor).items()):
            for start in range(0, len(keys), BATCH):
                done.add(_in_one_transaction(deed, room_id, keys[start : start + BATCH]))
    finally:
        if done.count:
            _record(deed, wish, done)
    return done.count


def clean_up(actor: Person, room: Room, author: Person, *, newest: int, reason: str) -> int:
    """Delete the newest messages of one person in a room. Who may do so stands above them; the number of messages."""
    standing, target = permissions.actor_in(actor, room), permissions.actor_in(author, room)
    if not standing.can_sanction(target):
        raise ActionError(Code.FORBIDDEN, _out_of_reach(Action.DELETE, author.name))
    rows = Message.objects.filter(room=room, author=author, deleted_at=None).newest()
    return execute(DELETE, BulkRequest(actor, reason, room), rows.values_list("pk", flat=True)[:newest])


def forget(messages: list[Message]) -> None:
    """Remove what hangs on messages whose text goes."""
    Reaction.objects.filter(message__in=messages).delete()
    by_room: dict[int, list[int]] = {}
    for message in messages:
        by_room.setdefault(message.room_id, []).append(message.seq)
    for room_id, seqs in by_room.items():
        Mention.objects.filter(room=room_id, seq__in=seqs).delete()


def _check(deed: BulkOperation, wish: BulkRequest, number: int) -> Actor | None:
    """What the actor is where they want it; None for the site itself."""
    actor = wish.actor
    if actor is None:
        return None
    if number > MAX_MESSAGES:
        raise ActionError(Code.TOO_LONG, f"You can change at most {MAX_MESSAGES:,} messages at once.")
    if actor.is_active and actor.has_perm(deed.right):
        return Actor(actor, max(Rank.STAFF, permissions.rank_of(actor, None)))
    if wish.room and deed.right == permissions.MODERATE:
        standing = permissions.actor_in(actor, wish.room)
        if standing.moderates:
            return standing
    raise ActionError(Code.FORBIDDEN, "Only moderators can do that.")


def _by_room(ids: list[int], room: Room | None, deed: BulkOperation, actor: Actor | None) -> dict[int, list[int]]:
    """The ids of the messages in each room, in the order of the log; only in `room`, if there is one."""
    found: dict[int, list[int]] = {}
    for start in range(0, len(ids), BATCH):
        rows = Message.objects.filter(pk__in=ids[start : start + BATCH])
        if room is not None:
            rows = rows.filter(room=room)
        places = list(rows.values_list("room_id", "pk", "author_id"))
        if actor is not None:
            _check_authors(deed, actor, room, {author_id for _, _, author_id in places if author_id is not None})
        for room_id, pk, _ in places:
            found.setdefault(room_id, []).append(pk)
    for keys in found.values():
        keys.sort()
    return found


def _check_authors(deed: BulkOperation, actor: Actor, room: Room | None, authors: set[int]) -> None:
    beyond = permissions.not_below(actor, room, authors)
    if deed.may_be_done_to_own(actor):
        beyond.discard(actor.person.pk)
    if beyond:
        name = Person.objects.get(pk=min(beyond)).name
        raise ActionError(Code.FORBIDDEN, _out_of_reach(deed.action, name))


def _out_of_reach(action: Action, name: str) -> str:
    return f"You can’t {action} messages by {name}: their role is the same as or higher than yours."


@transaction.atomic
def _in_one_transaction(deed: BulkOperation, room_id: int, keys: list[int]) -> list[Message]:
    """Change and tell; the messages that were concerned, without their texts."""
    head = RoomHead.objects.select_for_update(no_key=True).get(pk=room_id)
    rows = Message.objects.filter(pk__in=keys).order_by("seq").only("room_id", "seq", "deleted_at", "body")
    concerned = {row.pk: rev for rev, row in enumerate(filter(deed.concerns, rows), head.rev + 1)}
    if not concerned:
        return []
    changing = Message.objects.filter(pk__in=concerned)
    changing.update(**deed.fields(timezone.now()))
    _move(concerned)
    changed = list(changing.with_author().order_by("seq"))
    before, head.rev = head.rev, head.rev + len(concerned)
    deed.publish(head, before, changed)
    head.save(update_fields=["rev", "floor_rev"])
    return changed


def _move(revs: dict[int, int]) -> None:
    """Give the messages with these ids their new revisions."""
    pairs = ", ".join(["(%s, %s)"] * len(revs))
    with connection.cursor() as cursor:
        cursor.execute(MOVE.format(pairs), list(chain.from_iterable(revs.items())))


def _record(deed: BulkOperation, wish: BulkRequest, done: Progress) -> None:
    rooms = Room.objects.in_bulk(done.rooms).values()
    author = next(iter(done.authors.values())) if len(done.authors) == 1 and wish.actor else None
    many = ", ".join(sorted(room.slug for room in rooms)) if len(rooms) > 1 else ""
    audit.record(
        wish.actor,
        deed.action,
        person=author,
        room=next(iter(rooms)) if len(rooms) == 1 else None,
        seq=done.seq if done.count == 1 else None,
        count=done.count,
        reason=wish.reason,
        detail=wish.detail or many,
    )
