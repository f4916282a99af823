"""Presence, with a lease per worker. The rows of a crashed worker are removed when its lease runs out."""

import uuid

from django.db import models

from chat.models.people import Person
from chat.models.rooms import Room


class Worker(models.Model):
    """One server process.

    `beat` goes up while the process runs. A process that sees no change for the length of a lease, by its own clock,
    takes the worker for dead. So clocks need not agree. `version` goes up when the worker's presence rows change.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    beat = models.PositiveBigIntegerField(default=0)
    version = models.PositiveBigIntegerField(default=0)
    # The recent load, written with each beat, for the admin.
    connections = models.PositiveIntegerField(default=0, db_default=0)
    messages_per_minute = models.PositiveIntegerField(default=0, db_default=0)
    # The generation of the worker's code. What a worker of an earlier one does not know may not be used beside it.
    code = models.PositiveSmallIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return str(self.id)


class Presence(models.Model):
    """A person with at least one connection to a room at a worker."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="present")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "room", "person"], name="present_once_per_worker")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.room_id}"
