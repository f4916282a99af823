"""Who is here, leased: what a crashed worker claimed runs out with its lease."""

import uuid

from django.db import models

from chat.models.people import Person
from chat.models.rooms import Room


class Worker(models.Model):
    """One server process.

    `beat` moves while it lives: a process that sees it stand still for a lease's time, by its own clock, takes the
    worker for dead, so clocks need not agree. `version` moves whenever the people it holds change.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    beat = models.PositiveBigIntegerField(default=0)
    version = models.PositiveBigIntegerField(default=0)
    # What it did lately, told with each beat, for the desk.
    connections = models.PositiveIntegerField(default=0, db_default=0)
    messages_per_minute = models.PositiveIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return str(self.id)


class Presence(models.Model):
    """That a person has at least one connection to a room at a worker."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="present")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "room", "person"], name="present_once_per_worker")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.room_id}"
