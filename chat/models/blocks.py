"""Blocks between people."""

from collections.abc import Iterable
from typing import Self

from django.db import models
from django.utils import timezone

from chat.db.compiled_queries import CompiledQuery, Param, ParamList
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

    @classmethod
    def ids_of(cls, person_id: int) -> list[int]:
        """Return the ids of the people whom a person has blocked. Takes one compiled query."""
        return [blocked_id for (blocked_id,) in _OF.rows(person=person_id)]

    @classmethod
    def among(cls, people: Iterable[int], others: Iterable[int]) -> set[tuple[int, int]]:
        """Return the (person, blocked) in which one of `people` has blocked one of `others`. One compiled query."""
        return set(_AMONG.rows(people=people, others=others))


_OF = CompiledQuery(
    lambda: Block.objects.filter(person=Param("person", Person._meta.pk)).order_by("pk").values_list("blocked_id")
)
_AMONG = CompiledQuery(
    lambda: Block.objects.filter(
        person__in=ParamList("people", Person._meta.pk), blocked__in=ParamList("others", Person._meta.pk)
    ).values_list("person_id", "blocked_id")
)
