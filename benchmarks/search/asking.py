"""Run beside a site's database: asks and posts as the site does, and prints the times as JSON."""

import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import django
import msgspec

RUNS = 7
POSTS = 400
BODY = "Something of an ordinary length, as people write it now and then, about number"
# Queries, from words that hardly any message has to words that most have.
SEARCHES = {
    "a word that one message has": ("quokka", {}),
    "a word that some have": ("somewhere", {}),
    "a word that most have": ("the", {}),
    "the beginning of a word": ("mach", {}),
    "two words that many have": ("the and", {}),
    "a phrase": ('"coffee machine"', {}),
    "words that never meet": ("quokka the zebra", {}),
    "a common word by one person": ("the from:me", {}),
    "a common word in a small room": ("the", {"room": "attic"}),
    "everything by one person": ("from:me", {}),
    "a word that there is not": ("unheardof", {}),
}


def measure() -> dict[str, Any]:
    """Seconds for each search, then for posting with the index and without it."""
    from django.conf import settings

    settings.CHAT_SEARCHES_PER_MINUTE = 0
    _gather_statistics()
    person, attic, outsider = _people()
    searches = {name: _seconds(person, *asked) for name, asked in SEARCHES.items()}
    searches["the same by a person who sees only a small room"] = _seconds(outsider, "the", {})
    posting = {"with the index": _posting(person, attic)}
    with _without_index():
        posting["without it"] = _posting(person, attic)
    return {"searches": searches, "posting": posting}


def _gather_statistics() -> None:
    """PostgreSQL plans by what it knows of the words; a site that runs gathers that by itself."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _people() -> tuple[Any, Any, Any]:
    """Return the first person of the demo data and someone banned everywhere but in a small room of that person."""
    from django.utils import timezone

    from chat.actions.accounts import join_as_guest
    from chat.actions.rooms import create_room
    from chat.models import Membership, Person, Room

    person, outsider = Person.objects.order_by("pk").first(), join_as_guest("Outsider")
    banned = [Membership(person=outsider, room=room, banned_at=timezone.now()) for room in Room.objects.all()]
    Membership.objects.bulk_create(banned)
    attic = create_room(person, "Attic")
    for body in ("the quokka", "the zebra"):
        _post(person, attic, [body])
    return person, attic, outsider


def _seconds(person: Any, typed: str, options: dict[str, str]) -> dict[str, float]:
    from chat import search

    times, hits = [], 0
    for _ in range(RUNS):
        began_at = time.perf_counter()
        try:
            hits = len(search.find(person, typed, **options).hits)  # type: ignore[arg-type]
        except search.Unsearchable:
            hits = -1
        times.append(time.perf_counter() - began_at)
    return {"hits": hits, "median": statistics.median(times), "slowest": max(times)}


def _posting(person: Any, room: Any) -> dict[str, dict[str, float]]:
    """Seconds for a message: alone in its transaction, and as one of twenty."""
    return {f"{size} at a time": _transactions(person, room, size) for size in (1, 20)}


def _transactions(person: Any, room: Any, size: int) -> dict[str, float]:
    times = []
    for number in range(POSTS // size if size > 1 else POSTS):
        bodies = [f"{BODY} {number} {place}" for place in range(size)]
        began_at = time.perf_counter()
        _post(person, room, bodies)
        times.append((time.perf_counter() - began_at) / size)
    times.sort()
    return {"median": statistics.median(times), "mean": statistics.fmean(times), "p99": times[int(len(times) * 0.99)]}


def _post(person: Any, room: Any, bodies: list[str]) -> None:
    from chat import protocol
    from chat.actions.batch import Request, Result
    from chat.actions.messages import execute_batch

    posts = [protocol.Post(client_id=uuid.uuid4(), body=body) for body in bodies]
    outcomes = execute_batch([Request(person.pk, room.pk, post) for post in posts])
    if not all(isinstance(outcome, Result) for outcome in outcomes):
        raise RuntimeError(f"A post was refused: {outcomes}")


@contextmanager
def _without_index() -> Iterator[None]:
    from django.db import connection

    migration = import_module("chat.migrations.0028_search_files_and_dates")
    is_sqlite = connection.vendor == "sqlite"
    drop: Callable[..., None] = migration.drop_sqlite if is_sqlite else migration.drop_postgresql_index
    with connection.schema_editor(atomic=False) as editor:
        drop(None, editor)
    yield


if __name__ == "__main__":
    django.setup()
    sys.stdout.buffer.write(msgspec.json.encode(measure()))
