"""Telling other processes, and this one, that something happened. A hint that may be lost: the database is the truth.

An event is a dictionary that the channel layer can carry, made by the functions below and read by the hub alone.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from chat import protocol
from chat.telemetry.outage import Outage

log = logging.getLogger(__name__)

Event = dict[str, Any]

# Every process's hub is in this group, whatever rooms are open in it.
WORKERS_GROUP = "workers"
# A broadcast with more bytes of messages than this says only that there is something to read.
MAX_BROADCAST_BYTES = 256 * 1024

_outage = Outage(log, "The channel layer", "Open pages get new messages from the head check")
_thread = threading.local()
_senders: dict[asyncio.AbstractEventLoop, Callable[[str, Event], None]] = {}


def room_group(room_id: int) -> str:
    return f"room.{room_id}"


def changes(room_id: int, epoch: str, after: int, rev: int, entries: Sequence[tuple[int, bytes]]) -> Event:
    """Everything that moved the room's log from revision `after` to `rev`: `entries` are (rev, message as JSON).

    A transaction's changes travel whole, so a feed that stands at `after` stands at `rev` afterwards.
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
    """The room's log has reached revision `rev`; what lies before it is to be read from the database."""
    return {"type": "room.moved", "room": room_id, "epoch": epoch, "rev": rev}


def typing(room_id: int, person: protocol.PersonData, on: bool) -> Event:
    told = {"id": person.id, "name": person.name, "guest": person.guest, "color": person.color}
    return {"type": "room.typing", "room": room_id, **told, "on": on}


def presence_moved(worker: str) -> Event:
    """A worker's people have changed; they are to be read from the database."""
    return {"type": "worker.presence", "worker": worker}


def read_moved(places: Iterable[tuple[int, int]]) -> Event:
    """For each (person id, room id), that person's read position moved, or the room became theirs: their unread counts
    are to be read anew."""
    return {"type": "worker.read", "places": [list(place) for place in places]}


def spent(worker: str, taken: dict[str, list[tuple[Any, int]]]) -> Event:
    """What a worker gave out of its rate limits, as `limits.spent` has it; the others take as much out of theirs."""
    return {"type": "worker.spent", "worker": worker, "taken": taken}


def connection_counts_changed(worker: str, counts: list[tuple[Any, int]]) -> Event:
    """How many sockets somebody has at a worker now, for each of whom that has changed; as `Crowd.news` has it."""
    return {"type": "worker.crowd", "worker": worker, "counts": counts}


def access_moved() -> Event:
    """Somebody may have lost a right, or has another name; connections are to be checked now."""
    return {"type": "worker.access"}


def publish_on_commit(group: str, event: Event) -> None:
    """Send `event` to `group` once the current transaction is committed, at once where there is none."""
    transaction.on_commit(lambda: publish(group, event))


@contextmanager
def gathered() -> Iterator[list[tuple[str, Event]]]:
    """What this thread publishes meanwhile, put down here for `send_in` instead of being sent: a thread that wakes the
    event loop for each event, and once more for its answer, costs it a turn for each."""
    before = getattr(_thread, "events", None)
    events: list[tuple[str, Event]] = []
    _thread.events = events
    try:
        yield events
    finally:
        _thread.events = before


def send_in(loop: asyncio.AbstractEventLoop, events: Iterable[tuple[str, Event]]) -> None:
    """`publish` what was gathered, in the thread of `loop`. After `detach` it is for the head checks of others."""
    if send := _senders.get(loop):
        for group, event in events:
            send(group, event)


def publish(group: str, event: Event) -> None:
    """Send `event` to `group` without waiting for it where this process serves sockets, else through the layer itself.

    Never raises for a layer that is down: what was lost is found by each process's head check.
    """
    if (events := getattr(_thread, "events", None)) is not None:
        events.append((group, event))
        return
    for loop, send in list(_senders.items()):
        if not loop.is_closed():
            loop.call_soon_threadsafe(send, group, event)
            return
        del _senders[loop]
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(layer.group_send)(group, event)
    except Exception as error:
        _outage.begin(error)
    else:
        _outage.end()


def attach(loop: asyncio.AbstractEventLoop, send: Callable[[str, Event], None]) -> None:
    """Let `send`, called in `loop`, carry what this process publishes."""
    _senders[loop] = send


def detach(loop: asyncio.AbstractEventLoop) -> None:
    _senders.pop(loop, None)
