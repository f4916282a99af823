"""The body of a message, cleaned, checked and rendered, with its mentions looked up. Done before any row is locked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from chat.errors import ActionError
from chat.models import Person
from chat.protocol import Code
from chat.text import cleaning, markdown, shortcodes
from chat.text.words import index_text


@dataclass(frozen=True, slots=True)
class RenderedBody:
    """A body as it will be stored.

    `search_text` is that of `Message`. `mention_candidates` are the names that each `@` may mean, the longest first.
    `mentions` are the people's ids.
    """

    body: str
    html: str
    search_text: str | None = None
    mention_candidates: tuple[tuple[str, ...], ...] = ()
    mentions: frozenset[int] = frozenset()

    @property
    def names(self) -> set[str]:
        return {name for names in self.mention_candidates for name in names}

    def with_mentions(self, named: Mapping[str, int]) -> "RenderedBody":
        """Return this body with links to the people it mentions. `named` maps folded names to ids."""
        ids = {name: named[name] for name in self.names if name in named} if self.mention_candidates else {}
        if not ids:
            return self
        meant = (next((ids[name] for name in names if name in ids), None) for names in self.mention_candidates)
        people = frozenset(person_id for person_id in meant if person_id is not None)
        return replace(self, html=markdown.render(self.body, ids), mentions=people)


def render_body(body: str, limit: int) -> RenderedBody:
    """Return the body as it will be stored, with emoji for their names.

    Refuse an empty one, and one of more than `limit` characters.
    """
    if len(body) > limit:
        detail = f"A message can have at most {limit:,} characters. This one has {len(body):,}."
        raise ActionError(Code.TOO_LONG, detail)
    body = shortcodes.with_emoji(cleaning.clean_text(body))
    if cleaning.is_blank(body):
        raise ActionError(Code.EMPTY, "A message can’t be empty.")
    return RenderedBody(body, markdown.render(body), index_text(body), tuple(markdown.mention_candidates(body)))


def people_by_name(bodies: Iterable[RenderedBody]) -> dict[str, int]:
    """Return the ids of the people whom the bodies may mention, by folded name. One query, or none without names.

    A name that means several people, because they differ only in accents, mentions none of them.
    """
    names = {name for body in bodies for name in body.names}
    return {name: ids[0] for name, ids in Person.objects.meant_by(names).items() if len(ids) == 1}
