"""The base of people and rooms: a name that does not look like another's."""

from typing import Self

from django.db import models

from chat.text.folding import unaccented
from chat.text.lookalikes import FORM_MAX_LENGTH, skeletons

FORM_FIELDS = ("skeleton", "small_skeleton", "capital_skeleton")
SEARCH_NAME_MAX_LENGTH = 160


class NamedQuerySet(models.QuerySet):
    def looking_like(self, name: str) -> Self:
        """Return the rows whose name looks like `name`. Rows without forms are left out."""
        alike = models.Q()
        for field, form in zip(FORM_FIELDS, skeletons(name), strict=True):
            alike |= models.Q(**{field: form})
        return self.filter(alike)


class Named(models.Model):
    """A name for searching, and the forms of a name as `chat.text.lookalikes.skeletons` makes them, each unique.

    A form is null if the name looks like an earlier one from before this rule, or if it need not differ from others.
    """

    # The name without accents. Null if a worker of an older release has written the row.
    search_name = models.CharField(max_length=SEARCH_NAME_MAX_LENGTH, null=True, editable=False, db_index=True)  # noqa: DJ001
    skeleton = models.CharField(max_length=FORM_MAX_LENGTH, unique=True, null=True, editable=False)  # noqa: DJ001
    small_skeleton = models.CharField(max_length=FORM_MAX_LENGTH, null=True, editable=False)  # noqa: DJ001
    capital_skeleton = models.CharField(max_length=FORM_MAX_LENGTH, null=True, editable=False)  # noqa: DJ001

    name: str

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["small_skeleton"],
                condition=models.Q(small_skeleton__isnull=False),
                name="one_%(class)s_per_small_skeleton",
            ),
            models.UniqueConstraint(
                fields=["capital_skeleton"],
                condition=models.Q(capital_skeleton__isnull=False),
                name="one_%(class)s_per_capital_skeleton",
            ),
        ]

    def set_search_name(self) -> None:
        self.search_name = unaccented(self.name)[:SEARCH_NAME_MAX_LENGTH]

    @property
    def forms(self) -> tuple[str | None, str | None, str | None]:
        return self.skeleton, self.small_skeleton, self.capital_skeleton

    @forms.setter
    def forms(self, forms: tuple[str | None, str | None, str | None]) -> None:
        self.skeleton, self.small_skeleton, self.capital_skeleton = forms
