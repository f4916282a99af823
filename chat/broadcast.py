"""Publishing events to all processes, including this one. An event is only a hint and may be lost.

The database is the source of truth. An event is a dictionary that the channel layer can carry. The functions below make
them, and only the hub receives them.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from chat import protocol
from chat.telemetry.outage import Outage

log = logging.getLogger(__name__)

Event = dict[str, Any]
# Sends an event to the group that `group_of` names.
Publish = Callable[[Event], None]

# The hub of every process is in this group.
WORKERS_GROUP = "workers"
# A larger broadcast carries no messages. It only says that there is something to read.
MAX_BROADCAST_BYTES = 256 * 1024

# The `publish` of the hub in each event loop of this process that serves sockets.
hubs: dict[asyncio.AbstractEventLoop, Publish] = {}
_outage = Outage(log, "The channel layer", "Open pages get new messages from the head check")
_thread = threading.local()


def room_group(room_id: int) -> str:
    return f"room.{room_id}"


def group_of(event: Event) -> str:
    return room_group(event["room"]) if "room" in event else WORKERS_GROUP


def changes(room_id: int, epoch: str, after: int, rev: int, entries: Sequence[tuple[int, bytes]]) -> Event:
    """Return the event with all changes of the room's log from revision `after` to `rev`.

    `entries` are (rev, message as JSON). The changes of a transaction stay together, so a feed at `after` is at `rev`
    afterwards.
    """
    if sum(len(encoded) for _, encoded in entries) > MAX_BROADCAST_BYTES:
        return moved(room_id, epoch, rev)
    return {
        "type": "room.changes",
        "room": room_id,
        "epoch": epoch,
        "after": after,
        "rev": rev,
        "revs": [entry_rev for entry_rev, _ in entries],
        "messages": [encoded for _, encoded in entries],
    }


def moved(room_id: int, epoch: str, rev: int) -> Event:
    """Return the event that the room's log has reached revision `rev`. Receivers read the database."""
    return {"type": "room.moved", "room": room_id, "epoch": epoch, "rev": rev}


def typing(room_id: int, person: protocol.PersonData, on: bool) -> Event:
    fields = {"id": person.id, "name": person.name, "guest": person.guest}
    look = {"color": person.color, "avatar": person.avatar, "bot": person.bot}
    return {"type": "room.typing", "room": room_id, **fields, **look, "on": on}


def saved(room_id: int, slug: str, person_id: int, seq: int, on: bool) -> Event:
    """Return the event that a person saved a message, or removed it. Only their own connections are told."""
    return {"type": "room.saved", "room": room_id, "slug": slug, "person": person_id, "seq": seq, "on": on}


def ephemeral(room_id: int, person_id: int, name: str, text: str, html: str) -> Event:
    """Return the event with the answer to a command, for those connections of its caller that are in the room."""
    return {"type": "room.ephemeral", "room": room_id, "person": person_id, "name": name, "text": text, "html": html}


def presence_moved(worker: str) -> Event:
    """Return the event that a worker's people have changed. Receivers read the database."""
    return {"type": "worker.presence", "worker": worker}


def publish_moved(
    *,
    heads: Iterable[tuple[int, int]] = (),
    read: Iterable[tuple[int, int, int, bool]] = (),
    mentioned: Iterable[tuple[int, int, int]] = (),
    memberships: Iterable[tuple[int, int]] = (),
    rooms: Iterable[int] = (),
    people: Iterable[int] = (),
) -> None:
    """Publish what unread counts depend on, as `publish` does. Nothing moved publishes nothing.

    `heads` are (room id, seq of its last message). `read` are (person id, room id, position, whether it moved back).
    `mentioned` are (person id, room id, seq) of mentions that were added or removed. Person 0 is everyone in the room.
    `memberships` are (person id, room id) that were added, ended or changed otherwise, and `rooms` the ids of rooms
    with another name, topic or visibility, or that were archived or deleted. `people` are the ids of people who
    see the presence of others than before, after a block or a closed conversation. Receivers read the last four.
    """
    moved = {"heads": heads, "read": read, "mentioned": mentioned, "memberships": memberships}
    fields: Event = {name: found for name, rows in moved.items() if (found := [list(row) for row in rows])}
    fields |= {name: ids for name, found in (("rooms", rooms), ("people", people)) if (ids := list(found))}
    if fields:
        publish({"type": "worker.moved", **fields})
    if old := _for_previous_release(fields):
        publish(old)


