"""Leases: what only one process does at a time, such as sending mail. A lease ends when its worker is removed."""

import uuid
from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils import timezone

from chat.models import Lease

# The holder sends mail, and opens connections to addresses given by people.
OUTBOUND = "outbound"


def take(name: str, worker_id: uuid.UUID) -> bool:
    """Return whether the worker holds the lease, after taking it if it is free.

    One statement if someone holds it. It is held until the worker is removed, so call this before each use.
    """
    holder = Lease.objects.filter(pk=name).values_list("claimed_by", flat=True)
    if not (found := list(holder)):
        Lease.objects.bulk_create([Lease(name=name)], ignore_conflicts=True)
    if found and found[0] is not None:
        return bool(found[0] == worker_id)
    free = Lease.objects.filter(pk=name, claimed_by=None)
    return bool(free.update(claimed_by=worker_id, started_at=timezone.now()))


def release(held: QuerySet[Lease]) -> None:
    held.update(claimed_by=None, started_at=None)


def release_all(worker_ids: Iterable[uuid.UUID]) -> None:
    """Free all leases of workers that have ended."""
    release(Lease.objects.filter(claimed_by__in=worker_ids))
