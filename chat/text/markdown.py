"""Rendering of a message's Markdown as safe HTML, once, when the message is posted or edited."""

import functools
import html
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.utils import EnvType

from chat.text import cleaning, code_colors, mentions
from chat.text.links import LinkFinder
from chat.text.markdown_blocks import use_blocks
from chat.text.markdown_inline import use_inline
from chat.text.markdown_tokens import use_tokens

# Markup can make a body ten times as long. A longer result is replaced by one without colours, then by plain text, to
# bound the size of frames.
HTML_MAX_LENGTH = 100_000
# The limit on the cost of finding links. The parser reads the rest of the body for each bracket and each pair of
# slashes. A long body full of them takes half a second. A body over the limit is rendered without links.
MAX_LINK_WORK = 100_000

# Text without Markdown, entities, links or characters to escape. `render` returns it without parsing.
_PLAIN_CHARACTERS = r"[^`*_\[\]<>#~|\\&:/@\t\xa0\n]*"
_PLAIN_LINE = rf"(?![\s\-+=0-9]){_PLAIN_CHARACTERS}(?:(?<![a-zA-Z0-9._+-])@{_PLAIN_CHARACTERS})*(?<!\s)"
_PLAIN = re.compile(rf"(?is:(?!.*www\.)){_PLAIN_LINE}(?:\n(?!\n|\Z){_PLAIN_LINE})*\Z")

_TAGS = {
    *("p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr", "span"),
    *("h3", "h4", "h5", "h6", "div", "table", "thead", "tbody", "tr", "th", "td", "input"),
}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),  # Otherwise the sanitizer allows `title` and `lang`.
    "code": {"class"},
    "ol": {"start"},
    "li": {"value"},
    "a": {"href"},
    "span": {"data-mention"},
    "input": {"checked"},
}
_ATTRIBUTE_VALUES = {
    **{tag: {"dir": {"auto"}} for tag in ("p", "blockquote", "ul", "ol", "h3", "h4", "h5", "h6", "span")},
    **{tag: {"dir": {"auto"}, "align": {"left", "center", "right"}} for tag in ("th", "td")},
    **{tag: {"dir": {"ltr"}} for tag in ("code", "pre")},
    "a": {"dir": {"ltr", "auto"}, "target": {"_blank"}},
    "div": {"role": {"group"}, "tabindex": {"0"}, "aria-label": {"Table"}},
    "input": {"aria-label": {"Done"}},
}
# A box is always a checkbox that cannot be changed.
_SET_VALUES = {"input": {"type": "checkbox", "disabled": ""}}
_CLASSES = {
    "a": {"room-link"},
    "span": {"mention", *code_colors.CLASSES},
    "div": {"table-box"},
    "ul": {"contains-task-list"},
    "ol": {"contains-task-list", "parenthesis"},
    "li": {"task-list-item"},
}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    tag_attribute_values=_ATTRIBUTE_VALUES,
    set_tag_attribute_values=_SET_VALUES,
    allowed_classes=_CLASSES,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow ugc",
)
_TEXT = re.compile(">([^<]+)")

# Whom folded names mean, and the paths of rooms by their addresses.
TargetsByName = Mapping[str, mentions.Target]
PathsBySlug = Mapping[str, str]
NO_NAMES: TargetsByName = MappingProxyType({})
NO_ROOMS: PathsBySlug = MappingProxyType({})


def render(body: str, named: TargetsByName = NO_NAMES, rooms: PathsBySlug = NO_ROOMS) -> str:
    """Return the sanitized HTML of a cleaned body: a subset of Markdown with line breaks, safe links and mentions.

    `named` maps folded names to whom they mean, `rooms` maps addresses of rooms to paths. A body that would show
    nothing, such as a sign without a text, is returned as plain text.
    """
    if not named and _PLAIN.match(body):
        return _as_plain(body)
    rendered = render_markdown(body, named, rooms)
    if len(rendered) > HTML_MAX_LENGTH and "<pre>" in rendered:
        rendered = render_markdown(body, named, rooms, colors=False)
    return rendered if len(rendered) <= HTML_MAX_LENGTH and _has_text(rendered) else _as_plain(body)


def render_markdown(
    body: str, named: TargetsByName = NO_NAMES, rooms: PathsBySlug = NO_ROOMS, *, colors: bool = True
) -> str:
    """Render without the fast path and the limits of `render`."""
    env: EnvType = {"named": named, "rooms": rooms, "budget": mentions.Budget()}
    return _CLEANER.clean(_parser_of(body, colors=colors).render(body, env)).strip()


def mention_candidates(body: str) -> list[tuple[str, ...]]:
    """Return the folded names to look up for each `@` of a cleaned body, the longest first.

    The first `@`s count until they have `mentions.MAX_NAMES` names together. Code and link texts have no mentions.
    """
    if not mentions.may_be_in(body):
        return []
    if _PLAIN.match(body):
        budget = mentions.Budget()
        return [names for line in body.split("\n") for names in mentions.candidates(line, budget)]
    env: EnvType = {"named": NO_NAMES, "rooms": NO_ROOMS, "candidates": [], "budget": mentions.Budget()}
    _parser_of(body).parse(body, env)
    return list(env["candidates"])


def text_lines(body: str) -> Iterator[tuple[int, int]]:
    """Yield the first line and the line after the last of each block of text, which code blocks are not."""
    tokens: list[Token] = []
    markdown = _parser_of(body)
    markdown.block.parse(body, markdown, {}, tokens)
    for token in tokens:
        if token.type == "inline" and token.map:
            yield token.map[0], token.map[1]


def _as_plain(body: str) -> str:
    return '<p dir="auto">' + html.escape(body, quote=False).replace("\n", "<br>\n") + "</p>"


def _has_text(rendered: str) -> bool:
    return any(not cleaning.is_blank(html.unescape(found[1])) for found in _TEXT.finditer(rendered))


def _parser_of(body: str, *, colors: bool = True) -> MarkdownIt:
    links = (body.count("[") + body.count("//")) * len(body) <= MAX_LINK_WORK
    return _markdown(links=links, colors=colors)


def _is_link(address: str) -> bool:
    """Return whether an address is absolute. A relative link would look like a part of this site."""
    return address.lower().startswith(("http://", "https://", "mailto:"))


@functools.cache
def _markdown(*, links: bool, colors: bool) -> MarkdownIt:
    options = {"html": False, "linkify": links, "breaks": True, "tasklists": True}
    markdown = MarkdownIt("js-default", {**options, "highlight": code_colors.highlighted if colors else None})
    use_inline(markdown, ["image", "html_inline", *([] if links else ["link", "linkify"])])
    use_blocks(markdown)
    markdown.disable(["lheading", "reference", "html_block", *([] if links else ["linkify"])])
    markdown.validateLink = _is_link  # type: ignore[assignment, method-assign]
    markdown.normalizeLinkText = lambda address: address  # type: ignore[assignment, method-assign]
    markdown.linkify = LinkFinder()
    use_tokens(markdown)
    return markdown