def _for_previous_release(fields: Event) -> Event | None:
    """Return the event that a worker of the previous release reads instead. The others take `moved` as a sign."""
    read, memberships = fields.get("read", []), fields.get("memberships", [])
    if not read and not memberships:
        return None
    event: Event = {"type": "worker.read", "moved": True, "places": [[*it[:2]] for it in [*read, *memberships]]}
    # That worker takes positions for all places or for none.
    return {**event, "positions": [[seq, back] for _, _, seq, back in read]} if not memberships else event


def moved_before(event: Event) -> Event | None:
    """Return a `worker.read` of the previous release as a `worker.moved`. None if one of this release came with it."""
    if "moved" in event:
        return None
    positions = event.get("positions") or [None] * len(event["places"])
    pairs = list(zip(event["places"], positions, strict=False))
    read = [[*pair, *position] for pair, position in pairs if position]
    # A read position is never above the head, and that of an author is the message just posted.
    heads = [[room_id, seq] for _, room_id, seq, _ in read]
    return {
        "type": "worker.moved",
        "heads": heads,
        "read": read,
        "memberships": [pair for pair, position in pairs if not position],
    }


def spent(worker: str, taken: dict[str, list[tuple[Any, int]]]) -> Event:
    """Return the event that a worker took tokens from its rate limits, as in `limits.spent`.

    Receivers take as many from theirs.
    """
    return {"type": "worker.spent", "worker": worker, "taken": taken}


def connection_counts_changed(worker: str, counts: list[tuple[Any, int]]) -> Event:
    """Return the event that a worker's connection counts changed, as in `ConnectionCounts.changes`."""
    return {"type": "worker.crowd", "worker": worker, "counts": counts}


def access_moved(*, memberships: Iterable[tuple[int, int]] = (), rooms: Iterable[int] = ()) -> Event:
    """Return the event that someone may have lost a permission or changed their name. Receivers check connections.

    `memberships` are the (person id, room id) that may have ended, and `rooms` the ids of rooms that may have become
    private. Their connections get no message until they are checked. The previous release ignores both.
    """
    fields = {"memberships": [list(pair) for pair in memberships], "rooms": list(rooms)}
    return {"type": "worker.access", **{name: found for name, found in fields.items() if found}}


def files_hidden() -> Event:
    """Return the event that files were removed or hidden with their message. Receivers check the running downloads."""
    return {"type": "worker.files"}


def jobs_waiting() -> Event:
    """Return the event that a task is due. A process with a free thread claims it."""
    return {"type": "worker.jobs"}


def publish(event: Event) -> None:
    """Send `event` after the current transaction commits, or at once without a transaction.

    This is for threads. Code in the event loop calls the hub's `publish`. Neither raises when the layer is down: each
    process's head check finds what was lost.
    """
    transaction.on_commit(lambda: _send(event))


def collect() -> list[Event]:
    """Return the list that takes what this thread publishes from now on. The caller has to send it.

    Otherwise the thread would wake the event loop for each event and for its result, which costs a turn each time.
    """
    events: list[Event] = []
    _thread.events = events
    return events


def _send(event: Event) -> None:
    """Send by the hub and without waiting if this process serves sockets, else by the layer."""
    if (events := getattr(_thread, "events", None)) is not None:
        events.append(event)
        return
    for loop, publish_in_loop in list(hubs.items()):
        if not loop.is_closed():
            loop.call_soon_threadsafe(publish_in_loop, event)
            return
        del hubs[loop]
    try:
        async_to_sync(get_channel_layer().group_send)(group_of(event), event)
    except Exception as error:
        _outage.begin(error)
    else:
        _outage.end()
