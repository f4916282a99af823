"""The base of people and rooms: a name that does not look like another's."""

from typing import Self

from django.db import models

from chat.text.lookalikes import FORM_MAX_LENGTH, skeletons

FORM_FIELDS = ("skeleton", "small_skeleton", "capital_skeleton")


class NamedQuerySet(models.QuerySet):
    def looking_like(self, name: str) -> Self:
        """Return the rows whose name looks like `name`. Rows without forms are left out."""
        alike = models.Q()
        for field, form in zip(FORM_FIELDS, skeletons(name), strict=True):
            alike |= models.Q(**{field: form})
        return self.filter(alike)


class Named(models.Model):
    """The forms of a name as `chat.text.lookalikes.skeletons` makes them, each unique.

    Null means that the name looks like an earlier one from before this rule, or that it need not differ from others.
    """

    skeleton = models.CharField(max_length=FORM_MAX_LENGTH, unique=True, null=True, editable=False)  # noqa: DJ001
    small_skeleton = models.CharField(max_length=FORM_MAX_LENGTH, null=True, editable=False)  # noqa: DJ001
    capital_skeleton = models.CharField(max_length=FORM_MAX_LENGTH, null=True, editable=False)  # noqa: DJ001

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

    @property
    def forms(self) -> tuple[str | None, str | None, str | None]:
        return self.skeleton, self.small_skeleton, self.capital_skeleton

    @forms.setter
    def forms(self, forms: tuple[str | None, str | None, str | None]) -> None:
        self.skeleton, self.small_skeleton, self.capital_skeleton = forms
