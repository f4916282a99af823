"""The CPU and memory of unread counts: `python -m benchmarks.unread --people 300 --rooms 100`.

Everyone is a member of every room and views another one. The counts read a real database in this process. Their frames
are counted and discarded, because other benchmarks measure sending.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import django
from django.db import connection

from benchmarks.processes import MIB
from benchmarks.server import BASE_DIR, settings

IN_VIEW = 0  # no room of theirs
SECONDS = 5
TABLE = """\
loading          {load_us:.1f} µs CPU per person and room
memory           {bytes:.0f} B per person and room
one busy room    {busy_ms:.2f} ms CPU per second, {busy_frames:,} frames
all rooms busy   {all_ms:.1f} ms CPU per second, {all_frames:,} frames
nothing happens  {idle_us:.0f} µs CPU per second
comparison       {compare_ms:.1f} ms CPU per second"""


class Discarded:
    """Connections that count the frames they are sent."""

    frames = 0

    def send_to_person(self, person_id: int, room_id: int, text: str) -> None:
        self.frames += 1

    def send_read_position(self, person_id: int, room_id: int, position: tuple[int, bool]) -> None:
        pass

    def send_membership(self, person_id: int, room_id: int, is_member: bool) -> None:
        pass


class Direct:
    """Reads in the calling thread, so that the CPU of both is measured together."""

    async def read(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return function(*arguments)


async def no_alerts(wanted: object) -> list[tuple[int, str, list[int]]]:
    return []


def main() -> None:
    options = parse(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="benchmark-") as directory:
        os.environ |= settings(Path(directory), f"sqlite:///{directory}/db.sqlite3")
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"]
        subprocess.run(command, cwd=BASE_DIR, env=os.environ, check=True)
        django.setup()
        fill(options.people, options.rooms)
        print(TABLE.format(**asyncio.run(measure(options.people, options.rooms))))


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.unread", description=__doc__)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--rooms", type=int, default=100)
    return parser.parse_args(arguments)


def fill(people: int, rooms: int) -> None:
    """Make everyone a member of every room. Each room has a hundred messages, half of them read."""
    from chat.models import Membership, Person, Room, RoomHead

    Person.objects.bulk_create(Person(name=f"p{number}", handle=f"p{number}") for number in range(people))
    made = Room.objects.bulk_create(Room(slug=f"r{number}", name=f"Room {number}") for number in range(rooms))
    RoomHead.objects.bulk_create(RoomHead(room=room, seq=1000) for room in made)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Membership._meta.db_table} (person_id, room_id, role, read_seq, joined_at)"
            f" SELECT p.id, r.id, 'member', 500, '2026-01-01' FROM {Person._meta.db_table} p, {Room._meta.db_table} r"
            " WHERE r.slug <> 'lobby'"
        )


async def measure(people: int, rooms: int) -> dict[str, float]:
    from chat.delivery.presence.unread import UnreadCounts
    from chat.models import Person, Room

    pairs, connections = people * rooms, Discarded()
    counts = UnreadCounts(connections, Direct(), no_alerts)
    for person_id in Person.objects.values_list("pk", flat=True):
        counts.enter(person_id, IN_VIEW)
    before = memory()
    load_seconds = await cpu(counts.refresh())
    figures = {"load_us": 1e6 * load_seconds / pairs, "bytes": (memory() - before) / pairs}
    figures["idle_us"] = 1e6 * await cpu(counts.refresh())
    room_ids = list(Room.objects.exclude(slug="lobby").values_list("pk", flat=True))
    for name, busy in (("busy", room_ids[:1]), ("all", room_ids)):
        connections.frames, total = 0, 0.0
        for second in range(1, SECONDS + 1):
            seq = max(counts.heads().values()) + second
            counts.take({"type": "worker.moved", "heads": [[room_id, seq] for room_id in busy]})
            total += await cpu(counts.refresh())
        figures |= {f"{name}_ms": 1000 * total / SECONDS, f"{name}_frames": connections.frames // SECONDS}
    figures["compare_ms"] = 1000 * await cpu(counts.compare()) / 6
    return figures


async def cpu(work: Coroutine[Any, Any, None]) -> float:
    """Return the CPU seconds of this process until the work is done."""
    began_at = time.process_time()
    await work
    return time.process_time() - began_at


def memory() -> float:
    """Return the bytes of memory in use."""
    [resident] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(resident.split()[1]) * MIB / 1024


if __name__ == "__main__":
    main()
