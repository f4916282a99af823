"""Live figures of the site for the admin: messages per minute by room, and connected people by room and worker."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncMinute
from django.utils import timezone

from chat.models import Message, Presence, Room, Worker

MINUTES = 30
# Rooms that are listed by name. All others are added up.
ROOMS = 6


@dataclass(frozen=True, slots=True)
class RoomActivity:
    """The figures of a room. `per_minute` has a number per minute, the oldest first, and `people` one per worker."""

    name: str
    per_minute: list[int]
    people: list[int]

    @property
    def messages(self) -> int:
        return sum(self.per_minute)


@dataclass(frozen=True, slots=True)
class Activity:
    """The busiest rooms first, then all others added up. `workers` has the order of `people` in each room."""

    first_minute: datetime
    rooms: list[RoomActivity]
    workers: list[Worker]


def lately() -> Activity:
    """Return the activity of the last half hour. Takes four queries; the first uses the index of messages by time."""
    first = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=MINUTES - 1)
    written = _written_since(first)
    workers = list(Worker.objects.order_by("pk"))
    present = _people()
    busiest = _busiest(written, present)
    names = Room.objects.in_bulk(busiest)
    columns = [worker.pk for worker in workers]
    rooms = [_activity(str(names[pk]), [pk], written, present, columns) for pk in busiest if pk in names]
    others = sorted({*written, *(room for room, _ in present)} - set(busiest))
    if others:
        rooms.append(_activity(f"{len(others)} other rooms", others, written, present, columns))
    return Activity(first, rooms, workers)


def _written_since(first: datetime) -> dict[int, Counter[int]]:
    """Return the number of messages by room and by minute since `first`."""
    rows = Message.objects.filter(created_at__gte=first).annotate(minute=TruncMinute("created_at"))
    found: dict[int, Counter[int]] = {}
    for room_id, minute, number in rows.values_list("room_id", "minute").annotate(number=Count("pk")).order_by():
        index = min(int((minute - first).total_seconds()) // 60, MINUTES - 1)
        found.setdefault(room_id, Counter())[index] += number
    return found


def _people() -> Counter[tuple[int, object]]:
    """Return the number of connected people by room and worker."""
    rows = Presence.objects.values_list("room_id", "worker_id").annotate(number=Count("pk")).order_by()
    return Counter({(room_id, worker_id): number for room_id, worker_id, number in rows})


def _busiest(written: dict[int, Counter[int]], present: Counter[tuple[int, object]]) -> list[int]:
    weight: Counter[int] = Counter()
    for room_id, minutes in written.items():
        weight[room_id] += 1000 * minutes.total()
    for (room_id, _), number in present.items():
        weight[room_id] += number
    return [room_id for room_id, _ in weight.most_common(ROOMS)]


def _activity(
    name: str,
    room_ids: list[int],
    written: dict[int, Counter[int]],
    present: Counter[tuple[int, object]],
    columns: Sequence[object],
) -> RoomActivity:
    minutes = sum((written.get(room_id, Counter()) for room_id in room_ids), Counter())
    people = [sum(present[room_id, worker] for room_id in room_ids) for worker in columns]
    return RoomActivity(name, [minutes[minute] for minute in range(MINUTES)], people)
