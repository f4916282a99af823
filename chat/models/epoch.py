"""The identity of this database's history, which every cursor carries."""

import secrets

from django.db import models

from chat.db.compiled_queries import CompiledQuery


def new_epoch() -> str:
    """Return a random id of 12 URL-safe characters without a dot, which separates the parts of a cursor."""
    return secrets.token_hex(6)


class Epoch(models.Model):
    """A single row. A database restored from a backup gets a new value, so that cursors of lost data are invalid."""

    value = models.CharField(max_length=16, default=new_epoch)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_epoch")]

    def __str__(self) -> str:
        return self.value

    @classmethod
    def current(cls) -> str:
        """Return this database's epoch. The first use creates it."""
        found = EPOCH.rows()
        return found[0].value if found else cls.objects.get_or_create(pk=1)[0].value

    @classmethod
    def bump(cls) -> str:
        """Set and return a new epoch, which makes all cursors so far invalid."""
        return cls.objects.update_or_create(pk=1, defaults={"value": new_epoch()})[0].value


EPOCH = CompiledQuery(lambda: Epoch.objects.filter(pk=1))
