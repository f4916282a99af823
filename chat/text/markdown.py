"""Rendering of a message's Markdown as safe HTML, once, when the message is posted or edited."""

import functools
import re
from collections.abc import Mapping
from html import escape
from types import MappingProxyType

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from chat.text import mentions

# Markup can make a body ten times as long. A longer result is replaced by plain text, to bound the size of frames.
HTML_MAX_LENGTH = 100_000
# The limit on the cost of finding links. The parser reads the rest of the body for each bracket and each pair of
# slashes. A long body full of them takes half a second. A body over the limit is rendered without links.
MAX_LINK_WORK = 100_000

# Text without Markdown, entities, links or characters to escape. `render` returns it without parsing.
_PLAIN_LINE = r"(?![ \-+=0-9])[^`*_\[\]<>#~|\\&:/\t\xa0\n]*(?<! )"
_PLAIN = re.compile(rf"{_PLAIN_LINE}(?:\n(?!\n|\Z){_PLAIN_LINE})*\Z")

_TAGS = {"p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr", "span"}
_ATTRIBUTES = {"code": {"class"}, "ol": {"start"}, "a": {"href"}, "span": {"class", "data-mention"}}

IdsByName = Mapping[str, int]
NO_NAMES: IdsByName = MappingProxyType({})


def render(body: str, named: IdsByName = NO_NAMES) -> str:
    """Return the sanitized HTML of a cleaned body: a subset of Markdown with line breaks, safe links and mentions.

    `named` maps folded names to the ids of people who can be mentioned.
    """
    if not named and _PLAIN.match(body):
        return "<p>" + body.replace("\n", "<br>\n") + "</p>"
    html = render_markdown(body, named)
    return html if len(html) <= HTML_MAX_LENGTH else "<p>" + escape(body, quote=False).replace("\n", "<br>\n") + "</p>"


def render_markdown(body: str, named: IdsByName = NO_NAMES) -> str:
    """Render without the fast path and the length limit of `render`."""
    return nh3.clean(
        _parser_of(body).render(body, {"named": named, "budget": mentions.Budget()}),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow ugc",
    ).strip()


def mention_candidates(body: str) -> list[tuple[str, ...]]:
    """Return the folded names to look up for each `@` of a cleaned body, the longest first.

    The first `@`s count until they have `mentions.MAX_NAMES` names together. Code and link texts have no mentions.
    """
    if "@" not in body:
        return []
    if _PLAIN.match(body):
        budget = mentions.Budget()
        return [names for line in body.split("\n") for names in mentions.candidates(line, budget)]
    env: EnvType = {"named": NO_NAMES, "candidates": [], "budget": mentions.Budget()}
    _parser_of(body).parse(body, env)
    return list(env["candidates"])


def _parser_of(body: str) -> MarkdownIt:
    return _markdown(links=(body.count("[") + body.count("//")) * len(body) <= MAX_LINK_WORK)


def _is_link(address: str) -> bool:
    """Return whether an address is absolute. A relative link would look like a part of this site."""
    return address.lower().startswith(("http://", "https://", "mailto:"))


@functools.cache
def _markdown(*, links: bool) -> MarkdownIt:
    markdown = MarkdownIt("js-default", {"html": False, "linkify": links, "breaks": True})
    markdown.disable(["image", "heading", "lheading", "table", "reference", "html_block", "html_inline"])
    if not links:
        markdown.disable(["link", "linkify"])
    markdown.validateLink = _is_link  # type: ignore[assignment, method-assign]
    assert markdown.linkify is not None
    markdown.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    markdown.core.ruler.push("mentions", _mark_mentions)
    markdown.add_render_rule("mention", _render_mention)
    return markdown


def _mark_mentions(state: StateCore) -> None:
    """Replace mentions by tokens. This is the last rule, when code and links are tokens and each text is one token."""
    for block in state.tokens:
        if block.children and "@" in block.content:
            block.children = [piece for token in _outside_links(block.children) for piece in _pieces(token, state.env)]


def _outside_links(tokens: list[Token]) -> list[tuple[Token, bool]]:
    depth, found = 0, []
    for token in tokens:
        depth += token.nesting if token.type in ("link_open", "link_close") else 0
        found.append((token, depth == 0))
    return found


def _pieces(item: tuple[Token, bool], env: EnvType) -> list[Token]:
    token, may_mention = item
    if token.type != "text" or not may_mention or "@" not in token.content:
        return [token]
    if "candidates" in env:
        env["candidates"] += mentions.candidates(token.content, env["budget"])
    if not env["named"]:
        return [token]
    return [_token_of(piece) for piece in mentions.split(token.content, env["named"], env["budget"])]


def _token_of(piece: str | mentions.NameMention) -> Token:
    if isinstance(piece, str):
        return Token("text", "", 0, content=piece)
    return Token("mention", "", 0, content=piece.text, meta={"person": piece.person_id})


def _render_mention(
    renderer: RendererProtocol, tokens: list[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    return f'<span class="mention" data-mention="{int(token.meta["person"])}">{escape(token.content)}</span>'
