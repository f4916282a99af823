"""Blocks between people."""

from typing import Self

from django.db import models
from django.utils import timezone

from chat.models.people import Person


class BlockQuerySet(models.QuerySet["Block"]):
    def between(self, one: int, other: int) -> Self:
        """Return the blocks in either direction between two people, given by their ids."""
        return self.filter(person__in=(one, other), blocked__in=(one, other))


class Block(models.Model):
    """`person` wants no messages from `blocked`. Only `person` knows of it."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="blocks")
    blocked = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = BlockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "blocked"], name="one_block_per_person"),
            models.CheckConstraint(condition=~models.Q(person=models.F("blocked")), name="no_block_of_oneself"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} blocks {self.blocked_id}"
