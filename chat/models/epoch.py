"""The identity of this database's history, which every cursor carries."""

import secrets

from django.db import models

from chat.db.compiled_queries import CompiledQuery


def new_epoch() -> str:
    """A random id of 12 URL-safe characters without a dot, the separator within a cursor."""
    return secrets.token_hex(6)


class Epoch(models.Model):
    """One row. A database restored from a backup gets a new value, so that cursors from its lost future are void."""

    value = models.CharField(max_length=16, default=new_epoch)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_epoch")]

    def __str__(self) -> str:
        return self.value

    @classmethod
    def current(cls) -> str:
        """This database's epoch, made on first use."""
        found = EPOCH.rows()
        return found[0].value if found else cls.objects.get_or_create(pk=1)[0].value

    @classmethod
    def bump(cls) -> str:
        """Another epoch from now on: cursors given out so far are void."""
        return cls.objects.update_or_create(pk=1, defaults={"value": new_epoch()})[0].value


EPOCH = CompiledQuery(lambda: Epoch.objects.filter(pk=1))
