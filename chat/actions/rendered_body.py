"""The body of a message, cleaned, checked and rendered, with mentions and rooms looked up, before any row is locked."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from chat.errors import ActionError
from chat.models import Has, Room
from chat.models.people import meant_by
from chat.protocol import Code
from chat.text import cleaning, markdown, room_links, shortcodes
from chat.text.markdown import NO_ROOMS, PathsBySlug, TargetsByName
from chat.text.mentions import EVERYONE, NO_ONE, Mentioned
from chat.text.words import index_text

EMPTY = "A message can’t be empty."
# A link in the HTML of a message, other than to a room.
LINK = re.compile('href="(?!/)')
# As numbers, because the operators of flags take a microsecond each.
LINKED, CODE = Has.LINK.value, Has.CODE.value
TEXT_BITS = LINKED | CODE


@dataclass(frozen=True, slots=True)
class RenderedBody:
    """A body as it will be stored.

    `search_text` is that of `Message`. `mention_candidates` are the names that each `@` may mean, the longest first.
    `rooms` are the addresses that a `#` may mean. `for_everyone` is the same body in which `@room` and `@here` mean
    everyone, if it has one of them. Only the transaction knows whether the author may write them.
    """

    body: str
    html: str
    search_text: str | None = None
    mention_candidates: tuple[tuple[str, ...], ...] = ()
    rooms: frozenset[str] = frozenset()
    mentions: Mentioned = NO_ONE
    for_everyone: "RenderedBody | None" = None

    @property
    def has_targets(self) -> bool:
        """Return whether the text may mention someone or link to a room."""
        return bool(self.mention_candidates or self.rooms)

    @property
    def has_link(self) -> bool:
        return bool(self.has & LINKED)

    @property
    def has(self) -> int:
        """Return the bits of `Has` for the text."""
        return text_bits(self.html)

    @property
    def names(self) -> set[str]:
        return {name for names in self.mention_candidates for name in names}

    def with_mentions(self, named: Mapping[str, int], rooms: PathsBySlug = NO_ROOMS) -> "RenderedBody":
        """Return this body with the people that it mentions, and with links to rooms.

        `named` maps folded names to ids, `rooms` maps addresses to paths.
        """
        names = self.names
        ids: TargetsByName = {name: named[name] for name in names if name in named}
        paths = {slug: rooms[slug] for slug in self.rooms if slug in rooms}
        body = self._marked(ids, paths) if ids or paths else self
        if EVERYONE.isdisjoint(names):
            return body
        return replace(body, for_everyone=self._marked({**ids, **{word: word for word in EVERYONE & names}}, paths))

    def _marked(self, named: TargetsByName, rooms: PathsBySlug) -> "RenderedBody":
        meant = (next((named[name] for name in names if name in named), None) for names in self.mention_candidates)
        targets = [target for target in meant if target is not None]
        return replace(self, html=markdown.render(self.body, named, rooms), mentions=Mentioned.of(targets))


def text_bits(html: str) -> int:
    """Return those bits of `Has` that follow from the HTML of a message, `TEXT_BITS`."""
    has = CODE if "<code" in html else 0
    # Most messages have no link of any kind, which a search for a fixed text finds out in a tenth of the time.
    return has | LINKED if 'href="' in html and LINK.search(html) else has


def render_body(body: str, limit: int, *, may_be_empty: bool = False) -> RenderedBody:
    """Return the body as it will be stored, with emoji for their names.

    Refuse one of more than `limit` characters, and usually an empty one.
    """
    if len(body) > limit:
        detail = f"A message can have at most {limit:,} characters. This one has {len(body):,}."
        raise ActionError(Code.TOO_LONG, detail)
    body = shortcodes.with_emoji(cleaning.clean_text(body))
    if cleaning.is_blank(body):
        if not may_be_empty:
            raise ActionError(Code.EMPTY, EMPTY)
        return RenderedBody("", "")
    candidates = tuple(markdown.mention_candidates(body))
    return RenderedBody(body, markdown.render(body), index_text(body), candidates, room_links.slugs_in(body))


def people_by_name(bodies: Iterable[RenderedBody], *, only_active: bool = True) -> dict[str, int]:
    """Return the ids of the people whom the bodies may mention, by folded name. One query, or none without names.

    A name that means several people, because they differ only in accents, mentions none of them.
    """
    names = {name for body in bodies for name in body.names}
    return {name: ids[0] for name, ids in meant_by(names, only_active=only_active).items() if len(ids) == 1}


def paths_by_slug(bodies: Iterable[RenderedBody]) -> dict[str, str]:
    """Return the paths of the rooms to which the bodies may link. One query, or none without a `#`.

    Everyone gets the same HTML, so only public rooms have links. A link would confirm that a private room exists.
    """
    slugs = {slug for body in bodies for slug in body.rooms}
    rooms = Room.objects.public().filter(slug__in=slugs) if slugs else ()
    return {room.slug: room.get_absolute_url() for room in rooms}
