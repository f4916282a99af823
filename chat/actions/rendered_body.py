"""What a message will be, made before anything is locked: cleaned, checked, rendered, and its names looked up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from chat.errors import ActionError
from chat.models import Person
from chat.protocol import Code
from chat.text import cleaning, markdown


@dataclass(frozen=True, slots=True)
class RenderedBody:
    """A body as it will be stored; the names it may speak to, for each `@` the longest first; whom it speaks to."""

    body: str
    html: str
    mention_candidates: tuple[tuple[str, ...], ...] = ()
    mentions: frozenset[int] = frozenset()

    @property
    def names(self) -> set[str]:
        return {name for names in self.mention_candidates for name in names}

    def with_mentions(self, named: Mapping[str, int]) -> "RenderedBody":
        """This draft, given the ids of the people who have its names."""
        mine = {name: named[name] for name in self.names if name in named} if self.mention_candidates else {}
        if not mine:
            return self
        meant = (next((mine[name] for name in names if name in mine), None) for names in self.mention_candidates)
        people = frozenset(person_id for person_id in meant if person_id is not None)
        return replace(self, html=markdown.render(self.body, mine), mentions=people)


def render_body(body: str, limit: int) -> RenderedBody:
    """A body as it will be stored. Refuses what is empty or has more than `limit` characters."""
    if len(body) > limit:
        detail = f"A message can have at most {limit:,} characters. This one has {len(body):,}."
        raise ActionError(Code.TOO_LONG, detail)
    body = cleaning.clean_text(body)
    if cleaning.is_blank(body):
        raise ActionError(Code.EMPTY, "A message can’t be empty.")
    return RenderedBody(body, markdown.render(body), tuple(markdown.mention_candidates(body)))


def people_by_name(drafts: Iterable[RenderedBody]) -> dict[str, int]:
    """The ids of the people whose names stand in the drafts, by their folded names. A query, if there are names."""
    names = {name for draft in drafts for name in draft.names}
    found = Person.objects.in_bulk(names, field_name="handle") if names else {}
    return {name: person.pk for name, person in found.items()}
